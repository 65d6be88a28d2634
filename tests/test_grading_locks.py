"""Each lock keeps what it promises, by itself where the others are missing."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import plain_environment

from kdcourse.checks.catalogue import MODULES
from kdcourse.grading import seccomp
from kdcourse.grading.locks import enough
from kdcourse.grading.reach import Reach, reach

linux = pytest.mark.skipif(sys.platform != "linux", reason="the locks are Linux's")

ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def ruling(machine: str, number: int, argument: int = 0, architecture: int | None = None) -> int:
    """Run the filter as the kernel would, for a call with a first argument."""
    code = seccomp.program(machine, pid=7)
    lines = [code[i : i + 8] for i in range(0, len(code), 8)]
    data = {0: number, 4: architecture or ARCHITECTURES[machine], 16: argument}
    place, value = 0, 0
    while True:
        line = lines[place]
        op = int.from_bytes(line[:2], sys.byteorder)
        yes, no = line[2], line[3]
        k = int.from_bytes(line[4:], sys.byteorder)
        if op == 0x06:
            return k
        if op == 0x20:
            value = data[k]
            place += 1
            continue
        holds = {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[op]
        place += 1 + (yes if holds else no)


@pytest.mark.parametrize(("column", "machine"), list(enumerate(ARCHITECTURES)))
class TestCalls:
    def test_each_is_refused(self, column: int, machine: str) -> None:
        for name, numbers in seccomp.REFUSED.items():
            if numbers[column] is not None:
                assert ruling(machine, numbers[column]) == REFUSE | errno.EPERM, name

    def test_reading_and_writing_are_not(self, column: int, machine: str) -> None:
        for numbers in ((0, 63), (1, 64), (9, 222), (257, 56)):
            assert ruling(machine, numbers[column]) == ALLOW

    def test_threads_yes_processes_no(self, column: int, machine: str) -> None:
        clone = (56, 220)[column]
        assert ruling(machine, clone, 0x3D0F00) == ALLOW
        assert ruling(machine, clone, 17) == REFUSE | errno.EPERM
        assert ruling(machine, 435, 0x3D0F00) == REFUSE | errno.ENOSYS

    def test_signals_and_limits_for_itself_only(self, column: int, machine: str) -> None:
        tgkill, prlimit = (234, 131)[column], (302, 261)[column]
        assert ruling(machine, tgkill, 7) == ALLOW
        assert ruling(machine, tgkill, 8) == REFUSE | errno.EPERM
        assert ruling(machine, prlimit, 0) == ALLOW
        assert ruling(machine, prlimit, 1) == REFUSE | errno.EPERM

    def test_calls_of_another_machine_end_the_process(self, column: int, machine: str) -> None:
        assert ruling(machine, 0, architecture=0x40000003) == KILL

    def test_the_32_bit_sibling_is_refused(self, column: int, machine: str) -> None:
        assert ruling(machine, 0x40000000 + 59) == REFUSE | errno.ENOSYS


def test_a_machine_nobody_has_looked_up_has_no_filter() -> None:
    with pytest.raises(OSError, match="riscv"):
        seccomp.program("riscv64", 1)


def test_files_out_of_reach_and_calls_refused_are_needed() -> None:
    assert enough({"files", "calls", "limits"})
    assert enough({"root", "calls", "limits", "pid"})
    assert not enough({"files", "root", "limits", "user", "net", "ipc", "pid"})
    assert not enough({"calls", "limits", "user", "net", "ipc", "pid"})
    assert not enough(())


def test_what_is_not_secret_is_open_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a/open.py", "a/secret.py", "a/deep/secret/x.py", "a/deep/y.py", "b/z.py"):
        tmp_path.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(name).touch()
    secret = (tmp_path / "a/secret.py", tmp_path / "a/deep/secret")

    readable, listable = Reach((tmp_path / "a", tmp_path / "b"), (), secret).whole

    assert set(readable) == {tmp_path / p for p in ("a/open.py", "a/deep/y.py", "b")}
    assert set(listable) == {tmp_path / p for p in ("a", "a/deep")}


def test_no_answer_of_the_course_is_within_reach() -> None:
    readable, _ = reach().whole
    kit = Path(seccomp.__file__).resolve().parents[1]
    course = kit.parent
    secrets = [*kit.glob("checks/exercises/*.py")]
    assert len(secrets) > len(MODULES)
    secrets += [*course.glob("solutions/*/*/*.ipynb"), *kit.glob("content/exercises/*.toml")]
    secrets += [*course.glob("tests/*.py"), *course.glob("datasets/lanyan/*.csv")]
    assert len(secrets) > 10
    for secret in secrets:
        assert not any(open_ in (secret, *secret.parents) for open_ in readable), secret


#: Locks itself in with some locks failing, tries things, and says what it could do.
ATTEMPT = """
import json, os, socket, sys
from pathlib import Path
from kdcourse.grading import kernel, landlock, locks, seccomp
from kdcourse.grading.reach import reach
from kdcourse.grading.work import Limits

folder, broken = Path(sys.argv[1]), sys.argv[2].split(",")
def fail(*_, **__): raise OSError("switched off")
if "files" in broken: landlock.allow_only = fail
if "root" in broken: kernel.mount_memory = fail
if "calls" in broken: seccomp.refuse_calls = fail
if "user" in broken: kernel.unshare = fail
secret = folder / "secret.txt"
secret.write_text("hidden")
for name in ("desk", "data", "root"): (folder / name).mkdir()
(folder / "data" / "table.csv").write_text("a")
read, write = os.pipe()
reached = locks.move_out()
if not locks.fork(reached):
    reached = locks.leave_namespaces(reached)
    room = locks.Room(folder / "desk", folder / "data", folder / "root", reach())
    reached = locks.lock_in(room, Limits(), reached)
    done = {"locks": reached}
    def attempt(name, what):
        try:
            done[name] = what()
        except OSError as fault:
            done[name] = None
    attempt("secret", secret.read_text)
    attempt("outside", lambda: (folder / "new.txt").write_text("x"))
    attempt("home", lambda: Path("/tmp/kdcourse-locks-" + sys.argv[2]).write_text("x"))
    attempt("desk", lambda: Path("mine.txt").write_text("x"))
    attempt("world", lambda: Path("datasets/table.csv").read_text())
    attempt("bent", lambda: Path("datasets/table.csv").write_text("x"))
    attempt("socket", lambda: socket.socket().fileno() > 0)
    attempt("numpy", lambda: __import__("numpy.fft").__name__)
    os.write(write, json.dumps(done).encode())
    os._exit(0)
os.close(write)
os.wait()
print(os.read(read, 65536).decode())
"""


@linux
@pytest.mark.parametrize("broken", ["", "files", "root", "user", "calls", "files,root"])
def test_the_locks_that_are_left_hold(broken: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", ATTEMPT, str(tmp_path), broken]
    ran = subprocess.run(
        command, env=plain_environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    done = json.loads(ran.stdout)
    locks = done.pop("locks")
    missing = set(filter(None, broken.split(",")))

    assert not missing & set(locks)
    assert enough(locks) == (missing in (set(), {"files"}, {"root"}, {"user"}))
    assert done["desk"] == 1
    assert done["world"] == "a"
    assert done["numpy"] == "numpy"
    if enough(locks):
        assert {name for name in done if done[name]} == {"desk", "world", "numpy"}
    # A name of its own: other tests look at /tmp at the same time.
    outside = Path(f"/tmp/kdcourse-locks-{broken}")
    assert not outside.exists() or "files,root" in broken
    outside.unlink(missing_ok=True)
