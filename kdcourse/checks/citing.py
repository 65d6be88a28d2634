"""Numbers in a text: finding them, and holding each against the figures that may be cited."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

#: Full-width digits and signs; the full-width comma stays, for it parts sentences, not thousands.
_NARROW = str.maketrans("０１２３４５６７８９．％－", "0123456789.%-")

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*\.?"
#: What looks like a number and is none: dates, times, the numbers of a list, ordinals, names.
_NO_NUMBER = re.compile(
    rf"""
    \d{{4}}-\d{{1,2}}(?:-\d{{1,2}})?(?![\d.])   # 2025-11-22
    | \d{{4}}\s?年(?:\s?\d{{1,2}}\s?月)?(?:\s?\d{{1,2}}\s?[日号])?
    | \d{{1,2}}\s?月(?:\s?\d{{1,2}}\s?[日号])?
    | \b\d{{1,2}}\s{_MONTH}(?:\s\d{{4}})?\b | \b{_MONTH}\s\d{{1,2}}(?:,?\s\d{{4}})?\b
    | \b\d{{1,2}}:\d{{2}}\b
    | ^\s*[(（]?\d{{1,2}}[.)、）](?!\d)
    | 第\s?\d+ | \b\d+(?:st|nd|rd|th)\b
    | [^\W\d_\u4e00-\u9fff]+(?:[-.]?\d+)+       # CR4, T-1.01
    | (?:(?:\b(?:of|per|in|every|each)\s)|每\s?)10+(?!\d|[.,]\d)(?!\s?[%万亿])  # of 100
    | (?:(?:\bper\s)|每\s?)[\d,]*0,000(?!\d|[.,]\d)   # per 10,000
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_NUMBER = re.compile(
    r"""
    (?<![\d.])(?P<sign>(?<!\S)[-−])?
    (?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)
    \s?(?P<unit>%|万亿|[万亿千百](?![分克米])|(?:thousand|million|billion)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SCALES = {
    "百": 1e2,
    "千": 1e3,
    "thousand": 1e3,
    "万": 1e4,
    "million": 1e6,
    "亿": 1e8,
    "billion": 1e9,
    "万亿": 1e12,
}
#: A plain number of this kind is taken for a year, unless it agrees with a figure.
_YEARS = range(1949, 2100)


@dataclass(frozen=True)
class Cited:
    """A number as it stands in a text.

    Attributes:
        text: As written.
        value: What it stands for; of percent the number before the sign.
        half: Half a unit of its last digit: how far rounding can have moved it.
        percent: Whether a percent sign follows.
    """

    text: str
    value: float
    half: float
    percent: bool = False

    @property
    def maybe_year(self) -> bool:
        """Whether it could be a year."""
        return self.half == 0.5 and "," not in self.text and self.value in _YEARS

    def agrees(self, figure: float) -> bool:
        """Say whether ``figure``, rounded to the digits written, is this number.

        A share may be written as percent, with the sign, and percent as a share of two decimals.
        """
        forms = [figure]
        if self.percent:
            forms.append(figure * 100)
        if 0 < self.value < 1 and self.half < 0.01:
            forms.append(figure / 100)
        return any(abs(form - self.value) <= self.half * (1 + 1e-9) for form in forms)


def numbers_in(text: str) -> list[Cited]:
    """Return the numbers of a text that are claims: no dates, list numbers, names, bases of rates.

    Args:
        text: English or Chinese, also with full-width digits; ``1,441``, ``98.6 %``, ``1.2 亿``.
    """
    plain = _NO_NUMBER.sub(" ", text.translate(_NARROW))
    found = []
    for match in _NUMBER.finditer(plain):
        digits = match["digits"].replace(",", "")
        unit = (match["unit"] or "").lower()
        scale = _SCALES.get(unit, 1.0) * (-1 if match["sign"] else 1)
        decimals = len(digits.partition(".")[2])
        half = 0.5 * 10**-decimals * abs(scale)
        found.append(Cited(match[0].strip(), float(digits) * scale, half, unit == "%"))
    return found


def trace(
    text: str, figures: Mapping[str, float], stated: Collection[float] = ()
) -> tuple[set[str], list[str]]:
    """Hold the numbers of a text against the figures that may be cited.

    Args:
        text: What the learner wrote.
        figures: Values by name.
        stated: Numbers that the question itself states; they may be repeated but are no evidence.

    Returns:
        The names of the figures cited, and the numbers that are none of them, as written.
    """
    cited: set[str] = set()
    untraceable = []
    for number in numbers_in(text):
        # Two figures can round to the same number; citing it cites one of them.
        agreeing = [name for name, value in figures.items() if number.agrees(value)]
        if agreeing:
            cited.add(next((name for name in agreeing if name not in cited), agreeing[0]))
        elif not (number.maybe_year or any(map(number.agrees, stated))):
            untraceable.append(number.text)
    return cited, untraceable
