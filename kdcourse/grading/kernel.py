"""The system calls that locking in needs and Python doesn't offer, through the C library."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

NEW_NAMESPACES = {
    "mount": 0x00020000,
    "ipc": 0x08000000,
    "net": 0x40000000,
}
NEW_USER, NEW_PID = 0x10000000, 0x20000000

READ_ONLY, NO_SUID, NO_DEVICES = 1, 2, 4
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18
_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000

_PR_SET_DEATH_SIGNAL, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVILEGES = 1, 24, 38
_CAPABILITY_VERSION = 0x20080522

#: The same numbers on x86-64 and 64-bit ARM, as all calls of these years.
_MOUNT_SETATTR = 442
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


@cache
def libc() -> ctypes.CDLL:
    """Return the C library."""
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> int:
    """Return the result of a call.

    Raises:
        OSError: The call failed.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def syscall(number: int, *arguments: object) -> int:
    """Make a system call by its number."""
    return checked(libc().syscall(ctypes.c_long(number), *arguments))


def unshare(flags: int) -> None:
    """Leave namespaces for new ones."""
    checked(libc().unshare(ctypes.c_int(flags)))


def return_to(namespace: int) -> None:
    """Have the next children born in the process numbers of an open namespace."""
    checked(libc().setns(ctypes.c_int(namespace), ctypes.c_int(NEW_PID)))


def die_with_parent(signal: int) -> None:
    """Have ``signal`` sent to this process when its parent ends."""
    checked(libc().prctl(_PR_SET_DEATH_SIGNAL, signal, 0, 0, 0))


def no_new_privileges() -> None:
    """Never gain a privilege by starting a program; what the other locks ask for."""
    checked(libc().prctl(_PR_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def drop_capabilities() -> None:
    """Give up all of root's powers, whoever this is."""
    for number in range(64):
        # Numbers that the kernel doesn't know, and who has none to drop, are fine.
        libc().prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    checked(libc().capset(header, nothing))


def bind(source: Path, target: Path) -> None:
    """Let the folder or file ``source`` appear at ``target``, with what is mounted in it."""
    _mount(source, target, None, _BIND | _RECURSIVE, None)


def mount_memory(target: Path, options: str, flags: int = NO_SUID | NO_DEVICES) -> None:
    """Put an empty file system in memory at ``target``."""
    _mount(Path("none"), target, b"tmpfs", flags, options.encode())


def keep_mounts_private() -> None:
    """Let no mount of this namespace be seen outside of it."""
    _mount(Path("none"), Path("/"), None, _RECURSIVE | _PRIVATE, None)


def make_read_only(target: Path) -> None:
    """Make a mount and all within it read-only (Linux 5.12)."""
    _set_attributes(target, _AT_RECURSIVE, READ_ONLY | NO_SUID, 0)


def make_writable(target: Path) -> None:
    """Make one mount writable again."""
    _set_attributes(target, 0, 0, READ_ONLY)


def _set_attributes(target: Path, flags: int, on: int, off: int) -> None:
    attributes = (ctypes.c_uint64 * 4)(on, off, 0, 0)
    syscall(
        _MOUNT_SETATTR,
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(target),
        ctypes.c_uint(flags),
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    )


def change_root(target: Path) -> None:
    """Make the mount at ``target`` the root of all paths and forget the former one."""
    os.chdir(target)
    syscall(_PIVOT_ROOT[os.uname().machine], b".", b".")
    checked(libc().umount2(b".", _DETACH))
    os.chdir("/")


def _mount(
    source: Path, target: Path, kind: bytes | None, flags: int, options: bytes | None
) -> None:
    checked(
        libc().mount(os.fsencode(source), os.fsencode(target), kind, ctypes.c_ulong(flags), options)
    )
