"""What a Markdown text says: its words, headings, lists and links, without its markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

#: Stands in for a piece of code, a formula or an address, so that spacing around it shows.
CODE = "x"

_FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\s](?:[^$\n]*[^$\s])?\$", re.DOTALL)
_ADDRESS = re.compile(r"https?://[^\s）】，。；]+")
_HTML = re.compile(r"<[^>]+>")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


def passages(text: str) -> list[str]:
    """Return the words of each paragraph, heading, list item and table cell."""
    found = []
    for token in _tokens(text):
        if token.type == "inline":
            found.append(_words(token))
        elif token.type == "html_block":
            found.append(_HTML.sub(" ", token.content))
    return [words for words in (_ADDRESS.sub(CODE, each).strip() for each in found) if words]


def headings(text: str) -> list[int]:
    """Return the levels of the headings, in order."""
    return [int(t.tag[1:]) for t in _tokens(text) if t.type == "heading_open"]


def has_prose(text: str) -> bool:
    """Say whether there is more than headings, images and code."""
    tokens = _tokens(text)
    return any(
        token.type == "inline" and before.type != "heading_open" and _words(token).strip()
        for before, token in pairwise(tokens)
    )


def bullets(text: str) -> int:
    """Return how many items the first list has, 0 if there is no list."""
    number, depth = 0, 0
    for token in _tokens(text):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
            if depth == 0:
                break
        elif token.type == "list_item_open" and depth == 1:
            number += 1
    return number


def links(text: str) -> list[str]:
    """Return the targets of links and images, in order."""
    return [str(t.attrs.get("href") or t.attrs.get("src")) for t in _inline(text) if _target(t)]


def images(text: str) -> list[str]:
    """Return the alternative text of each image, in order."""
    return [t.content for t in _inline(text) if t.type == "image"]


def has_chinese(text: str) -> bool:
    """Say whether any Chinese character stands in ``text``."""
    return bool(_CHINESE.search(text))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


@cache
def _tokens(text: str) -> tuple[Token, ...]:
    return tuple(_parser().parse(_FORMULA.sub(CODE, text)))


def _inline(text: str) -> Iterator[Token]:
    for token in _tokens(text):
        yield from token.children or []


def _words(token: Token) -> str:
    def word(child: Token) -> str:
        if child.type == "code_inline":
            return CODE
        if child.type in ("softbreak", "hardbreak"):
            return "\n"
        return child.content if child.type in ("text", "image") else ""

    return "".join(word(child) for child in token.children or [])


def _target(token: Token) -> bool:
    return token.type in ("link_open", "image")
