"""Which files a process may still touch: Landlock, Linux's lock for programs without rights."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from kdcourse.grading.kernel import syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1

_WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
#: All rights over files that a version of Landlock knows: one more bit with each of these versions.
_FIRST_RIGHTS = (1 << 13) - 1
_LATER_RIGHTS = {2: 1 << 13, 3: _TRUNCATE, 5: 1 << 15}
_RIGHTS_OF_A_FILE = _WRITE_FILE | _READ_FILE | _TRUNCATE | 1 | 1 << 15
_NETWORK, _NETWORK_SINCE = 0b11, 4
_SCOPES, _SCOPES_SINCE = 0b11, 6


def version() -> int:
    """Return the version of the kernel's Landlock.

    Raises:
        OSError: There is none, or it is switched off.
    """
    return syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(_ASK_VERSION))


def allow_only(
    readable: Iterable[Path], listable: Iterable[Path], writable: Iterable[Path]
) -> None:
    """Refuse this process all files but these, and where the kernel can, TCP and foreign signals.

    Args:
        readable: Folders and files; what doesn't exist is left out.
        listable: Folders whose names may be listed, which says nothing of the files in them.
        writable: Folders and files where anything may be done.

    Raises:
        OSError: There is no Landlock here.
    """
    known = version()
    rights = _FIRST_RIGHTS
    for since, right in _LATER_RIGHTS.items():
        rights |= right if known >= since else 0
    asked = struct.pack(
        "QQQ",
        rights,
        _NETWORK if known >= _NETWORK_SINCE else 0,
        _SCOPES if known >= _SCOPES_SINCE else 0,
    )
    # Older kernels take a shorter form.
    size = 24 if known >= _SCOPES_SINCE else 16 if known >= _NETWORK_SINCE else 8
    rules = syscall(_CREATE_RULESET, asked, ctypes.c_size_t(size), ctypes.c_uint(0))
    try:
        for paths, allowed in (
            (readable, _READ_FILE | _READ_FOLDER),
            (listable, _READ_FOLDER),
            (writable, rights & ~1),
        ):
            for path in paths:
                _allow(rules, path, allowed)
        syscall(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint(0))
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= _RIGHTS_OF_A_FILE
        # The kernel's structure is packed: eight bytes, then four.
        rule = struct.pack("=Qi", rights, place)
        syscall(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint(0))
    finally:
        os.close(place)
