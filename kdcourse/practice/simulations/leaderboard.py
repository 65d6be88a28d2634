"""A class's leaderboard: a CSV file to which every finished run adds a line to be replayed."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdcourse.practice.simulations.session import replay
from kdcourse.texts import KitError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("simulation", "seed", "player", "score", "decisions", "outcomes")
_LONGEST = 60
#: What a spreadsheet would take for a formula.
_FORMULA = "=+-@\t\r"


def add(path: Path, player: str, transcript: Mapping[str, Any], score: float) -> None:
    """Add a run.

    Nothing that stands in the file is touched: lines are only ever added, each in one write, so
    that several may play at once.

    Args:
        path: The file; made with its head if it isn't there.
        player: Who played; a line of text.
        transcript: What :meth:`Simulation.transcript` returned.
        score: The outcome to be ranked by.

    Raises:
        KitError: The name is no name, the file is no leaderboard, or it can't be written.
    """
    name = str(player).strip()
    if not 1 <= len(name) <= _LONGEST or not name.isprintable() or name[0] in _FORMULA:
        raise KitError("simulation.no-player", player=player, longest=_LONGEST)
    row = (
        transcript["simulation"], transcript["seed"], name, f"{score:.6f}",
        json.dumps(transcript["decisions"], ensure_ascii=False),
        json.dumps(transcript["outcomes"], ensure_ascii=False),
    )  # fmt: skip
    try:
        if path.exists() and path.stat().st_size:
            _rows(path)
            text = _line(row)
        else:
            # With the mark at its head, Excel reads Chinese names.
            text = "\ufeff" + _line(COLUMNS) + _line(row)
        with path.open("ab") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        raise KitError("simulation.board-file", path=path, reason=fault) from fault


def leaderboard(
    path: str | Path, simulation: str | None = None, seed: int | None = None
) -> pd.DataFrame:
    """Return a leaderboard, the best first, each line replayed.

    Args:
        path: The file.
        simulation: Only the runs of this one.
        seed: Only those on this seed, which can be compared.

    Returns:
        ``simulation``, ``seed``, ``player``, ``score`` and ``verified``: whether the decisions lead
        to what the line says. What doesn't comes last.

    Raises:
        KitError: There is no such file, or it is no leaderboard.
    """
    import pandas as pd

    place = Path(path)
    try:
        rows = [_read(row) for row in _rows(place)]
    except OSError as fault:
        raise KitError("simulation.board-file", path=place, reason=fault) from fault
    frame = pd.DataFrame(rows, columns=["simulation", "seed", "player", "score", "verified"])
    if simulation is not None:
        frame = frame[frame["simulation"] == simulation]
    if seed is not None:
        frame = frame[frame["seed"] == seed]
    order = ["verified", "score"]
    return frame.sort_values(order, ascending=False, kind="stable", ignore_index=True)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            reader = csv.DictReader(file)
            rows = list(reader)
        except (csv.Error, UnicodeDecodeError) as fault:
            raise KitError("simulation.no-board", path=path) from fault
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise KitError("simulation.no-board", path=path)
    return rows


def _read(row: Mapping[str, Any]) -> tuple[str, int, str, float, bool]:
    """Return a line of the file; one that somebody has spoilt is there, but not verified."""
    try:
        transcript = {
            "simulation": row["simulation"],
            "seed": int(row["seed"]),
            "decisions": json.loads(row["decisions"]),
            "outcomes": json.loads(row["outcomes"]),
        }
        score = float(row["score"])
    except (TypeError, ValueError):
        return str(row["simulation"]), -1, str(row["player"]), float("nan"), False
    return (
        row["simulation"],
        transcript["seed"],
        row["player"],
        score,
        _comes_out(transcript, score),
    )


def _comes_out(transcript: Mapping[str, Any], score: float) -> bool:
    try:
        again = replay(transcript)
    except KitError:
        return False
    first = next(iter(again.result.now.values())) if again.result else 0.0
    return again.over and abs(first - score) < 1e-5 * max(1.0, abs(first))


def _line(values: tuple[Any, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()
