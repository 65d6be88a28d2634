"""Drives the course in a real JupyterLab as a learner does: with mouse, keyboard and eyes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conftest import Server
from playwright.sync_api import Locator, Page, expect, sync_playwright

from kdcourse.course import course_root

#: Nothing here takes a tenth of it on two free cores.
PATIENCE = 30_000
FLAGS = (
    "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
)
RUN_MENU = 3
#: What JupyterLab itself says at the foot of the page, by its language.
IDLE = {"en": "Idle", "zh-CN": "空闲"}
MENUS = {
    "en": ["File", "Edit", "View", "Run"],
    "zh-CN": ["文件", "编辑", "查看", "运行"],
}
NUMBERED = re.compile(r"^\[\d+\]:$")


def find_browser() -> str | None:
    """Return the program of a Chromium that is installed, or None."""
    named = os.environ.get("KDCOURSE_BROWSER")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, map(shutil.which, names)), None)


class Course:
    """One language's course, started as ``make start`` does, which can be killed and started again.

    Attributes:
        lang: The edition.
        workspace: The learner's folder.
    """

    def __init__(self, lang: str, workspace: Path) -> None:
        self.lang = lang
        self.workspace = workspace
        self.start()

    def start(self) -> None:
        """Start the server and wait for the address it prints."""
        command = [sys.executable, "-m", "kdcourse", "start", "--lang", self.lang, "--no-browser"]
        self.server = Server([*command, "--workspace", str(self.workspace)])

    def kill(self) -> None:
        """End the server as a power cut does; nothing of it gets the chance to save or tidy up."""
        kernels = json.loads(self.server.get("/api/sessions"))
        assert kernels, "the kernels must be running when the server is killed"
        self.server.stop(signal.SIGKILL)

    def stop(self) -> None:
        """End the server and its kernels in the ordinary way."""
        self.server.stop(signal.SIGTERM)

    def cells(self, path: str) -> list[dict[str, Any]]:
        """Return the cells of a notebook as they now lie in the workspace."""
        return list(json.loads((self.workspace / path).read_text(encoding="utf-8"))["cells"])


def write_notebook(course: Course, name: str, cells: Mapping[str, str]) -> str:
    """Put a notebook of code cells, by their ids, into the workspace; return its path."""
    lesson = course_root() / "notebooks/en/1-industry/1.1-parcel-market.ipynb"
    notebook = json.loads(lesson.read_text(encoding="utf-8"))
    notebook["cells"] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": cell,
            "metadata": {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        for cell, source in cells.items()
    ]
    place = f"notebooks/en/{name}.ipynb"
    (course.workspace / place).write_text(json.dumps(notebook), encoding="utf-8")
    return place


@contextmanager
def opened(
    folder: Path, height: int = 1000, known: Collection[str] = ()
) -> Iterator[tuple[Page, Course]]:
    """Start the course and a browser, end both, and find that no page had an error to report.

    Args:
        folder: Where the workspace goes, and a picture of what was seen last.
        height: Of the window.
        known: Errors of Jupyter's own that are there without the course, too.
    """
    course = Course("en", folder / "workspace")
    errors: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_browser(), headless=True, args=FLAGS.split()
        )
        page = chromium.new_page(viewport={"width": 1200, "height": height})
        listen_for_errors(page, errors.append)
        try:
            yield page, course
        finally:
            page.screenshot(path=folder / "last.png")
            chromium.close()
            course.stop()
    assert [error for error in errors if error not in known] == []


def open_in_lab(page: Page, course: Course, path: str) -> Notebook:
    """Open a notebook in JupyterLab and run all of it."""
    page.goto(f"{course.server.base}/lab/tree/{path}?token={course.server.token}")
    notebook = Notebook(page, course, path)
    notebook.run_all()
    return notebook


class Notebook:
    """The notebook that lies uppermost on the page.

    Attributes:
        page: The page of the browser.
        course: Where it comes from.
        ids: The ids of its cells, in their order.
        codes: The ids of its code cells.
        tab: The tab that it lies under.
        panel: All of it.
    """

    def __init__(self, page: Page, course: Course, path: str) -> None:
        self.page = page
        self.course = course
        cells = course.cells(path)
        self.ids = [cell["id"] for cell in cells]
        self.codes = [cell["id"] for cell in cells if cell["cell_type"] == "code"]
        self.tab = page.locator(".lm-TabBar-tab.jp-mod-current.lm-mod-current")
        # Lessons and their exercises have the same name; only the path tells them apart.
        expect(self.tab).to_have_attribute("title", re.compile(re.escape(path)), timeout=PATIENCE)
        self.panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        # JupyterLab lays the cells out bit by bit, and the last of them can't be run before.
        expect(self.panel.locator(".jp-Notebook-cell")).to_have_count(len(cells), timeout=PATIENCE)

    def cell(self, name: str) -> Locator:
        """Return the cell with the id ``name``."""
        return self.panel.locator(f'.jp-Cell[data-windowed-list-index="{self.ids.index(name)}"]')

    def output(self, name: str) -> Locator:
        """Return what the cell ``name`` shows below its code."""
        return self.cell(name).locator(".jp-Cell-outputWrapper")

    def wait_until_idle(self) -> None:
        """Wait until the kernel is connected and has nothing left to do."""
        foot = self.page.locator("#jp-main-statusbar")
        expect(foot).to_contain_text(f"| {IDLE[self.course.lang]}", timeout=PATIENCE)

    def run_all(self) -> None:
        """Choose "Run all cells" from the menu and wait until every cell has run."""
        self.wait_until_idle()
        self.page.locator(".lm-MenuBar-item").nth(RUN_MENU).click()
        self.page.locator(".lm-Menu-item[data-command='runmenu:run-all']").click()
        for name in self.codes:
            self.expect_run(name)
        self.wait_until_idle()

    def expect_run(self, name: str) -> None:
        """Wait until the cell ``name`` has run."""
        prompt = self.cell(name).locator(".jp-InputArea-prompt")
        expect(prompt).to_have_text(NUMBERED, timeout=PATIENCE)

    def type_into(self, name: str, code: str) -> None:
        """Click into a code cell and replace what stands there, key by key."""
        editor = self.cell(name).locator(".cm-content")
        editor.scroll_into_view_if_needed()
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(code)
        expect(editor).to_have_text(code.replace("\n", ""))

    def run_next(self) -> None:
        """Run the cell that is chosen; the one below it is chosen then."""
        self.page.keyboard.press("Shift+Enter")

    def insert_below(self, name: str, new: str) -> None:
        """Choose the cell ``name`` by a click beside it and put a new one, ``new``, below it."""
        self.cell(name).locator(".jp-InputArea-prompt").click()
        self.page.keyboard.press("b")
        self.ids.insert(self.ids.index(name) + 1, new)
        expect(self.panel.locator(".jp-Notebook-cell")).to_have_count(len(self.ids))

    def save(self) -> None:
        """Save by the keyboard and wait until the tab no longer says that something is unsaved."""
        dirty = re.compile("jp-mod-dirty")
        expect(self.tab).to_have_class(dirty)
        self.page.keyboard.press("Control+S")
        expect(self.tab).not_to_have_class(dirty, timeout=PATIENCE)


def listen_for_errors(page: Page, note: Callable[[str], None]) -> None:
    """Note every error that the page reports, and every answer of the server that is one."""
    page.on("console", lambda said: note(f"console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda fault: note(f"page: {fault}"))
    page.on(
        "response",
        lambda given: note(f"{given.status} {given.url}") if given.status >= 400 else None,
    )
