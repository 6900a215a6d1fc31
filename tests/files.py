"""Files as customers send them, good ones and hostile ones, made here byte by byte."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape

from pypdf import PdfReader, PdfWriter

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def pdf(pages: Sequence[str], *, repeated: int = 0) -> bytes:
    """A PDF with one line of text a page; `repeated`: the first page so many times."""
    contents = [b"BT /F1 12 Tf 50 700 Td (" + page.encode("latin-1").replace(b"(", b"\\(").replace(b")", b"\\)") + b") Tj ET" for page in pages]
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids: list[int] = []
    for content in contents:
        bodies += [b"<</Length %d>>stream\n" % len(content) + content + b"\nendstream"]
        bodies += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>" % len(bodies)]
        kids.append(len(bodies))
    kids = kids[:1] * repeated or kids
    bodies[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(bodies) + 1, table))


def encrypted(content: bytes, password: str) -> bytes:
    writer, out = PdfWriter(clone_from=PdfReader(BytesIO(content))), BytesIO()
    writer.encrypt(password, "owner", algorithm="AES-256")
    writer.write(out)
    return out.getvalue()


def docx(*paragraphs: str, **parts: str) -> bytes:
    """A Word document; `parts` are further parts, such as header1, each with one paragraph."""
    body = "".join(_paragraph(text) for text in paragraphs)
    roots = {"header": "hdr", "footer": "ftr", "footnotes": "footnotes", "comments": "comments"}
    written = {f"word/{name}.xml": f"<w:{roots[name.rstrip('0123456789')]} {_W}>{_paragraph(text)}</w:{roots[name.rstrip('0123456789')]}>" for name, text in parts.items()}
    return archive({"word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>", **written})


def _paragraph(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def xlsx(rows: Sequence[Sequence[str | float]]) -> bytes:
    """A workbook of one sheet: texts are shared, numbers stand in their cells."""
    texts = [cell for row in rows for cell in row if isinstance(cell, str)]
    cells = [[f'<c t="s"><v>{texts.index(cell)}</v></c>' if isinstance(cell, str) else f"<c><v>{cell}</v></c>" for cell in row] for row in rows]
    sheet = "".join(f"<row>{''.join(row)}</row>" for row in cells)
    shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
    return archive({"xl/sharedStrings.xml": f"<sst {_S}>{shared}</sst>", "xl/worksheets/sheet1.xml": f"<worksheet {_S}><sheetData>{sheet}</sheetData></worksheet>"})


def archive(parts: dict[str, str | bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def bomb(megabytes: int = 200) -> bytes:
    """A small document that unpacks to very much."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made, made.open("word/document.xml", "w") as part:
        part.write(f"<w:document {_W}><w:body><w:p><w:r><w:t>".encode())
        for _ in range(megabytes):
            part.write(b" " * (1 << 20))
    return out.getvalue()


def multiplying() -> bytes:
    """A document whose entities multiply."""
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    return archive({"word/document.xml": f'<!DOCTYPE a [<!ENTITY e0 "lol">{levels}]><w:document {_W}><w:body><w:p><w:r><w:t>&e9;</w:t></w:r></w:p></w:body></w:document>'})
