"""The numbers of states and banks: kind, country, who validates them (modules of python-stdnum), and the words that announce them. Data only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from glassine.words.privacy import PiiType


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of number of one country ("*" for all). A phrase with a tilde is a word of everyday language too, and needs a valid number."""

    kind: PiiType
    country: str
    validators: tuple[str, ...]
    phrases: tuple[str, ...]


# Words are compared without case and accents, and whatever stands between them, so "Steuer-ID" is written `steuer id`.
_TABLE = """
national_id | US | us.ssn us.itin us.atin | ssn, social security, social security number, social security no, social, ss number
tax_id | US | us.itin us.atin us.ptin us.tin us.ein | itin, atin, ptin, ein, fein, employer identification number, taxpayer identification number
bank | US | us.rtn | routing number, routing no, routing, aba, aba number, aba routing number, ach routing, rtn, routing transit number
national_id | CA | ca.sin | sin number, social insurance number, social insurance, ~sin, numero d assurance sociale, ~nas
national_id | CA | ca.bc_phn | phn, personal health number, health number, health card, health card number, ohip, ohip number, ramq
tax_id | CA | ca.bn | ~bn, business number, cra business number, numero d entreprise
national_id | GB | | national insurance, national insurance number, national insurance no, nino, ni number, ni no
national_id | GB | gb.nhs | nhs, nhs number, nhs no
national_id | GB | gb.upn | upn, unique pupil number
tax_id | GB | gb.utr | utr, unique taxpayer reference, tax reference
tax_id | GB | gb.vat | vat, vat number, vat no, vat registration
national_id | IE | ie.pps | pps, ppsn, pps number, pps no, personal public service number
tax_id | IE | ie.vat | vat, vat number, vat no
tax_id | AU | au.tfn | tfn, tax file number, tax file no
tax_id | AU | au.abn au.acn | abn, acn, australian business number, australian company number
tax_id | NZ | nz.ird | ird, ird number, ird no
bank | NZ | nz.bankaccount | ~account number, ~account no, ~account
national_id | DE | de.idnr | sozialversicherungsnummer, sv nummer, rentenversicherungsnummer, versichertennummer, krankenversichertennummer
tax_id | DE | de.idnr de.stnr | steuer id, steuerid, steueridentifikationsnummer, steuer identifikationsnummer, steuerliche identifikationsnummer, idnr, identifikationsnummer, tax id, steuernummer, steuer nr, steuernr, st nr
tax_id | DE | de.vat | ust id, ust idnr, ust id nr, ustid, ustidnr, umsatzsteuer id, umsatzsteuer identifikationsnummer, umsatzsteueridentifikationsnummer
tax_id | DE | de.handelsregisternummer | handelsregister, handelsregisternummer, hra, hrb, registernummer
tax_id | DE | de.leitweg | leitweg id, leitwegid
national_id | AT | at.vnr | sozialversicherungsnummer, sv nummer, svnr, sv nr, versicherungsnummer, vsnr
tax_id | AT | at.tin at.uid at.businessid | steuernummer, abgabenkontonummer, uid, uid nummer, uid nr, umsatzsteuer id, firmenbuch, firmenbuchnummer, ~fn
national_id | CH | ch.ssn | ahv, ahv nummer, ahv nr, ahvnummer, avs, numero avs, no avs, numero ahv
tax_id | CH | ch.uid ch.vat | uid nummer, uid, unternehmens identifikationsnummer, ide, mwst, mwst nr, mwst nummer, tva
tax_id | LI | li.peid | peid
national_id | NL | nl.bsn nl.onderwijsnummer | bsn, bsn nummer, burgerservicenummer, sofinummer, sofi nummer, onderwijsnummer
national_id | NL | nl.identiteitskaartnummer | identiteitskaart, identiteitskaartnummer, id kaart, documentnummer
tax_id | NL | nl.btw | btw, btw nummer, btw id, btw nr, omzetbelastingnummer
national_id | BE | be.nn be.bis be.ssn be.eid | rijksregisternummer, numero national, numero de registre national, registre national, niss, insz, rrn, bis nummer, bisnummer, identiteitskaart, carte d identite, eid
tax_id | BE | be.vat | btw, btw nummer, tva, numero de tva, ondernemingsnummer, numero d entreprise, kbo, bce
national_id | LU |  | matricule, numero d identification national
tax_id | LU | lu.tva | tva, numero de tva
national_id | FR | fr.nir | nir, numero de securite sociale, securite sociale, numero de secu, secu, ~insee
tax_id | FR,MC | fr.nif fr.siren fr.siret fr.tva fr.rcs fr.accise mc.tva | nif, numero fiscal, numero fiscal de reference, spi, siren, siret, numero siren, numero siret, tva, numero de tva, tva intracommunautaire, rcs, accise
national_id | ES | es.dni es.nie es.nif | dni, nie, nif, documento nacional de identidad, numero de identidad, documento de identidad
tax_id | ES | es.cif es.nif es.cae | cif, numero de identificacion fiscal, identificacion fiscal, cae
bank | ES | es.ccc | ccc, numero de cuenta, cuenta bancaria, cuenta
address | ES | es.cups es.referenciacatastral | cups, referencia catastral
national_id | PT | pt.cc | cartao de cidadao, numero do cartao de cidadao, ~cc, bilhete de identidade
tax_id | PT | pt.nif | nif, numero de contribuinte, contribuinte, numero fiscal
national_id | IT | it.codicefiscale | codice fiscale, cod fiscale, cod fisc, ~cf
tax_id | IT | it.iva | partita iva, p iva, piva, ~iva
tax_id | SM | sm.coe | codice operatore economico, coe
national_id | DK | dk.cpr | cpr, cpr nr, cpr nummer, cprnummer, cprnr, personnummer
tax_id | DK | dk.cvr | cvr, cvr nr, cvr nummer, se nummer
national_id | SE | se.personnummer | personnummer, person nr, samordningsnummer
tax_id | SE | se.orgnr se.vat | organisationsnummer, orgnr, org nr, momsregistreringsnummer, momsnummer, vat nr
national_id | NO | no.fodselsnummer | fodselsnummer, personnummer, fnr
tax_id | NO | no.mva no.orgnr | orgnr, org nr, organisasjonsnummer, ~mva
bank | NO | no.kontonr | kontonr, kontonummer, konto nr, konto
national_id | FI | fi.hetu | hetu, henkilotunnus, sotu, sosiaaliturvatunnus, personbeteckning
tax_id | FI | fi.alv fi.ytunnus fi.veronumero | ~alv, alv numero, alv tunniste, y tunnus, ytunnus, veronumero
national_id | IS | is_.kennitala | kennitala, kt
tax_id | IS | is_.vsk | vsk, vsk numer, virdisaukaskattsnumer
tax_id | FO | fo.vn | v tal, vtal, ~vn
national_id | EE | ee.ik | isikukood
tax_id | EE | ee.kmkr ee.registrikood | kmkr, kmkr number, registrikood, kaibemaksukohustuslase number
national_id | LV | lv.pvn | personas kods
tax_id | LV | lv.pvn | pvn, pvn numurs, pvn registracijas numurs
national_id | LT | lt.asmens | asmens kodas
tax_id | LT | lt.pvm | pvm, pvm kodas, pvm moketojo kodas
national_id | PL | pl.pesel | pesel, nr pesel, numer pesel, numer ewidencyjny
tax_id | PL | pl.nip pl.regon | ~nip, numer nip, nr nip, regon, numer regon
national_id | CZ,SK | cz.rc sk.rc | rodne cislo, r c, ~rc
tax_id | CZ,SK | cz.dic sk.dph | dic, ico, ic dph, danove identifikacni cislo, identifikacni cislo, identifikacne cislo
bank | CZ | cz.bankaccount | cislo uctu, bankovni ucet, ucet
tax_id | HU | hu.anum | adoszam, ado szam
national_id | HU |  | taj szam, tajszam, szemelyi szam, szemelyi igazolvany
national_id | RO | ro.cnp | cnp, cod numeric personal
tax_id | RO | ro.cf ro.cui ro.onrc | cif, cui, cod fiscal, cod unic de inregistrare, registrul comertului, nr reg com
national_id | BG | bg.egn bg.pnf | егн, egn, лнч, lnch
tax_id | BG | bg.vat | еик, eik, булстат, bulstat, ддс, номер по ддс
national_id | HR | hr.oib | oib
national_id | SI,RS,ME,MK,BA | si.emso | emso, jmbg, јмбг
tax_id | SI | si.ddv si.maticna | ddv, davcna stevilka, id za ddv, maticna stevilka, maticna
tax_id | RS | rs.pib | pib, пиб
tax_id | ME | me.pib | pib, пиб
tax_id | MK | mk.edb | edb, едб, даночен број
national_id | GR | gr.amka | amka, αμκα
tax_id | GR | gr.vat | afm, αφμ, αριθμος φορολογικου μητρωου
tax_id | CY | cy.vat | φπα, vat
tax_id | MT | mt.vat | vat, vat number
tax_id | AL | al.nipt | nipt, nuis
tax_id | AD | ad.nrt | nrt, numero de registre tributari
national_id | TR | tr.tckimlik | tc, t c, tc kimlik, tc kimlik no, tc no, t c kimlik no, kimlik, kimlik no, kimlik numarasi, kimlik numaram
tax_id | TR | tr.vkn | vkn, vergi no, vergi kimlik no, vergi numarasi, vergi kimlik numarasi
national_id | RU | ru.inn | снилс, паспорт рф
tax_id | RU | ru.inn ru.ogrn | инн, огрн, огрнип
tax_id | BY | by.unp | унп, unp
tax_id | MD | md.idno | idno
tax_id | AZ | az.voen | voen
tax_id | UA | ua.rntrc ua.edrpou | рнокпп, іпн, едрпоу, єдрпоу, rntrc, edrpou
national_id | IL | il.idnr | teudat zehut, תעודת זהות, ת ז
tax_id | IL | il.hp | ח פ, חברה פרטית, ~hp
tax_id | EG | eg.tn | tax registration number, الرقم الضريبي, رقم التسجيل الضريبي
tax_id | MA | ma.ice | numero ice, identifiant commun, identifiant commun de l entreprise, ~ice
tax_id | DZ | dz.nif | nif, numero d identification fiscale
tax_id | TN | tn.mf | matricule fiscal, matricule fiscale, ~mf
tax_id | OM | | vatin, vat
national_id | ZA | za.idnr | id number, identity number, sa id, sa id number, south african id
tax_id | ZA | za.tin | income tax number, income tax reference, tax reference number
tax_id | KE | ke.pin | kra pin, kra pin number
tax_id | GH | gh.tin | gra tin, ghana tin
tax_id | MZ | mz.nuit | nuit, numero unico de identificacao tributaria
tax_id | SN | sn.ninea | ninea
tax_id | GN | gn.nifp | nifp
national_id | MU | mu.nid | nid, national identity card
national_id | IN | in_.aadhaar in_.vid in_.epic | aadhaar, aadhar, aadhaar number, aadhar number, aadhaar no, aadhaar card, uidai, uid number, aadhaar vid, virtual id, voter id, epic number, epic no, आधार
tax_id | IN | in_.pan in_.gstin | pan number, pan no, pan card, ~pan, gstin, gst number, gst no
national_id | ID | id.nik | nik, ktp, nomor ktp, nomor induk kependudukan
tax_id | ID | id.npwp | npwp, nomor npwp
national_id | MY | my.nric | nric, mykad, ic number, ic no, kad pengenalan
national_id | SG |  | nric, fin number, nric number
tax_id | SG | sg.uen | uen, unique entity number
national_id | HK |  | hkid, hong kong id, 身份證, 身份證號碼
national_id | PK | pk.cnic | cnic, nic number, shanakhti
national_id | TH | th.pin | เลขประจำตัวประชาชน, เลขบัตรประชาชน, บัตรประชาชน
tax_id | TH | th.tin th.moa | เลขประจำตัวผู้เสียภาษี, moa
tax_id | VN | vn.mst | mst, ma so thue
national_id | VN |  | cccd, cmnd, so cccd, can cuoc cong dan
national_id | PH |  | philsys, sss number, umid
national_id | CN | cn.ric | 身份证, 身份证号, 身份证号码, resident id
tax_id | CN | cn.uscc | 统一社会信用代码, 信用代码, uscc, 税号
national_id | TW |  | 身分證, 身分證字號
tax_id | TW | tw.ubn | ubn, 統一編號, 統編
national_id | JP | jp.in_ | マイナンバー, 個人番号, my number card, individual number, ~my number
tax_id | JP | jp.cn | 法人番号, corporate number
national_id | KR | kr.rrn | 주민등록번호, rrn, resident registration, resident registration number
tax_id | KR | kr.brn | 사업자등록번호, brn, business registration number
national_id | BR | br.cpf | cpf, ~rg
tax_id | BR | br.cnpj | cnpj
national_id | MX | mx.curp | curp
tax_id | MX | mx.rfc | rfc
bank | MX |  | clabe, cuenta clabe, clabe interbancaria
national_id | AR | ar.dni | dni, documento
tax_id | AR | ar.cuit | cuit, cuil, clave unica
bank | AR | ar.cbu | cbu, cvu
national_id | CL | cl.rut | ~rut, ~run, numero rut, mi rut
national_id | CO | co.nit | cedula, cedula de ciudadania, cedula de extranjeria, numero de cedula
tax_id | CO | co.nit | numero nit, ~nit
national_id | VE | ve.rif | cedula, cedula de identidad
tax_id | VE | ve.rif | rif, numero rif
national_id | EC | ec.ci | cedula, cedula de identidad, cedula de ciudadania
tax_id | EC | ec.ruc | ruc, numero ruc
national_id | CR | cr.cpf cr.cr | cedula, cedula de identidad, dimex, cedula de residencia
tax_id | CR | cr.cpj | cedula juridica
national_id | DO | do.cedula | cedula, cedula de identidad
tax_id | DO | do.rnc do.ncf | rnc, ncf, comprobante fiscal
national_id | CU | cu.ni | carne de identidad, carnet de identidad
national_id | PE | pe.cui | dni, cui, documento
tax_id | PE | pe.ruc | ruc, numero ruc
tax_id | PY | py.ruc | ruc, numero ruc
tax_id | UY | uy.rut | numero rut, ~rut
tax_id | SV | sv.nit | numero nit, mi nit, ~nit
tax_id | GT | gt.nit | numero nit, mi nit, ~nit
national_id | * |  | national id, national id number, national identity number, national identification number, id number, id no, identity number, identity card, identity card number, identity no, personal id, personal id number, personal identification number, personal code, personal number, citizen id, citizen number, citizenship number, government id, resident number, ausweis, ausweisnummer, personalausweis, personalausweisnummer, personalausweis nr, perso, carta d identita, carta di identita, numero di carta d identita, carte d identite, numero de carte d identite, numero de identificacion, cartao de identidade, dowod osobisty, numer dowodu, nr dowodu, удостоверение личности
tax_id | * | eu.vat eu.oss eu.excise vatin | tax id, tax id number, tax number, tax no, tax code, tax identification number, tax identification, tin, tin number, vat, vat id, vat number, vat no, vat registration number, vatin, company number, company registration number, business registration, registration number, registered number, fiscal number, fiscal code, gst number, eori, eori number
bank | * | bic | bic, bic code, swift, swift code, swift bic, bic swift, swiftcode
bank | * | bitcoin | bitcoin address, btc address, bitcoin wallet, wallet address
bank | * | eu.at_02 | creditor id, creditor identifier, sepa creditor, glaubiger id, glaubiger identifikationsnummer
bank | * |  | bank account, bank account number, bank account no, bank acct, checking account, checking account number, savings account, savings account number, sort code, sortcode, bsb, bsb number, bank code, bankleitzahl, blz, kontonummer, konto nr, kontonr, konto nummer, bankverbindung, numero de compte, numero de compte bancaire, compte bancaire, numero de cuenta, cuenta bancaria, conto corrente, numero di conto, rekeningnummer, bankrekening, numero da conta, conta bancaria, numer konta, nr konta, numer rachunku, pankkitili, tilinumero, hesap no, hesap numarasi, номер счета, расчетный счет, 口座番号, 银行账号, 계좌번호, ifsc, ifsc code, transit number, institution number
passport | * |  | passport, passport number, passport no, passport num, passport id, passport nr, reisepass, reisepassnummer, pass nr, passnummer, pasaporte, numero de pasaporte, passeport, numero de passeport, paspoort, paspoortnummer, passaporto, numero di passaporto, passaporte, numero do passaporte, paszport, numer paszportu, passinumero, pasaport, pasaport no, паспорт, номер паспорта, διαβατηριο, 护照, 护照号码, 旅券番号, パスポート番号, 여권번호, جواز السفر, דרכון
licence | * |  | driver license, drivers license, driver s license, driver licence, drivers licence, driver s licence, driving licence, driving license, driver license number, drivers license number, driver s license number, driver s licence number, driving licence number, driving license number, driver s license no, driving licence no, dl number, dl no, license number, licence number, fuhrerschein, fuhrerscheinnummer, permis de conduire, numero de permis, carnet de conducir, permiso de conducir, licencia de conducir, patente di guida, numero patente, rijbewijs, rijbewijsnummer, carta de conducao, carteira de motorista, cnh, prawo jazdy, numer prawa jazdy, korkort, korkortsnummer, forerkort, korekort, ajokortti, ehliyet, водительское удостоверение
imei | * | imsi | imsi
imei | * | meid | meid, esn
imei | * | imei | imei, imei number, imei no, imei code, iccid, sim number, sim card number, imei nummer
vin | * |  | vin, vin number, vin no, vehicle identification number, chassis number, chassis no, chassis, frame number, fahrgestellnummer, fahrzeugidentifikationsnummer, fahrgestell nr, fin nummer, numero de chassis, numero de bastidor, bastidor, numero di telaio, chassisnummer, numero do chassi, chassi, numer vin, runkonumero
"""


def _formats() -> Iterator[Format]:
    for line in _TABLE.strip().splitlines():
        kind, countries, validators, phrases = (part.strip() for part in line.split("|"))
        for country in countries.split(","):
            yield Format(kind=PiiType(kind), country=country, validators=tuple(validators.split()), phrases=tuple(phrases.split(", ")))


FORMATS: tuple[Format, ...] = tuple(_formats())
