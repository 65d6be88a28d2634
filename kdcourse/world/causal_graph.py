"""The causal graph on a page: what causes what, how strongly, and what can be decided."""

from __future__ import annotations

from collections.abc import Iterator

from kdcourse.texts import content, pick, say
from kdcourse.world.effects import Cause, causes

#: How a node is drawn, by its role: a lever as a box cut at the corners, what is hidden dashed.
_SHAPES = {"lever": ("{{", "}}"), "seen": ("[", "]"), "hidden": ("(", ")")}


def page(lang: str) -> str:
    """Return the causal graph as Markdown in ``lang``: a drawing (Mermaid), then arrows in words.

    Drawn is the story, in which one thing leads to the next; the other parts hang on it and would
    only hide it.

    The table says all that the drawing shows, for whoever can't see it.
    """

    def word(name: str) -> str:
        return say(f"causes.{name}", lang)

    nodes = content("world/causes")
    arrows = list(causes().values())
    parts = sorted({arrow.part for arrow in arrows}, key=lambda part: (part != "story", part))
    story = [arrow for arrow in arrows if arrow.part == "story"]
    lines = [f"# {word('title')}", "", word("about"), "", "```mermaid", *_drawing(story, lang)]
    lines += ["```", "", word("legend"), "", f"## {word('levers')}", ""]
    for name, lever in content("world/levers").items():
        span = f"{lever['low']:g} – {lever['high']:g}"
        lines.append(f"- `{name}`: {pick(lever['what'], lang)} ({span})")
    heads = [word(head) for head in ("effect", "from", "to", "what", "size", "unit")]
    for part in parts:
        lines += ["", f"## {word('part-' + part)}", ""]
        lines += ["| " + " | ".join(heads) + " |", "|---|---|---|---|---:|---|"]
        for arrow in arrows:
            if arrow.part == part:
                ends = [pick(nodes[end]["name"], lang) for end in (arrow.source, arrow.target)]
                cells = [f"`{arrow.name}`", *ends, pick(arrow.what, lang), f"{arrow.size:g}"]
                lines.append("| " + " | ".join([*cells, pick(arrow.unit, lang)]) + " |")
    return "\n".join([*lines, ""])


def _drawing(arrows: list[Cause], lang: str) -> Iterator[str]:
    nodes = content("world/causes")
    yield "flowchart LR"
    ends = dict.fromkeys(end for arrow in arrows for end in (arrow.source, arrow.target))
    for name in ends:
        left, right = _SHAPES[nodes[name]["role"]]
        # Mermaid takes some words, such as "end", for its own; a prefix keeps ours apart.
        yield f'  n_{name}{left}"{pick(nodes[name]["name"], lang)}"{right}'
    yield from (
        f"  n_{source} --> n_{target}"
        for source, target in dict.fromkeys((arrow.source, arrow.target) for arrow in arrows)
    )
    hidden = ",".join(f"n_{name}" for name in ends if nodes[name]["role"] == "hidden")
    yield "  classDef hidden stroke-dasharray: 5 5"
    yield f"  class {hidden} hidden"
