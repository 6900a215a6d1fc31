"""What a text's vector says of it: whether its writer asks for a person, and whether they are angry. Weights only, fitted by bench/heads.py; it reads no text.

Reading a vector costs 40 microseconds; the vector is the one that the search was made with.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How likely each is, in log-odds; above 0 it is taken for said."""

    person: float
    angry: float

    @property
    def asks_person(self) -> bool:
        return self.person > 0


def heard(vector: Sequence[float], model: str) -> Heard | None:
    """Of a text that this model embedded; None where the model is another one."""
    kind = next((kind for kind in _HEADS if model.startswith(kind)), None)
    if kind is None:
        return None
    numbers = [float(number) for number in vector]
    person, angry = [round(sum(map(mul, head.weights, numbers)) * head.unit + head.alone, 3) for head in _HEADS[kind]]
    return Heard(person=person, angry=angry)


@dataclass(frozen=True, slots=True)
class _Head:
    """One byte a weight; `unit` is what a byte is worth, `alone` what is added."""

    weights: tuple[int, ...]
    unit: float
    alone: float


def _head(packed: str, unit: float, alone: float) -> _Head:
    raw = base64.b85decode(packed)
    return _Head(struct.unpack(f"{len(raw)}b", raw), unit, alone)


_HEADS: Mapping[str, tuple[_Head, _Head]] = {  # by the beginning of the model's name: a request for a person, and anger
    "all-minilm": (
        _head(
            "!ujO$*Wx7x>-r<=>j5qMG$ztH59ZwP$gb$$>kACm9vSRp`$yp)0`%et6w{>VD&*h$4j&{d*e?{PAkEd^6aN+s7XIS(_Aw~!^bK(XKPK=NygvpAEj7*t2=F5|0yU;G@b2c}^Bc|F{VL$R"
            "$U!0S;N&fV`|j8*a{faAGCdd@^)@K}F%?xKE3(<&0@J<w{rbr{3kcHNIrjZG$`R56+1>HS)gvnK{njGF0wdi<$29ceB3}F1CLaGd8>zkE7u@j;$`Qss3MLRLstgSDEymUXGb9ok&MO`O"
            "1SswlCE)xC2-*A<6Ac>x0@Uc@>?QL<(+wOS`R6nh^!>jp1Zm*LM#SvrP9^f9*$^csHSpie66`s`3FRIq1r@Io3HnIU{PHvM?aK|y4J{uLPDCC@1NZRp-0da+x9d9o_r?s(Jq@EB(+pnb"
            "&<Vs3y3Z9o|NO}Nz7X~28U+#n0-O!Du?_VoJM-YB{0I=-0u15G5hM^MwnYmI",
            0.02987308277920253, -6.5986076045762205,
        ),
        _head(
            "7xoX}3<ci?4ffp`8z-0^=jYo82<BA=$?W3|;p!3Z4Ddb?D=_mF2`c~yD+@R(A(X@dFAnVL#%c0*7}yyDDm4f1t4s|O_<sm1%GV1)@Y(JX8|&`u6A1O}P89nM?E}3q;2#XQIpF*c(jxL0"
            "svV~i`1Roc`YPft2(AYJ_Al5nvhxcw7TW+HG&D^}An`iqBlr8l-q-{z9TVj47TD<N^6TjuzB1@k`$^F4;Q#<5FGl*&0um8CDdG1d^a<hN>i0j?5b6!?5e^~m57RN(2DI<w<nY-84#gh;"
            "4-zvF2J^xnNGIL|5iBa#IpEpm8x;B`+vgq(RO=k<=+8Co+;rvIy*H<+<k~CF3|Hv_8|5DK`S18H@WtW`ZZQ{T>hkU<=I#eX;1BHJMCc#V{XYyL<RktV_)iA_>=LXF@!b{v_%j~t?kK@N"
            "2k+IK%p>&X82KRTG3@Qj+}NYT3Ka1l_X-~i`2*xB-tN-=-Y_54>f0DB8}bb(",
            0.037136454535793735, -6.273859143940633,
        ),
    ),
    "multilingual-e5": (
        _head(
            "03FB+JLmcN#Sqj0Bk~~f5&g0)%>3HuHz@S~`1IiM2L|aR74Rzo4I>CI`MK-)4FL4f5drc58t?lk<qiAG*diY5xd9OS^)n#c^j{V05%vum{4o0X2sYsA&+IqO4ff*s0He_O{q#2Rfei-?"
            "EDQq=)*9~p?hfw}&jjKE06+ZPG~^K{E(!qE3+vkm1OE;f10)OR?*Izb2IvO)2fzUJ{m<bc2J!<AnkpRH=qVlf@fGz6^zg+94fYo03<fv-zzhBG<MaC{1o8Xp_UF;}7wfMS85|A0^a1q("
            "CHepj2K^=tBK;ny1={%o+y);M9t#aM`3nN!Cn&>k0r%g)PX6!KJuS~c_a+gk2kRN<#`f|3_AcWnQTPf6ydC5W0oyGV1_A;VCj27#zx@CD*9#B!*U<t9DiR#q2I2Dg>*EL}2r~Zv)cFzs"
            "z$+{i{PGO@4)Fp33(Y_S={PPd0tYYyCqDz->+~`a9u5lu?b!wSwE{IO9wa*V",
            0.13298184861584272, -15.295760021566169,
        ),
        _head(
            "9ysCH_!8~f*8ceY_88(A+y><e@d_nL_43OF+8-p@7!?B`>lO2!9L4T3)9wc0_aLe91zYnSANJ_wGV{Ci%S`?57`{UM5fk<S+a&fnHYM&2BMbiJ@#_OA==K^4H4XJC{6ok6@gYOf1l1!H"
            "=nfq<yxSVsAFKZj^ws?p9y0Mb$lnSrBGb<L0V4t=;ZW}j9OvWS;Ro2(&;1Vw1>oiC0^j%_>eTDx6X)k5@<jRY^tI~uLFy9!COY)w{T>Gl5Dzs6;JF9q`T6f8|HJSn^XBR57Uj6^1<CH*"
            "Rtq8V*+%gD8TZf4;NRyH9xm4<01M?E_vkzb<Q^^_Mbg;&Ml|RK87L1G^+MSvJ=iuS`_I(*Ehq%_B-8%--3}Mv9kL~>BGe1r%P0B*Cp78~B@h)G0>0qZ#NH_k&LJ7pP!a9`H4`om{3@~h"
            "NC5-$3>O>o<^byq$qvTz%N+~r8ba{v-i8YTMjQY(_w4W&+J6G##r6T%Li`*j",
            0.12468543152729762, -14.76670057612775,
        ),
    ),
}
