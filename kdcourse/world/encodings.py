"""Tell in which encoding a text file is written: UTF-8, or what Excel makes of it."""

from __future__ import annotations

import codecs
from pathlib import Path

#: What files of this trade come in, as the library that tells them apart calls them.
_USUAL = ["gb18030", "big5", "cp1252", "utf_16"]
_SHOWN = {"gb18030": "GBK/GB18030", "big5": "Big5", "cp1252": "Windows-1252", "utf_16": "UTF-16"}
_SAMPLE = 1 << 20


def encoding_of(path: Path) -> str | None:
    """Return the name of a text file's encoding for ``open``, None if it is in none we know.

    UTF-8 is tried on the whole file, which no other Chinese text of some length passes. What mostly
    passes is UTF-8 that was damaged, not another encoding. What fails is GB18030 if it then reads
    as everyday characters alone; else charset-normalizer weighs which of the usual encodings gives
    the most sensible text.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf_16"
    if _decodes(path, "utf-8"):
        return "utf-8-sig" if sample.startswith(codecs.BOM_UTF8) else "utf-8"
    if _is_damaged_utf_8(sample):
        return None
    if _is_everyday_chinese(sample) and _decodes(path, "gb18030"):
        return "gb18030"
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_USUAL).best()
    found = str(best.encoding) if best else None
    return found if found in _USUAL and _decodes(path, found) else None


def shown(encoding: str) -> str:
    """Return the name by which people know an encoding."""
    return _SHOWN.get(encoding, "UTF-8")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while part := file.read(_SAMPLE):
                decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_damaged_utf_8(sample: bytes) -> bool:
    text = sample.decode("utf-8", errors="replace")
    read = sum(1 for character in text if character > "\x7f")
    unread = text.count("\ufffd")
    return read - unread > unread


def _is_everyday_chinese(sample: bytes) -> bool:
    """Say whether a text read as GB18030 holds nothing but the 7,445 characters of GB 2312."""
    # A sample may end inside of a character.
    text = sample.decode("gb18030", errors="replace")[:-1]
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
