"""A scenario as a picture: scenes and endings as boxes, an arrow from each move to what follows.

Scenes stand in columns, each to the right of those that lead to it, endings in the last column.
Each column is ordered by where its arrows come from, so that few cross.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from statistics import fmean

from kdcourse.practice.roleplay.picture import wrapped
from kdcourse.practice.roleplay.scenario import Scenario
from kdcourse.texts import pick, say

_BOX, _ROW, _GAP, _COLUMN, _MARGIN, _TOP = 250, 19, 30, 370, 20, 50
#: Letters of a move's or an ending's text that fit into a row.
_LETTERS = 38
_FONTS = "system-ui, 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_SCENE, _GOOD, _FAIR, _POOR = "#eef2f7", "#d7efe6", "#fdf3d7", "#fbe3d6"
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#8a4f7d", "#57606a")


@dataclass(frozen=True)
class Box:
    """A scene or an ending in the picture; all in pixels.

    Attributes:
        x: Its left edge.
        y: Its upper edge.
        rows: What stands in it: a move (or nothing) and a text.
        fill: Its colour.
    """

    x: int
    y: int
    rows: tuple[tuple[str, str], ...]
    fill: str

    @property
    def height(self) -> int:
        """Its height."""
        return _ROW * len(self.rows) + 12

    def row(self, move: str) -> int:
        """Return how far down a move stands."""
        place = [name for name, _ in self.rows].index(move)
        return self.y + 6 + _ROW * place + _ROW // 2


def arrows(scenario: Scenario) -> list[tuple[str, str, str]]:
    """Return where each move can lead: scene, move, and the scene or ending that follows."""
    return [
        (scene.id, move, goal)
        for scene in scenario.scenes.values()
        for move in scene.moves
        for goal in dict.fromkeys(reply.go for reply in scenario.moves[move].replies)
        if goal not in ("", scene.id)
    ]


def columns(scenario: Scenario) -> list[list[str]]:
    """Return scenes and endings, column by column, each in its order from above."""
    order = {name: number for number, name in enumerate(scenario.scenes)}
    after = arrows(scenario)
    depth = dict.fromkeys(order, 0)
    # Scenes stand in the file about as they are played; what leads back stays out of account.
    for here in order:
        for one, _, other in after:
            if one == here and order.get(other, -1) > order[here]:
                depth[other] = max(depth[other], depth[here] + 1)
    last = max(depth.values()) + 1
    rows = [[name for name in order if depth[name] == column] for column in range(last)]
    rows.append(list(scenario.endings))
    place: dict[str, float] = {}
    for row in rows:
        # Barycentre rule of K. Sugiyama et al. (1981): each near the mean of what leads to it.
        means = {
            name: fmean([place[a] for a, _, b in after if b == name and a in place] or [0.0])
            for name in row
        }
        row.sort(key=lambda name, means=means: means[name])  # type: ignore[misc]
        place |= {name: at - len(row) / 2 for at, name in enumerate(row)}
    return rows


def draw(scenario: Scenario) -> str:
    """Return the picture as SVG, in the language spoken now."""
    boxes = _boxes(scenario)
    width = max(box.x for box in boxes.values()) + _BOX + _MARGIN
    height = max(box.y + box.height for box in boxes.values()) + _MARGIN
    title = escape(say("scenario.graph-title", title=pick(scenario.title)))
    # An arrow that passes behind a box leaves its words readable.
    parts = [*_arrows(scenario, boxes), *(_box(name, box) for name, box in boxes.items())]
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' role='img'"
        f" viewBox='0 0 {width} {height}' font-family=\"{_FONTS}\" font-size='12' fill='#24292F'>"
        f"<title>{title}</title><rect width='100%' height='100%' fill='white'/>"
        f"<text x='{_MARGIN}' y='28' font-size='16' font-weight='bold'>{title}</text>"
        f"{''.join(parts)}</svg>\n"
    )


def _boxes(scenario: Scenario) -> dict[str, Box]:
    unplaced: list[dict[str, Box]] = []
    for number, names in enumerate(columns(scenario)):
        x, y, column = _MARGIN + number * _COLUMN, _TOP, {}
        for name in names:
            column[name] = Box(x, y, tuple(_rows(scenario, name)), _fill(scenario, name))
            y += column[name].height + _GAP
        unplaced.append(column)
    ends = [max(box.y + box.height for box in column.values()) for column in unplaced]
    return {
        name: Box(box.x, box.y + (max(ends) - end) // 2, box.rows, box.fill)
        for column, end in zip(unplaced, ends, strict=True)
        for name, box in column.items()
    }


def _rows(scenario: Scenario, name: str) -> Iterator[tuple[str, str]]:
    if ending := scenario.endings.get(name):
        yield "", f"{name} · {say('scenario.graph-worth', worth=ending.worth)}"
        yield from (("", part) for part in wrapped(pick(ending.title), _LETTERS))
        return
    yield "", name
    for move in scenario.scenes[name].moves:
        text = pick(scenario.moves[move].text)
        lines = list(wrapped(f"{move}: {text}", _LETTERS - 2))
        yield move, lines[0] + ("…" if len(lines) > 1 else "")


def _fill(scenario: Scenario, name: str) -> str:
    if name in scenario.scenes:
        return _SCENE
    worth = scenario.endings[name].worth
    return _GOOD if worth >= 70 else _FAIR if worth >= 40 else _POOR


def _arrows(scenario: Scenario, boxes: dict[str, Box]) -> Iterator[str]:
    for number, (one, move, other) in enumerate(arrows(scenario)):
        a, b = boxes[one], boxes[other]
        colour = _COLOURS[number % len(_COLOURS)]
        back = b.x <= a.x
        x1, y1 = a.x + (0 if back else _BOX), a.row(move)
        x2, y2 = b.x + (_BOX if back else 0), b.y + 6 + _ROW // 2
        bend = max(60, abs(x2 - x1) // 2) * (-1 if back else 1)
        tip = -6 if not back else 6
        dash = " stroke-dasharray='5 4'" if back else ""
        yield (
            f"<path d='M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}' fill='none'"
            f" stroke='{colour}' stroke-width='1.3' opacity='0.8'{dash}/>"
            f"<path d='M{x2} {y2}l{tip} -3.5v7z' fill='{colour}'/>"
        )


def _box(name: str, box: Box) -> str:
    lines = "".join(
        f"<text x='{box.x + 10}' y='{box.y + 6 + _ROW * number - 5}'"
        f" font-weight='{'bold' if number == 1 else 'normal'}'>{escape(text)}</text>"
        for number, (_, text) in enumerate(box.rows, 1)
    )
    return (
        f"<g id='{name}'><rect x='{box.x}' y='{box.y}' width='{_BOX}' height='{box.height}'"
        f" rx='8' fill='{box.fill}' stroke='#8c959f'/>{lines}</g>"
    )
