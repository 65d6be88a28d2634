"""Locking a process in, as far as this system lets us: without root, without Docker, no package.

Every lock is optional, for kernels and their settings differ; which ones are on goes into each
result. Without the two that matter most (files out of reach, no other process) nothing hostile may
run: see :func:`enough`.

=============  =================================================================================
``files``      Landlock: reads Python and this kit without its answers, writes into one folder
``root``       a file system of its own, read-only but for a small folder in memory
``user``       no right over anything outside, whoever started the grading
``net``        no network, not even this machine's own
``ipc``        no shared memory with others
``pid``        no other process in sight; whatever was left behind ends with it
``calls``      seccomp: no new process, no program, no socket
``limits``     memory, time, open files, size of a file
=============  =================================================================================
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kdcourse.grading import kernel, landlock, seccomp
from kdcourse.grading.reach import Reach
from kdcourse.grading.work import Limits

LOCKS = ("files", "root", "user", "net", "ipc", "pid", "calls", "limits")
_OPEN_FILES = 128
#: Beyond the time all cells have, for starting and for what is observed.
_SPARE_SECONDS = 30


@dataclass(frozen=True)
class Room:
    """Where a learner's process lives.

    Attributes:
        desk: The one folder it may write into; in it, ``datasets`` leads to its world.
        data: The folder of its world.
        root: An empty folder that can become the root of its file system.
        reach: What it may read besides.
    """

    desk: Path
    data: Path
    root: Path
    reach: Reach


def enough(locks: Collection[str]) -> bool:
    """Say whether a notebook by anybody may run behind these locks."""
    return bool({"files", "root"} & set(locks)) and {"calls", "limits"} <= set(locks)


def move_out() -> list[str]:
    """Move this process out of the system: to a user and to process numbers of its own.

    Goes on in a child process, which is the first of the new numbers; when it ends, so does all
    that it has started. The parent waits for it and ends as it did.

    Returns:
        The locks that are on.
    """
    user, group = os.getuid(), os.getgid()
    locks = []
    with suppress(OSError):
        kernel.unshare(kernel.NEW_USER)
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            Path("/proc/self", name).write_text(text)
        locks.append("user")
    with suppress(OSError):
        kernel.unshare(kernel.NEW_PID)
        locks.append("pid")
    if "pid" in locks and (child := os.fork()):
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    with suppress(OSError, AttributeError):
        kernel.die_with_parent(signal.SIGKILL)
    return locks


def fork(locks: list[str]) -> int:
    """Fork a process that has process numbers of its own, if ``locks`` say that this is possible.

    Returns:
        Its number, or 0 inside.
    """
    if "pid" not in locks:
        return os.fork()
    here = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        kernel.unshare(kernel.NEW_PID)
        child = os.fork()
        if child:
            # The next one is not to be a child of this one.
            kernel.return_to(here)
        return child
    finally:
        os.close(here)


def leave_namespaces(locks: list[str]) -> list[str]:
    """Leave what else is shared with the rest of the system; return ``locks`` and the new ones."""
    reached = list(locks)
    for name, flag in kernel.NEW_NAMESPACES.items():
        with suppress(OSError):
            kernel.unshare(flag)
            reached.append(name)
    return reached


def lock_in(room: Room, limits: Limits, locks: list[str]) -> list[str]:
    """Lock this process into its room; return the locks that are on.

    Args:
        room: Where it is to live; from here on its working folder is ``room.desk``.
        limits: What it may use.
        locks: Those of :func:`leave_namespaces`.
    """
    # A mount namespace by itself keeps nothing from anybody.
    reached = [lock for lock in locks if lock != "mount"]
    if "mount" in locks and _try(lambda: _move(room, limits)):
        reached.append("root")
    else:
        room.desk.joinpath("datasets").symlink_to(room.data, target_is_directory=True)
    os.chdir(room.desk)
    _set_limits(limits)
    reached.append("limits")
    for lock, put_on in (
        ("", kernel.no_new_privileges),
        ("", kernel.drop_capabilities),
        ("files", lambda: _only_files(room)),
        ("calls", seccomp.refuse_calls),
    ):
        if _try(put_on) and lock:
            reached.append(lock)
    return [lock for lock in LOCKS if lock in reached]


def _try(put_on: Callable[[], None]) -> bool:
    try:
        put_on()
    except (OSError, AttributeError, KeyError):
        # Not on this kernel, with these settings or on this machine.
        return False
    return True


def _move(room: Room, limits: Limits) -> None:
    """Move into a file system that holds only what may be read, and the desk."""
    kernel.keep_mounts_private()
    kernel.mount_memory(room.root, "size=1m,mode=755")
    empty = _inside(room.root, Path("/.empty"))
    empty.mkdir()
    nothing = room.root / ".nothing"
    nothing.touch()
    for path in room.reach.roots:
        _bind(path, _inside(room.root, path))
    for path in room.reach.others:
        if not _inside(room.root, path).exists():
            _bind(path.resolve(), _inside(room.root, path))
    for path in room.reach.secret:
        hidden = _inside(room.root, path)
        if hidden.exists():
            kernel.bind(empty if hidden.is_dir() else nothing, hidden)
    desk = _inside(room.root, room.desk)
    desk.mkdir(parents=True)
    kernel.mount_memory(desk, f"size={limits.disk},nr_inodes={limits.files},mode=700")
    desk.joinpath("datasets").mkdir()
    kernel.bind(room.data, desk / "datasets")
    # Last, the desk comes back: only it stays open for writing.
    kernel.make_read_only(room.root)
    kernel.make_writable(desk)
    kernel.change_root(room.root)


def _bind(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    kernel.bind(path, target)


def _inside(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def _only_files(room: Room) -> None:
    readable, listable = room.reach.whole
    landlock.allow_only(
        [*readable, room.desk / "datasets"], listable, [room.desk, Path("/dev/null")]
    )


def _set_limits(limits: Limits) -> None:
    seconds = int(limits.total_seconds) + _SPARE_SECONDS
    for name, value in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, limits.disk),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        hard = resource.getrlimit(name)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(name, (value, value))
