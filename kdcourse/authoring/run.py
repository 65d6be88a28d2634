"""Running a notebook the way its outputs are stored: same seed, no clock, no widget state."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from kdcourse.authoring.notebook import Notebook
from kdcourse.texts import KitError

#: Seconds a cell may take; generous, for a lesson's cell that needs more is a fault by itself.
CELL_TIMEOUT = 120

#: How often a kernel that dies before its first cell is started.
_STARTS = 3
#: Beginnings of environment variables that would change what a notebook shows.
_SETTINGS = ("KDCOURSE_", "MPLBACKEND", "MATPLOTLIBRC", "NBGRADER_")


async def run(nb: Notebook, folder: Path, label: str, timeout: int = CELL_TIMEOUT) -> None:
    """Execute all cells in a fresh kernel and put their outputs into ``nb``.

    Args:
        nb: A notebook with joined texts; unchanged if anything fails.
        folder: The working directory of the cells.
        label: Names the notebook in a fault.
        timeout: Seconds for each cell.

    Raises:
        KitError: A cell raised, took too long or lost its kernel; names notebook, cell and error.
    """
    # nbformat's validation would build a grammar for addresses: three seconds for nothing.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    at: list[str] = [""]

    def note_cell(cell: dict[str, Any], **_: object) -> None:
        at[0] = cell["id"]

    cells = [_fresh(cell) for cell in nb["cells"]]
    node: Any = nbformat.from_dict({**nb, "cells": cells})  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory(prefix="kdcourse-") as own_settings:
        try:
            for start in range(_STARTS):
                client = NotebookClient(
                    node,
                    timeout=timeout,
                    kernel_name="python3",
                    record_timing=False,
                    store_widget_state=False,
                    coalesce_streams=True,
                    shutdown_kernel="immediate",
                    on_cell_start=note_cell,
                    # A kernel on this very machine needn't warn of the network.
                    extra_arguments=["--log-level=ERROR"],
                )
                # A cell that captures output in a widget otherwise stalls now and then.
                client.comm_open_handlers.clear()
                try:
                    await client.async_execute(cwd=str(folder), env=_environment(own_settings))
                    break
                except RuntimeError:
                    # Ports are chosen before the kernel takes them; another may be quicker.
                    if at[0] or start == _STARTS - 1:
                        raise
        except CellExecutionError as error:
            what = f"{error.ename}: {error.evalue}"
            raise KitError("author.cell-failed", notebook=label, cell=at[0], error=what) from error
        except CellTimeoutError as error:
            raise KitError(
                "author.cell-timeout", notebook=label, cell=at[0], seconds=timeout
            ) from error
        except RuntimeError as error:  # also nbclient's DeadKernelError
            raise KitError("author.kernel-died", notebook=label, cell=at[0]) from error
    for cell, ran in zip(nb["cells"], node["cells"], strict=True):
        if cell["cell_type"] == "code":
            cell["outputs"] = [_plain(output) for output in ran["outputs"]]


def _fresh(cell: dict[str, Any]) -> dict[str, Any]:
    return {**cell, "outputs": []} if cell["cell_type"] == "code" else cell


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(value) for value in node] if isinstance(node, list) else node


def _environment(settings: str) -> dict[str, str]:
    """Return the kernel's environment: nothing of the author's own settings, this very package."""
    package = Path(__file__).resolve().parents[2]
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_SETTINGS)}
    return {
        **kept,
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(paths),
        "IPYTHONDIR": settings,
    }
