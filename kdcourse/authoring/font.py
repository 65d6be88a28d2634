"""Make the small Chinese font that figures are drawn with, from a full Noto Sans SC."""

from __future__ import annotations

from pathlib import Path

from kdcourse.course import FIGURE_FONT

#: Latin letters, digits and marks that texts and axes use beside Chinese.
_LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180)]
_MARKS = [*range(0x2000, 0x2070), *range(0x2190, 0x2200), *range(0x2200, 0x2270), 0x20AC, 0x2116]
_CHINESE_MARKS = [*range(0x3000, 0x3020), *range(0xFF00, 0xFFEF), *range(0x2460, 0x2474)]


def gb2312() -> list[int]:
    """Return the code points of GB/T 2312-1980: 6,763 characters that everyday Chinese needs."""
    pairs = (bytes((row, cell)) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    found = (pair.decode("gb2312", errors="ignore") for pair in pairs)
    return [ord(character) for character in found if character]


def make_font(source: Path, target: Path = FIGURE_FONT) -> int:
    """Cut ``source`` (a full Noto Sans SC, OpenType) down to what the course draws.

    Returns:
        The size of ``target`` in bytes; about 1.8 million.
    """
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(hinting=False, desubroutinize=False, notdef_outline=True)
    options.layout_features = ["kern", "locl"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    font = TTFont(source, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted({*_LATIN, *_MARKS, *_CHINESE_MARKS, *gb2312()}))
    subsetter.subset(font)
    font.save(target)
    return target.stat().st_size
