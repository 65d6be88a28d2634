"""Notebooks that mean harm: to the machine, to others, to what they must not see."""

from __future__ import annotations

from attacks.case import SECRET, UNSEEN, Case, code, harmless

# --- time, memory, space ------------------------------------------------------------------------

STUBBORN = """
import time
while True:
    try:
        time.sleep(0.01)
    except BaseException:
        pass
"""
OUT_OF_LIMITS = [
    code("endless loop", "while True: pass", "timeout"),
    code("stubborn loop that swallows interrupts", STUBBORN, "timeout"),
    code("loop in C that no interrupt reaches", "growth = sum(range(10**14))", "timeout"),
    code("sleeping", "import time; time.sleep(10**6)", "timeout"),
    code(
        "alarm switched off before an endless loop",
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass",
        "timeout",
    ),
    code(
        "regular expression that never comes back",
        "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
        "timeout",
    ),
    code("memory in one piece", "growth = bytearray(10**12)", "limit", "memory"),
    # Asked for, not filled: filling takes a busy machine more time than a cell has.
    code(
        "memory piece by piece",
        "import numpy\nheld = []\nwhile True: held.append(numpy.zeros(10**8, 'uint8'))",
        "limit",
        "memory",
    ),
    code("endless recursion", "def f(): return f()\ngrowth = f()", "error", "RecursionError"),
    code("printing for ever", "while True: print('spam' * 1000)", "limit", "printed"),
    code("one huge line", "print('x' * 10**8)", "limit", "printed"),
    code(
        "printing for ever, swallowing what stops it",
        "while True:\n    try: print('spam' * 1000)\n    except BaseException: pass",
        "limit",
        "printed",
    ),
    code(
        "filling the disk in one file",
        "with open('big', 'wb') as file:\n    while True: file.write(b'x' * 10**6)",
        "limit",
        "disk",
    ),
    code(
        "filling the disk in many files",
        "for i in range(10**6):\n    open(f'f{i}', 'wb').write(b'x' * 10**5)",
        "limit",
    ),
    code("a million empty files", "for i in range(10**6): open(f'f{i}', 'w').close()", "limit"),
    code(
        "opening files without closing", "held = [open('/dev/null') for _ in range(10**4)]", "limit"
    ),
    code(
        "ten million values for an answer", "growth = list(range(10**7))", "incorrect", "10,000,000"
    ),
    code(
        "flooding the pipe",
        "import os\nwhile True: os.write(3, b'x' * 65536)",
        ("limit", "timeout"),
    ),
    harmless(
        "writing past standard output", "import os\nfor _ in range(500): os.write(1, b'x' * 10**5)"
    ),
]

# --- processes ----------------------------------------------------------------------------------

PROCESSES = [
    code("fork bomb", "import os\nwhile True: os.fork()", "error", "PermissionError"),
    code("subprocess", "import subprocess; subprocess.run(['true'])", "error"),
    code("becoming another program", "import os; os.execv('/bin/true', ['true'])", "error"),
    code("os.system", "import os\nassert os.system('true') == 0", "error"),
    code("shell magic", "!touch somewhere\nassert False, 'no shell'", "error"),
    code(
        "multiprocessing", "import multiprocessing as m; m.Process(target=print).start()", "error"
    ),
    code("os._exit", "import os; os._exit(0)", "error", "ended Python"),
    code("os.abort", "import os; os.abort()", "error", "ended Python"),
    code("segmentation fault", "import ctypes; ctypes.string_at(0)", "error", "ended Python"),
    code("sys.exit", "import sys; sys.exit('bye')", "error", "SystemExit"),
    code("killing the parent", "import os, signal; os.kill(os.getppid(), signal.SIGKILL)", "error"),
    code("killing everybody", "import os, signal; os.kill(-1, signal.SIGKILL)", "error"),
    code("killing oneself", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "error"),
    code(
        "ptrace",
        "import ctypes\nassert ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0, 'no ptrace'",
        "error",
        "no ptrace",
    ),
    code(
        "reading another process's memory",
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "assert libc.process_vm_readv(1, 0, 0, 0, 0, 0) == 0, 'not read'",
        "error",
        "not read",
    ),
    code(
        "leaving the namespaces, mounting, changing the root",
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "done = [libc.unshare(0x10000000), libc.setns(0, 0), libc.chroot(b'.'),\n"
        "        libc.mount(b'a', b'b', b'tmpfs', 0, None), libc.umount2(b'/', 2)]\n"
        "assert 0 in done, 'nothing of it'",
        "error",
        "nothing of it",
    ),
    code(
        "raising the limits",
        "import resource\nfor what in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE):\n"
        "    resource.setrlimit(what, (resource.RLIM_INFINITY,) * 2)",
        "error",
    ),
    code("closing every file", "import os; os.closerange(0, 100)", "error", "ended Python"),
    harmless(
        "threads left behind",
        "import threading, time\n"
        "def work():\n    while True: time.sleep(0.01)\n"
        "for _ in range(20): threading.Thread(target=work).start()",
    ),
    harmless("something for the end", "import atexit, os; atexit.register(lambda: os._exit(3))"),
]

# --- files and secrets --------------------------------------------------------------------------

SEARCH = f"""
import gc, sys
found, frame = [], sys._getframe()
while frame:
    found += [*frame.f_locals.values(), *frame.f_globals.values()]
    frame = frame.f_back
found += gc.get_objects()
sorts = {{type(thing).__name__ for thing in found}}
assert not sorts & {{"Exercise", "Question", "Answers", "World", "Ground"}}, "an answer"
numbers = [thing for thing in found if type(thing) is int]
numbers += [v for thing in found if type(thing) is dict for v in thing.values() if type(v) is int]
assert {UNSEEN // 2} * 2 not in numbers, "the seed"
raise LookupError("nothing in memory")
"""
LOOK_AROUND = f"""
import os, pathlib, sys
seen = [str(dict(os.environ)), str(sys.argv), str(sys.orig_argv)]
for name in ("/proc/self/environ", "/proc/1/environ", "/proc/self/cmdline", "/proc/1/cmdline"):
    try:
        seen.append(pathlib.Path(name).read_text())
    except OSError:
        pass
assert "{SECRET[:5]}" "{SECRET[5:]}" not in str(seen), "the secret"
assert str({UNSEEN // 2} * 2) not in str(seen), "the seed"
growth = os.listdir("/proc")
if not growth:
    raise LookupError("an empty room")
"""
SOLUTIONS = """
from kdcourse.course import course_root
growth = [path.read_text() for path in (course_root() / "solutions" / "en").rglob("*.ipynb")][0]
"""
WHOLE_DISK = """
import os
read = []
for folder, _, files in os.walk("/"):
    for name in files:
        if name.endswith((".ipynb", ".sqlite", ".csv", ".toml")) and "datasets" not in folder:
            try:
                text = open(os.path.join(folder, name)).read()
            except OSError:
                continue
            if "BEGIN SOL" "UTION" in text or "swordfish" in text or "[q1.model" in text:
                read.append(name)
assert not read, read
raise LookupError("nothing on disk")
"""
FILES = [
    code("reading solutions", SOLUTIONS, "error"),
    code(
        "importing the checks",
        "from kdcourse.checks.exercises.parcel_market import growth as f\ngrowth = f(load)",
        "error",
    ),
    code(
        "asking the checks for the answer",
        "from kdcourse.checks.catalogue import find_question\n"
        "growth = find_question('1.1.q1')[1].expect(load)",
        "error",
    ),
    code(
        "reading the checks as compiled",
        "import glob, kdcourse, os\n"
        "pattern = os.path.dirname(kdcourse.__file__) + '/checks/__pycache__/parcel*'\n"
        "growth = open(glob.glob(pattern)[0], 'rb').read()",
        "error",
    ),
    code(
        "reading the texts with model answers",
        "from kdcourse.texts import content\ngrowth = str(content('exercises/1.1'))",
        "error",
    ),
    code("the kit's own solution", "growth = solution('1.1.q1')", "incorrect"),
    code("searching memory and stack frames", SEARCH, "error", "nothing in memory"),
    code("looking at environment, arguments and /proc", LOOK_AROUND, "error"),
    code("walking over the whole disk", WHOLE_DISK, "error", "nothing on disk"),
    code("reading the password file", "growth = open('/etc/passwd').read()", "error"),
    code("writing outside", "open('/tmp/kdcourse-was-here', 'w')", "error"),
    code("writing to shared memory", "open('/dev/shm/kdcourse-was-here', 'w')", "error"),
    code(
        "a table in memory that outlives the process",
        "import os; os.memfd_create('held')",
        "error",
        "PermissionError",
    ),
    code(
        "changing the kit",
        "import kdcourse.data as d\nopen(d.__file__, 'a').write('# was here')",
        "error",
    ),
    code(
        "changing the data",
        "from kdcourse.data import data_folder\n"
        "(data_folder() / 'lanyan' / 'market_share.csv').write_text('')",
        "error",
    ),
    harmless(
        "deleting everything",
        "import shutil\nfor place in ('/', '.', '/tmp', '/work'):\n"
        "    shutil.rmtree(place, ignore_errors=True)",
    ),
    code(
        "a symbolic link to somewhere else",
        "import os\nos.symlink('/etc/passwd', 'mine')\ngrowth = open('mine').read()",
        "error",
    ),
    code(
        "a hard link to the data",
        "import os\nfrom kdcourse.data import data_folder\n"
        "os.link(data_folder() / 'lanyan' / 'products.csv', 'mine')\nopen('mine', 'w')",
        "error",
    ),
    code(
        "rights over the data",
        "import os\nfrom kdcourse.data import data_folder\nos.chmod(data_folder(), 0o777)\n"
        "open(data_folder() / 'new', 'w')",
        "error",
    ),
]

# --- network ------------------------------------------------------------------------------------

NETWORK = [
    code(
        "opening a connection",
        "import socket; socket.create_connection(('127.0.0.1', 80))",
        "error",
    ),
    code("listening", "import socket; socket.socket().bind(('', 0))", "error"),
    code(
        "a local socket", "import socket; socket.socket(socket.AF_UNIX).connect('\\0name')", "error"
    ),
    code("a web page", "growth = pd.read_csv('http://127.0.0.1/growth.csv')", "error"),
]

HOSTILE: list[Case] = [*OUT_OF_LIMITS, *PROCESSES, *FILES, *NETWORK]
