"""``kdcourse start`` opens the course: offline, in the right language, again after any end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio.to_thread
import pytest
from conftest import Server, SmallCourse, on, plain_environment

from kdcourse.texts import KitError
from kdcourse.workspace import launch
from kdcourse.workspace.manifest import Manifest, manifest_path, read_manifest

#: Writes down every address outside this machine that any process of the course tries to reach.
WATCH = """
import os, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        place = arguments[1] if event == "socket.connect" else arguments
        host = place[0] if isinstance(place, tuple) else None
        if host not in (None, "", "127.0.0.1", "::1", "localhost", "0.0.0.0"):
            with open(os.environ["WATCHED"], "a") as log:
                print(event, host, file=log)
sys.addaudithook(watch)
"""


def run(course: SmallCourse, *arguments: object, **environment: str) -> tuple[int, str]:
    """Run a command line that ends by itself; return its status and what it said on stderr."""
    done = subprocess.run(
        on(course, *arguments),
        env=plain_environment() | environment,
        capture_output=True,
        timeout=60,
    )
    said = done.stderr.decode("utf-8", "strict")
    assert "Traceback" not in said
    return done.returncode, said


def ask_kernel(server: Server, code: str) -> str:
    """Run ``code`` in a new kernel of the server and return what it printed."""
    import websocket

    kernel = json.loads(server.get("/api/kernels", "POST"))["id"]
    channel = websocket.create_connection(
        f"{server.base.replace('http', 'ws')}/api/kernels/{kernel}/channels?token={server.token}",
        timeout=30,
    )
    header = {"msg_id": "1", "msg_type": "execute_request", "session": "s", "username": "u"}
    content = {"code": code, "silent": False, "store_history": False}
    request = {"header": header | {"version": "5.3"}, "parent_header": {}, "metadata": {}}
    channel.send(json.dumps(request | {"content": content, "channel": "shell"}))
    while True:
        message = json.loads(channel.recv())
        if message["msg_type"] == "stream":
            channel.close()
            return str(message["content"]["text"]).strip()


def test_a_course_is_opened_used_killed_and_opened_again_without_a_network(
    tmp_path: Path, small_course: SmallCourse, serve: Callable[..., Server]
) -> None:
    home, log = tmp_path / "home", tmp_path / "watched"
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    path = os.pathsep.join([plain_environment()["PYTHONPATH"], str(tmp_path)])
    watched = {"WATCHED": str(log), "PYTHONPATH": path}
    command = on(small_course, "start", "--no-browser", "--workspace", home)

    server = serve([*command, "--lang", "zh-CN"], **watched)
    assert server.said[0].startswith(f"学习文件夹 {home}：新增 4 个文件")
    assert "/lab/tree/notebooks/zh-CN/00-start-here.ipynb?token=" in server.url
    assert b"jupyter-config-data" in server.get("/lab")
    page = json.loads(server.get("/lab/api/settings/@jupyterlab/translation-extension:plugin"))
    assert page["settings"] == {"locale": "zh_CN"}
    assert json.loads(server.get("/lab/api/translations/zh_CN"))["data"]["jupyterlab"]
    assert ask_kernel(server, "import sys; print(sys.executable)") == sys.executable
    processes = Path("/proc") / str(server.process.pid)
    if processes.is_dir():
        assert server.token.encode() not in (processes / "cmdline").read_bytes()
        assert server.token.encode() not in (processes / "environ").read_bytes()
    server.stop(signal.SIGKILL)

    began = time.monotonic()
    again = serve(command, **watched)  # the language is remembered
    assert time.monotonic() - began < 20
    assert again.said[0] == f"学习文件夹 {home}：已是最新。\n"
    assert b"jupyter-config-data" in again.get("/lab")
    assert again.stop() == 0
    # Nothing but our own sentences was said, and nobody was called.
    assert len(again.said) == 4
    assert again.said[-1] == f"已结束。你的作业在 {home}\n"
    assert not log.exists(), log.read_text()


def test_courses_started_together_each_get_a_port(
    tmp_path: Path, small_course: SmallCourse, serve: Callable[..., Server]
) -> None:
    """Both have looked for a free port before either has taken one."""
    claim = """
import time, kdcourse.workspace.launch as launch
from pathlib import Path
claim, meeting = launch._claim_port, Path(__import__("os").environ["MEETING"])
def late(server, exactly):
    (meeting / str(time.monotonic_ns())).touch()
    while len(list(meeting.iterdir())) < 2:
        time.sleep(0.02)
    claim(server, exactly=exactly)
launch._claim_port = late
"""
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    command = on(small_course, "start", "--no-browser", "--workspace")
    command[2] = claim + command[2]
    with ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(serve, [*command, str(tmp_path / name)], MEETING=str(meeting))
            for name in ("one", "two")
        ]
        servers = [job.result() for job in jobs]
    assert len({server.base for server in servers}) == 2
    assert all(server.get("/lab") for server in servers)
    assert [server.stop() for server in servers] == [0, 0]


def test_a_taken_port_is_named_and_the_workspace_not_touched(
    tmp_path: Path, small_course: SmallCourse
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = ("start", "--no-browser", "--workspace", tmp_path / "home", "--port", port)
        status, said = run(small_course, *command)
    assert status == 1
    assert said.startswith(f"Port {port} is taken by another program.")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(KitError) as fault:
        launch.require_port(port)
    assert fault.value.key == "start.port-refused"


def test_a_wrong_language_is_refused_and_the_right_ones_named(
    tmp_path: Path, small_course: SmallCourse
) -> None:
    home = tmp_path / "home"
    status, said = run(small_course, "start", "--workspace", home, "--lang", "fr")
    assert status == 1
    assert '"fr"' in said
    assert "en, zh-CN" in said
    command = ("start", "--workspace", home, "--lang", "fr")
    status, said = run(small_course, *command, LANG="zh_CN.UTF-8")
    assert status == 1
    assert "“fr”" in said
    assert not home.exists()


def test_a_fault_is_told_in_the_language_remembered(
    tmp_path: Path, small_course: SmallCourse
) -> None:
    memory = manifest_path(tmp_path / "home")
    memory.parent.mkdir(parents=True)
    memory.write_text(json.dumps({"format": 1, "kit": "99", "language": "zh-CN", "files": {}}))
    status, said = run(small_course, "start", "--workspace", tmp_path / "home")
    assert status == 1
    assert "上次由 kdcourse 99 使用" in said


@pytest.mark.parametrize(
    "terminal",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_a_terminal_without_chinese_gets_english_and_never_fails(
    tmp_path: Path, small_course: SmallCourse, terminal: dict[str, str]
) -> None:
    (tmp_path / "文件").write_text("a file")
    command = ("start", "--workspace", tmp_path / "文件", "--lang", "zh-CN")
    status, said = run(small_course, *command, **terminal)
    assert status == 1
    assert "?? cannot be your workspace" in said


def test_a_gbk_terminal_gets_chinese(tmp_path: Path, small_course: SmallCourse) -> None:
    (tmp_path / "file").write_text("a file")
    done = subprocess.run(
        on(small_course, "start", "--workspace", tmp_path / "file", "--lang", "zh-CN"),
        env=plain_environment() | {"PYTHONIOENCODING": "gbk"},
        capture_output=True,
        timeout=60,
    )
    assert "不能用作学习文件夹" in done.stderr.decode("gbk")


def test_settings_are_written_once_but_follow_the_language(tmp_path: Path) -> None:
    manifest = Manifest("0.1.0")
    folder = launch.lab_folder(tmp_path) / "settings"
    launch.write_settings(tmp_path, "zh-CN", manifest)
    locale = folder / launch.LOCALE_SETTING
    assert json.loads(locale.read_text()) == {"locale": "zh_CN"}
    (news,) = (folder / name for name in launch.FIRST_SETTINGS)
    assert json.loads(news.read_text()) == {"fetchNews": "false", "checkForUpdates": False}

    for mine in (news, locale):
        mine.write_text("{}  // as I like it")
    launch.write_settings(tmp_path, "zh-CN", manifest)
    assert "as I like it" in news.read_text() + locale.read_text()
    launch.write_settings(tmp_path, "en", manifest)
    assert "as I like it" in news.read_text()
    assert json.loads(locale.read_text()) == {"locale": "en"}
    stored = read_manifest(tmp_path, "0.1.0")
    assert stored is not None
    assert stored.interface == "en"


def test_a_terminal_of_jupyterlab_finds_the_command_and_this_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/elsewhere")
    given = launch.environment(tmp_path)
    assert given["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), "/elsewhere"]
    assert given["KDCOURSE_WORKSPACE"] == str(tmp_path)


def test_threads_of_requests_that_were_cut_off_do_not_hold_the_terminal():
    async def cut_off():
        await anyio.to_thread.run_sync(lambda: None)
        await asyncio.sleep(60)

    loop = asyncio.new_event_loop()
    request = loop.create_task(cut_off())
    loop.run_until_complete(asyncio.sleep(0.2))
    waiting = [thread for thread in threading.enumerate() if thread.name == "AnyIO worker thread"]
    assert waiting
    launch.let_workers_go()
    for thread in waiting:
        thread.join(timeout=5)
        assert not thread.is_alive()
    request.cancel()
    loop.run_until_complete(asyncio.wait([request]))
    loop.close()
