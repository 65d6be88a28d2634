"""Columns of text made whole: a million numbers or codes as text, without a loop over rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from kdcourse.world.streams import Bools, Ints

#: The type of text in memory, as pandas reads it from a file.
_TEXT = pd.StringDtype(na_value=np.nan)


def numbered(prefix: str, numbers: Ints, digits: int) -> pd.Series[Any]:
    """Return ``prefix`` and each number with leading zeros, as ``f"{prefix}{number:0{digits}d}"``.

    Args:
        prefix: ASCII letters.
        numbers: From 0 to below 10 to the power of ``digits``; shape (rows,).
        digits: How many digits each gets.
    """
    width = len(prefix) + digits
    letters = np.empty((len(numbers), width), np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode("ascii"), np.uint8)
    rest = np.asarray(numbers, np.int64)
    for place in range(width - 1, len(prefix) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        letters[:, place] = digit + ord("0")
    ends = np.arange(len(numbers) + 1, dtype=np.int64) * width
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(letters.tobytes())]
    return _series(pa.Array.from_buffers(pa.large_string(), len(numbers), buffers))


def named(names: Sequence[str], positions: Ints, missing: Bools | None = None) -> pd.Series[Any]:
    """Return the name at each position.

    Args:
        names: What stands at position 0, 1 …
        positions: Shape (rows,).
        missing: Where nothing is to stand.
    """
    index = pa.array(np.asarray(positions, np.int32), mask=missing)
    coded = pa.DictionaryArray.from_arrays(index, pa.array(list(names), pa.large_string()))
    return _series(coded.dictionary_decode())


def _series(texts: pa.Array) -> pd.Series[Any]:
    return pd.Series(pd.array(texts, dtype=_TEXT))
