"""How a learner's function is checked: called on inputs taken from the data, its results compared.

The function runs in the learner's own process, as it does in the learner's own cells; what it does
there besides returning (printing, changing its inputs, going on forever) is seen and said.
"""

from __future__ import annotations

import ctypes
import inspect
import io
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from copy import deepcopy
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kdcourse.checks.judges import Judge
from kdcourse.checks.values import LONGEST_SHOWN, Unreadable, kind, shown
from kdcourse.checks.verdict import AGREES, Comparison, Finding

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: Arguments of one call.
Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Called:
    """What came of one call.

    Attributes:
        call: The arguments as shown to the learner, ``"(1083, 1105.8)"``.
        value: What it returned.
        fault: What it did wrong beyond its result; the value then doesn't count.
        printed: Whether it printed anything.
    """

    call: str
    value: Any = None
    fault: Finding | None = None
    printed: bool = False


@dataclass(frozen=True)
class Function(Judge):
    """A function that returns what the reference returns, whatever it is called on.

    Attributes:
        judge: Compares two results.
        inputs: Gives the arguments of each call as a function of the data; as a mapping, its keys
            are what the learner reads instead (``{"parcels.head(3)": (frame,)}``).
        seconds: How long all calls together may take.
    """

    judge: Judge
    inputs: Callable[[Loader], Sequence[Arguments] | Mapping[str, Arguments]]
    seconds: float = 1.0

    def on(self, load: Loader) -> Judge:
        """Return the judge with the inputs that the data give."""
        inputs = self.inputs(load)
        if not isinstance(inputs, Mapping):
            inputs = {", ".join(map(_argument, given)): given for given in inputs}
        return _Calls(self.judge, inputs, self.seconds)

    def compare(self, expected: Any, given: Any) -> Comparison:
        """Never called: the judge of :meth:`on` compares."""
        raise TypeError("a function is judged on data")


@dataclass(frozen=True)
class _Calls(Judge):
    """A :class:`Function` with its inputs at hand."""

    judge: Judge
    inputs: Mapping[str, Arguments]
    seconds: float

    def observe(self, given: object) -> list[Called]:
        """Call a function on each input, up to the first call that goes wrong."""
        if not callable(given) or isinstance(given, type):
            raise Unreadable("wrong-kind", kind=kind(given), needed={"say": "check.kind-callable"})
        end = monotonic() + self.seconds
        results: list[Called] = []
        for text, arguments in self.inputs.items():
            results.append(_call(given, f"({text})", arguments, end))
            if results[-1].fault:
                break
        return results

    def compare(self, expected: list[Called], given: list[Called]) -> Comparison:
        """Say for the first input whose result differs what is wrong with it."""
        if all(called.value is ... and not called.fault for called in given):
            return Comparison(0.0, attempted=False)
        for right, called in zip(expected, given, strict=False):
            if called.fault:
                return Comparison(0.0, (called.fault.within(called.call),))
            if called.value is None and right.value is not None:
                key = "function-prints" if called.printed else "function-none"
                return Comparison(0.0, (Finding(key, {}, (called.call,)),))
            result = self.judge.compare(right.value, called.value)
            if not result.agrees:
                faults = tuple(finding.within(called.call) for finding in result.findings)
                return Comparison(0.0, faults)
        if any(called.printed for called in given):
            return Comparison(1.0, (Finding("function-also-prints"),))
        return AGREES


def _call(function: Callable[..., Any], call: str, arguments: Arguments, end: float) -> Called:
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return Called(call, fault=Finding("function-arguments", {"count": len(arguments)}))
    except ValueError:
        pass  # a built-in that doesn't say what it takes
    handed = deepcopy(arguments)
    printed = io.StringIO()
    result: dict[str, Any] = {}

    def work() -> None:
        try:
            result["value"] = function(*handed)
        except BaseException as fault:
            result["fault"] = fault

    # Waiting for a thread can be given up, on every platform; waiting for a call can't.
    thread = threading.Thread(target=work, daemon=True)
    with redirect_stdout(printed):
        thread.start()
        thread.join(max(end - monotonic(), 0.01))
    if thread.is_alive():
        _stop(thread)
        return Called(call, fault=Finding("function-endless"))
    if "fault" in result:
        why = f"{type(result['fault']).__name__}: {result['fault']}"
        return Called(call, fault=Finding("function-raises", {"why": _brief(why)}))
    if inspect.isgenerator(result["value"]):
        return Called(call, fault=Finding("generator"))
    if not _same(handed, arguments):
        return Called(call, fault=Finding("function-changes-input"))
    return Called(call, result["value"], printed=bool(printed.getvalue()))


def _stop(thread: threading.Thread) -> None:
    """Make a thread raise at its next step, so that an endless loop doesn't go on in the back."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
    )


def _same(one: Any, other: Any) -> bool:
    """Say whether an input is as it was."""
    if isinstance(one, pd.DataFrame | pd.Series | pd.Index):
        axes = zip(one.axes, other.axes, strict=False) if not isinstance(one, pd.Index) else ()
        return one.equals(other) and all(a.equals(b) for a, b in axes)
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and bool(
            pd.Series(one.ravel()).equals(pd.Series(other.ravel()))
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    return bool(one == other or one != one)


def _argument(value: object) -> str:
    if isinstance(value, pd.DataFrame | np.ndarray):
        return f"{type(value).__name__}[{' × '.join(map(str, value.shape))}]"
    if isinstance(value, pd.Series | pd.Index):
        return _brief(str(value.tolist()))
    text = shown(value)
    return text if isinstance(text, str) else _brief(repr(value))


def _brief(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[: 2 * LONGEST_SHOWN]}…" if len(text) > 2 * LONGEST_SHOWN else text
