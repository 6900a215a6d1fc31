"""The bytes of a page as text, whichever charset they are in and whatever they claim to be. Never fails."""

from __future__ import annotations

import codecs
import re

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,30})|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,30})", re.IGNORECASE)
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,30})", re.IGNORECASE)

# Names that pages use, and what browsers read them as (the Encoding Standard). Python knows more, some of which unfold or escape: they are left out.
_KNOWN = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-16": "utf-16-le", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    "us-ascii": "cp1252", "ascii": "cp1252", "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "windows-1252": "cp1252", "cp1252": "cp1252",
    "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs", "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "windows-31j": "cp932", "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "koi8-r": "koi8_r", "koi8-u": "koi8_u", "macintosh": "mac_roman", "tis-620": "cp874", "windows-874": "cp874",
    **{f"iso-8859-{number}": f"iso8859_{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}, **{f"windows-125{last}": f"cp125{last}" for last in (0, 1, 3, 4, 5, 6, 7, 8)},
}


def decoded(content: bytes, content_type: str = "") -> str:
    """A byte-order mark counts first, then the header, then what the page says itself; else it is UTF-8, and windows-1252 where it is not."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(name, "replace")
    said = _IN_HEADER.search(content_type)
    name = _KNOWN.get(said[1].lower(), "") if said else ""
    if not name and (found := _DECLARED.search(content[:4_096])):
        name = _KNOWN.get((found[1] or found[2]).decode("ascii").lower(), "")
        name = "utf-8" if name.startswith("utf-16") else name  # what can be read in ASCII is not in UTF-16
    return content.decode("utf-8", _AS_BEFORE) if name in ("", "utf-8") else content.decode(name, "replace")


def _single_bytes(error: UnicodeError) -> tuple[str, int]:
    """What is not UTF-8 in a page that is otherwise: bytes of the charset before it."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


_AS_BEFORE = "glassine-single-bytes"
codecs.register_error(_AS_BEFORE, _single_bytes)
