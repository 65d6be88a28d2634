"""Opens the workspace in JupyterLab: in this process, offline, with settings of its own."""

from __future__ import annotations

import errno
import json
import os
import queue
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from kdcourse.course import WORKSPACE_MARK
from kdcourse.texts import KitError, say
from kdcourse.workspace.files import write_atomically
from kdcourse.workspace.manifest import Manifest, write_manifest
from kdcourse.workspace.sync import start_page

FIRST_PORT = 8888
PORTS_TRIED = 50

#: The language of the interface, by the language of the course. English is JupyterLab's own.
LOCALES = {"en": "en", "zh-CN": "zh_CN"}
LOCALE_SETTING = "@jupyterlab/translation-extension/plugin.jupyterlab-settings"

#: Written once and then the learner's to change. Nothing is fetched from the network.
FIRST_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
}


def require_port(port: int) -> None:
    """Make sure that ``port`` of this machine can be had.

    Raises:
        KitError: It is taken, or the system doesn't give it.
    """
    if not 0 < port < 2**16:
        raise KitError("start.port-refused", port=port, reason=os.strerror(errno.EINVAL))
    with socket.socket() as probe:
        if os.name == "posix":  # as the server will: a port just left counts as free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as refusal:
            if refusal.errno == errno.EADDRINUSE:
                raise KitError("start.port-in-use", port=port) from refusal
            raise KitError("start.port-refused", port=port, reason=refusal.strerror) from refusal


def write_settings(workspace: Path, lang: str, manifest: Manifest) -> None:
    """Write JupyterLab's settings: once, and the language again whenever the course's changes."""
    folder = lab_folder(workspace) / "settings"
    for name, values in FIRST_SETTINGS.items():
        if not (folder / name).exists():
            _write_json(folder / name, values)
    if manifest.interface != lang or not (folder / LOCALE_SETTING).exists():
        _write_json(folder / LOCALE_SETTING, {"locale": LOCALES[lang]})
        manifest.interface = lang
        write_manifest(workspace, manifest)


def environment(workspace: Path) -> dict[str, str]:
    """Return the variables that JupyterLab, its kernels and its terminals are given."""
    own = Path(sys.executable).parent
    return {
        # Not the learner's own Jupyter settings: neither used nor changed.
        "JUPYTER_CONFIG_DIR": str(lab_folder(workspace) / "config"),
        # The kernel is the Python that runs now, even if another is registered for this user.
        "JUPYTER_PREFER_ENV_PATH": "1",
        # In a terminal of JupyterLab, `kdcourse doctor` is found and means this workspace.
        "PATH": os.pathsep.join([str(own), os.environ.get("PATH", os.defpath)]),
        "KDCOURSE_WORKSPACE": str(workspace),
    }


def lab_folder(workspace: Path) -> Path:
    """Return where everything JupyterLab remembers about this workspace lies."""
    return workspace / WORKSPACE_MARK / "lab"


def _write_json(path: Path, values: Mapping[str, object]) -> None:
    write_atomically(path, (json.dumps(values, indent=4) + "\n").encode())


def serve(
    workspace: Path,
    lang: str,
    *,
    port: int | None = None,
    browser: bool = True,
    tell: Callable[[str], None] = print,
) -> None:
    """Run JupyterLab until it is stopped with Ctrl+C or from its own menu.

    Args:
        workspace: The learner's folder, filled.
        lang: Whose start page to open.
        port: Port to serve on; None takes the first free one.
        browser: Whether to open a browser.
        tell: Says a line to the learner.

    Raises:
        KitError: The server couldn't be started.
    """
    lab = lab_folder(workspace)
    os.environ.update(environment(workspace))
    import zmq
    from jupyterlab.labapp import LabApp

    token = secrets.token_hex(24)
    page = f"/lab/tree/{start_page(lang)}"
    options: dict[str, Any] = {
        "ServerApp.root_dir": workspace,
        "ServerApp.ip": "localhost",
        "ServerApp.port": port or FIRST_PORT,
        "ServerApp.port_retries": 0 if port else PORTS_TRIED,
        "ServerApp.open_browser": browser,
        "ServerApp.allow_root": hasattr(os, "geteuid") and os.geteuid() == 0,
        # Jupyter's warnings are of things no learner can do anything about.
        "ServerApp.log_level": "ERROR",
        "LabApp.log_level": "ERROR",
        "IdentityProvider.token": token,
        # Other users of the same machine can't listen in, where the installed ZeroMQ can do that.
        "KernelManager.transport_encryption": "auto" if zmq.has("curve") else "disabled",
        "LabApp.default_url": page,
        "LabApp.user_settings_dir": lab / "settings",
        "LabApp.workspaces_dir": lab / "workspaces",
        "LabApp.extension_manager": "readonly",
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    try:
        # These words stay inside this process; no other program can read the token.
        server = LabApp.initialize_server([f"--{name}={value}" for name, value in options.items()])
        _claim_port(server, exactly=port is not None)
        _stop_at_once(server)
        tell(say("start.ready", url=f"{server.connection_url.rstrip('/')}{page}?token={token}"))
        tell(say("start.how-to-stop"))
        server.start()
        let_workers_go()
    except SystemExit as gone:
        raise KitError("start.lab-failed") from gone
    tell(say("start.stopped", folder=workspace))


def let_workers_go() -> None:
    """End the threads that anyio keeps for reading and writing files.

    One whose request was cut off by the server's end waits for ever for its next task, and Python
    waits for it: the terminal would hang after Ctrl+C.
    """
    for thread in threading.enumerate():
        if thread.name == "AnyIO worker thread" and (tasks := getattr(thread, "queue", None)):
            with suppress(queue.Full):  # it has one before it, and ends after that
                tasks.put_nowait(None)


def _claim_port(server: Any, *, exactly: bool) -> None:
    """Listen now, on the server's port or (unless ``exactly`` that is wanted) the next free one.

    Jupyter only looks for a free port now and takes it seconds later; of two courses started
    together, the second would fail.
    """
    from tornado.netutil import bind_sockets

    wanted = server.port
    while True:
        try:
            server.http_server.add_sockets(bind_sockets(server.port, server.ip))
            break
        except OSError as refusal:
            if exactly or refusal.errno != errno.EADDRINUSE or server.port >= wanted + PORTS_TRIED:
                raise KitError("start.port-in-use", port=server.port) from refusal
            server.port += 1
    server.http_server.listen = lambda *_, **__: None  # what Jupyter will call


def _stop_at_once(server: Any) -> None:
    """Let one Ctrl+C be enough, in place of Jupyter's "Shut down this server (y/n)?"."""

    def stop(*_: object) -> None:
        server.stop(from_signal=True)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
