"""Finds out whether the course can run here, and says what to do about each fault."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from kdcourse.course import FIGURE_FONT
from kdcourse.texts import LANGUAGES, KitError, say
from kdcourse.workspace.files import explained
from kdcourse.workspace.kit import kit, pip_install
from kdcourse.workspace.manifest import manifest_path, read_manifest
from kdcourse.workspace.sync import kit_files

#: Room for the workspace, checkpoints and what exercises write, in MB.
DISK_WANTED = 500

State = Literal["ok", "note", "fault"]


@dataclass(frozen=True)
class Finding:
    """One thing the doctor looked at.

    Attributes:
        state: ``"ok"``, ``"note"`` (worth knowing, no fault) or ``"fault"``.
        found: What was found, in the reader's language.
        remedy: For a fault, exactly what to do, if that isn't said in ``found``.
    """

    state: State
    found: str
    remedy: str = ""


def examine(workspace: Path, root: Path) -> Iterator[Finding]:
    """Look at everything the course needs, the quick things first.

    Args:
        workspace: The learner's folder; need not exist.
        root: The course, as ``course_root()`` gives it.
    """
    yield check_python()
    yield from check_packages()
    yield check_terminal()
    yield check_disk(workspace)
    yield check_workspace(workspace)
    yield check_kit_files(root)
    yield from check_data(workspace)
    yield check_kernel()
    yield check_font(FIGURE_FONT, root)


def check_python() -> Finding:
    """Hold this Python against what the kit asks for."""
    version = platform.python_version()
    found = say("doctor.python", version=version, path=sys.executable)
    wanted = kit().python
    if SpecifierSet(wanted).contains(version, prereleases=True):
        return Finding("ok", found)
    return Finding("fault", found, say("doctor.python-remedy", wanted=wanted))


def check_packages() -> Iterator[Finding]:
    """Hold every package the kit requires against what is installed."""
    wanted = [Requirement(text) for text in kit().requires]
    needed = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    sound = True
    for one in needed:
        fields = {"name": one.name, "wanted": f"{one.name}{one.specifier}"}
        try:
            version = installed_version(one.name)
        except PackageNotFoundError:
            fault = say("doctor.package-missing", **fields)
        else:
            if one.specifier.contains(version, prereleases=True):
                continue
            fault = say("doctor.package-range", version=version, **fields)
        sound = False
        yield _run(fault, pip_install(f"{one.name}{one.specifier}"))
    if sound:
        yield Finding("ok", say("doctor.packages", count=len(needed)))


def check_terminal() -> Finding:
    """Say whether this terminal shows Chinese."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        "课程".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return Finding("note", say("doctor.terminal-plain", encoding=encoding))
    return Finding("ok", say("doctor.terminal", encoding=encoding))


def check_disk(workspace: Path) -> Finding:
    """Measure the free room on the disk that holds, or will hold, the workspace."""
    free = shutil.disk_usage(_nearest(workspace)).free // 10**6
    found = say("doctor.disk", free=free, folder=workspace)
    if free >= DISK_WANTED:
        return Finding("ok", found)
    return Finding("fault", found, say("doctor.disk-remedy", wanted=DISK_WANTED))


def check_workspace(workspace: Path) -> Finding:
    """Find out whether the workspace can be used, and who used it last."""
    try:
        if workspace.exists() and not workspace.is_dir():
            raise KitError("workspace.not-a-folder", folder=workspace, path=workspace)
        if not workspace.exists():
            if os.access(_nearest(workspace), os.W_OK):
                return Finding("note", say("doctor.workspace-none", folder=workspace))
            raise KitError(
                "workspace.not-writable", path=workspace, reason=os.strerror(errno.EACCES)
            )
        manifest = read_manifest(workspace, kit().version)
        probe = workspace / f".kdcourse-probe-{os.getpid()}"
        with explained(workspace):
            probe.touch()
            probe.unlink()
    except KitError as fault:
        return Finding("fault", say("doctor.workspace-fault", folder=workspace), str(fault))
    if manifest is None:
        return Finding("note", say("doctor.workspace-unused", folder=workspace))
    return Finding("ok", say("doctor.workspace", folder=workspace, version=manifest.kit))


def _nearest(workspace: Path) -> Path:
    """Return the workspace, or the nearest folder above it that exists."""
    return next(path for path in (workspace, *workspace.parents) if path.exists())


def check_kit_files(root: Path) -> Finding:
    """Hold the kit's own files against what must be there and against their checksums."""
    try:
        for lang in LANGUAGES:
            kit_files(root, lang)
    except KitError as fault:
        return Finding(
            "fault", str(fault), _restore(root, str(fault.fields.get("path", "datasets")))
        )
    return Finding("ok", say("doctor.kit-files"))


def check_data(workspace: Path) -> Iterator[Finding]:
    """Hold the learner's copy of the data against its checksums, once there is one."""
    from kdcourse.data import verify

    if not manifest_path(workspace).is_file():
        return
    faults = verify(workspace / "datasets")
    yield from (Finding("fault", fault) for fault in faults)
    if not faults:
        yield Finding("ok", say("doctor.data"))


def check_kernel() -> Finding:
    """Find out whether notebooks run in the Python that runs now."""
    mend = pip_install("ipykernel")
    try:
        import ipykernel  # noqa: F401 - without it the kernel is only a name
        from jupyter_client.kernelspec import KernelSpecManager
    except ModuleNotFoundError:
        return _run(say("doctor.kernel-missing"), mend)
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except KeyError:  # Jupyter's NoSuchKernel is one
        return _run(say("doctor.kernel-missing"), mend)
    # A bare name means, to Jupyter, the Python that runs the server.
    generic = program in {"python", "python3", f"python3.{sys.version_info.minor}"}
    if generic or Path(program).absolute() == Path(sys.executable).absolute():
        return Finding("ok", say("doctor.kernel", path=sys.executable))
    return _run(say("doctor.kernel-elsewhere", path=program), mend)


def check_font(font: Path, root: Path) -> Finding:
    """Open the font that draws the Chinese in figures."""
    try:
        from matplotlib.font_manager import get_font

        name = get_font(str(font)).family_name
    except (ModuleNotFoundError, OSError, RuntimeError):
        remedy = _restore(root, "kdcourse/content/fonts")
        return Finding("fault", say("doctor.font-broken", path=font), remedy)
    return Finding("ok", say("doctor.font", name=name))


def _restore(root: Path, part: str) -> str:
    """Say how to get a damaged part of the kit back: in a clone from git, else by installing."""
    if (root / ".git").exists():
        return say("doctor.run", command=f'git -C "{root}" checkout -- {part}')
    return say("doctor.reinstall")


def _run(fault: str, command: str) -> Finding:
    return Finding("fault", fault, say("doctor.run", command=command))


def show(findings: Iterator[Finding]) -> bool:
    """Print findings as they come, a line each; return whether there was no fault.

    The state is a word; its colour, where the terminal has colours, only repeats it.
    """
    from rich.cells import cell_len
    from rich.console import Console

    colours = {"ok": "green", "note": "cyan", "fault": "bold red"}
    words = {state: say(f"doctor.word-{state}") for state in colours}
    width = max(map(cell_len, words.values()))
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    faults = 0
    for finding in findings:
        word = words[finding.state]
        console.print(word, style=colours[finding.state], end=" " * (width - cell_len(word) + 2))
        console.print(finding.found)
        if finding.remedy:
            console.print(" " * width, "->", finding.remedy)
        faults += finding.state == "fault"
    console.print()
    console.print(say("doctor.faults", count=faults) if faults else say("doctor.all-well"))
    return not faults
