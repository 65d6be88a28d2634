"""How tables are compared by meaning: rows are matched by their key, columns by their name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.checks.judges import Exact, Judge, Number
from kdcourse.checks.values import Unreadable, canonical, far_more, kind, shown
from kdcourse.checks.verdict import Comparison, Finding

LONGEST_LIST = 8


@dataclass(frozen=True)
class Table(Judge):
    """A table, or a Series where one column is asked.

    Index or column, the order of columns and rows, category or text, time zone or none, further
    columns, and rows without any value make no difference.

    Attributes:
        key: The columns that name a row.
        columns: One judge for each column that is compared; each has the same share of the points.
        in_order: The order of the rows matters too, as if it were a column.
    """

    key: tuple[str, ...]
    columns: Mapping[str, Number | Exact]
    in_order: bool = False

    def compare(self, expected: Any, given: object) -> Comparison:
        """Say which columns of ``given`` agree with those of ``expected``."""
        right = self._frame(expected)
        try:
            frame = self._frame(given)
            self._require_size(right, frame)
            right, frame = self._without_idle_rows(right, frame)
            places = self._match(right, frame)
        except Unreadable as fault:
            return Comparison(0.0, (fault.finding,))
        findings = [
            self._column(name, judge, right[name].iloc[places].reset_index(drop=True), frame)
            for name, judge in self.columns.items()
        ]
        if self.in_order:
            ordered = bool((np.diff(places) > 0).all())
            findings.append(None if ordered else Finding("rows-order"))
        faults = tuple(finding for finding in findings if finding)
        return Comparison(1 - len(faults) / len(findings), faults)

    def _frame(self, given: object) -> pd.DataFrame:
        """Return the asked columns of ``given``, keys first, under a plain index."""
        names = list(self.columns)
        if isinstance(given, pd.Series):
            if len(names) > 1:
                raise Unreadable("series-for-table", columns=[*self.key, *names])
            given = given.to_frame(names[0])
        if not isinstance(given, pd.DataFrame):
            raise Unreadable("wrong-kind", kind=kind(given), needed={"say": "check.kind-table"})
        if given.columns.nlevels > 1:
            raise Unreadable("columns-nested")
        frame = self._keys_from_index(given)
        absent = [name for name in (*self.key, *names) if name not in frame.columns]
        if absent:
            has = [str(name) for name in frame.columns]
            more = ["…"] if len(has) > LONGEST_LIST else []
            raise Unreadable("columns-missing", columns=absent, has=has[:LONGEST_LIST] + more)
        twice = [name for name in (*self.key, *names) if (frame.columns == name).sum() > 1]
        if twice:
            raise Unreadable("columns-twice", columns=twice)
        return frame[[*self.key, *names]]

    def _keys_from_index(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Turn the index into the key columns that are missing, whatever its levels are called."""
        absent = [name for name in self.key if name not in frame.columns]
        named = [name for name in absent if name in frame.index.names]
        plain = frame.reset_index(drop=True)
        if named and named == absent:
            levels = frame.index.to_frame(index=False)[named]
        elif absent and frame.index.nlevels == len(absent) and not _row_numbers(frame.index):
            levels = frame.index.to_frame(index=False)
            levels.columns = pd.Index(absent)
        else:
            return plain
        return pd.concat([levels, plain], axis="columns")

    def _require_size(self, right: pd.DataFrame, frame: pd.DataFrame) -> None:
        if frame.empty:
            raise Unreadable("rows-none")
        # Matching a million rows to find that they are too many would keep the learner waiting.
        if far_more(len(frame), len(right)):
            raise Unreadable("rows-too-many", count=f"{len(frame):,}")

    def _index(self, frame: pd.DataFrame, right: pd.DataFrame) -> pd.MultiIndex:
        return pd.MultiIndex.from_arrays([_level(frame[k], right[k]) for k in self.key])

    def _without_idle_rows(
        self, right: pd.DataFrame, frame: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Drop rows without any value that the other table doesn't have.

        The first year has no growth: whether its row stands there with NaN or was dropped makes no
        difference.
        """
        known, index = self._index(right, right), self._index(frame, right)
        names = list(self.columns)
        idle_right = right[names].isna().all(axis="columns").to_numpy() & ~known.isin(index)
        idle = frame[names].isna().all(axis="columns").to_numpy() & ~index.isin(known)
        return right[~idle_right].reset_index(drop=True), frame[~idle].reset_index(drop=True)

    def _match(self, right: pd.DataFrame, frame: pd.DataFrame) -> npt.NDArray[np.intp]:
        """Return for each row of ``frame`` the place of the same key in ``right``."""
        empty = np.logical_or.reduce([frame[k].isna().to_numpy() for k in self.key])
        if empty.any():
            raise Unreadable("key-missing", place=int(empty.argmax()) + 1, columns=list(self.key))
        known, index = self._index(right, right), self._index(frame, right)
        places = known.get_indexer(index)
        if (places < 0).any():
            raise Unreadable("rows-unknown", row=self._row(frame, int((places < 0).argmax())))
        twice = index.duplicated()
        if twice.any():
            raise Unreadable("rows-twice", row=self._row(frame, int(twice.argmax())))
        if len(frame) < len(right):
            raise Unreadable("rows-missing", count=f"{len(frame):,}")
        return places

    def _column(
        self, name: str, judge: Number | Exact, right: pd.Series[Any], frame: pd.DataFrame
    ) -> Finding | None:
        """Return what is wrong with one column, its rows matched with ``right``."""
        given = frame[name]
        if given.isna().all() and not right.isna().all():
            return Finding("column-empty", {"column": name})
        if isinstance(judge, Exact):
            hits = judge.hits(right, given)
        else:
            numbers = canonical(given, pd.Series([0.0]))
            texts = given.map(_is_text, na_action="ignore").fillna(False).to_numpy(dtype=bool)
            unread = texts | (numbers.isna() & given.notna()).to_numpy(dtype=bool)
            if unread.any():
                fields = {"column": name, **self._cell(frame, int(unread.argmax()), name)}
                return Finding("column-not-numbers", fields)
            wanted, got = right.to_numpy(dtype=float), numbers.to_numpy(dtype=float)
            hits = judge.hits(wanted, got)
            if not hits.all() and judge.other_unit(wanted, got):
                return Finding(f"column-not-{judge.unit}", {"column": name})
        if hits.all():
            return None
        place = int((~hits).argmax())
        absent = bool(given.isna().iloc[place])
        return Finding(
            "cell-missing" if absent else "cell-off",
            {"column": name, **self._cell(frame, place, name)},
        )

    def _row(self, frame: pd.DataFrame, place: int) -> list[Any]:
        """Return the key of a row as the learner wrote it: ``["year = 2024", ...]``."""
        return [f"{key} = {_bare(frame[key].iloc[place])}" for key in self.key]

    def _cell(self, frame: pd.DataFrame, place: int, column: str) -> dict[str, Any]:
        return {"row": self._row(frame, place), "value": shown(frame[column].iloc[place])}


def _row_numbers(index: pd.Index[Any]) -> bool:
    """Whether an index only counts rows; pandas keeps typed years in a row as a range, too."""
    return isinstance(index, pd.RangeIndex) and index.start == 0


def _level(column: pd.Series[Any], like: pd.Series[Any]) -> pd.Series[Any]:
    """Return a key in canonical form, rid of the float noise that would keep rows apart."""
    plain = canonical(column, like)
    return plain.round(9) if pd.api.types.is_float_dtype(plain.dtype) else plain


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _bare(value: object) -> str:
    text = shown(value)
    return text.strip('"') if isinstance(text, str) else type(value).__name__
