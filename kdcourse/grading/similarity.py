"""Which learners' code is alike beyond what the exercise makes alike: a reason to look, no proof.

Code is cut into tokens; names and numbers count by their kind only, so that renaming hides nothing,
and prose inside quotes word by word. Of all runs of tokens a few are picked as fingerprints
(winnowing: Schleimer, Wilkerson & Aiken, 2003). What the exercise hands out, and what much of the
class shares, is left out.
"""

from __future__ import annotations

import io
import json
import keyword
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

#: Tokens in a run, and runs among which one is picked: what is shorter than both goes unnoticed.
_RUN, _WINDOW = 8, 6
#: Fingerprints that more than this share of the class has are common solutions, not copies.
_COMMON = 0.25
#: Those of so few learners are looked at in any class.
_FEW = 2
#: Fewer fingerprints left than this say nothing.
_LEAST = 8
_MOST_CODE = 200_000
_WORD = re.compile(r"[A-Za-z]+|[\u4e00-\u9fff]|\d+")
_LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Pair:
    """Two learners whose code is alike.

    Attributes:
        one: A learner.
        other: Another.
        share: Fingerprints they share, of those that the one with fewer has.
        number: How many they share.
    """

    one: str
    other: str
    share: float
    number: int


def alike(
    notebooks: Mapping[str, bytes], handed_out: Iterable[bytes] = (), least: float = 0.6
) -> list[Pair]:
    """Return the pairs that share most of what is their own, most alike first.

    Args:
        notebooks: Learner → notebook; one that can't be read is left out.
        handed_out: Notebooks everybody was given.
        least: The share from which on a pair is named.
    """
    given = set[int]().union(*(fingerprints(code(notebook)) for notebook in handed_out))
    prints = {who: fingerprints(code(notebook)) - given for who, notebook in notebooks.items()}
    holders: dict[int, list[str]] = defaultdict(list)
    for who, own in prints.items():
        for mark in own:
            holders[mark].append(who)
    most = max(_FEW, int(_COMMON * len(notebooks)))
    rare = {mark: who for mark, who in holders.items() if len(who) <= most}
    owned = Counter(who for several in rare.values() for who in several)
    shared = Counter(pair for several in rare.values() for pair in combinations(sorted(several), 2))
    found = [
        Pair(one, other, number / fewer, number)
        for (one, other), number in shared.items()
        if number >= _LEAST and number >= least * (fewer := min(owned[one], owned[other]))
    ]
    return sorted(found, key=lambda pair: (-pair.share, -pair.number, pair.one, pair.other))


def code(notebook: bytes) -> str:
    """Return the code of a notebook; nothing if it can't be read."""
    try:
        cells = json.loads(notebook.decode("utf-8-sig"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return "\n".join(sources)[:_MOST_CODE]


def fingerprints(source: str) -> set[int]:
    """Return the fingerprints of a program."""
    tokens = list(_tokens(source))
    runs = [
        int.from_bytes(blake2b("\0".join(run).encode(), digest_size=8).digest(), "big")
        for run in zip(*(tokens[at:] for at in range(_RUN)), strict=False)
    ]
    # The least of each window; a run that two windows agree on is picked once.
    return {min(runs[at : at + _WINDOW]) for at in range(max(len(runs) - _WINDOW + 1, 0))}


def _tokens(source: str) -> Iterator[str]:
    try:
        for kind, text, *_ in tokenize.generate_tokens(io.StringIO(source).readline):
            if kind in _LAYOUT:
                continue
            if kind == tokenize.NAME:
                yield text if keyword.iskeyword(text) else "name"
            elif kind == tokenize.NUMBER:
                yield "number"
            elif kind in (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)):
                yield from (word.casefold() for word in _WORD.findall(text))
            else:
                yield text
    except (tokenize.TokenError, SyntaxError, ValueError):
        # Half-written code and magics: what was read up to there counts.
        return
