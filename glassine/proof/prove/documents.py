"""Small files with given lines in them: text, CSV, PDF, Word. Pure."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def text(lines: Sequence[str]) -> bytes:
    return "\n".join(["Dear team,", *lines, "Kind regards"]).encode()


def table(lines: Sequence[str]) -> bytes:
    """A row for each line."""
    written = io.StringIO()
    csv.writer(written).writerows([("number", "comment"), *((str(n), line) for n, line in enumerate(lines, 1))])
    return written.getvalue().encode()


def pdf(lines: Sequence[str]) -> bytes:
    """One page; letters that its standard font lacks become question marks, so hand in Latin ones."""
    shown = [line for each in lines for line in each.split("\n")]
    escaped = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252", "replace") for line in shown]
    stream = b"BT /F1 11 Tf 14 TL 50 780 Td " + b" ".join(b"(" + line + b") Tj T*" for line in escaped) + b" ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream), b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    written, places = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(written + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))


def word(lines: Sequence[str]) -> bytes:
    """A paragraph for each line."""
    paragraphs = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for each in lines for line in each.split("\n"))
    main = f'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{paragraphs}</w:body></w:document>'
    types = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="{WORD}.main+xml"/></Types>'
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("word/document.xml", main)
    return written.getvalue()
