"""Fills the learner's workspace from the kit and never overwrites what the learner changed.

First everything is compared and nothing is written; then files are written one by one, each whole;
the manifest comes last. A start killed in between is made good by the next one, because a file that
already is what the kit wants counts as written.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

from kdcourse.course import LEARNER_FOLDERS, WORKSPACE_MARK
from kdcourse.texts import KitError, say
from kdcourse.workspace.files import Fingerprint, explained, fingerprint, write_atomically
from kdcourse.workspace.manifest import Manifest, read_manifest, write_manifest

DATA = "datasets"


class Action(Enum):
    """What is to be done about one file of the kit."""

    ADD = "add"
    UPDATE = "update"
    LEAVE = "leave"
    KEEP = "keep"
    KEEP_AND_SHOW_NEW = "keep and show new"
    REFUSE_FOREIGN = "refuse foreign"
    REFUSE_DATA = "refuse data"


def decide(
    kit: Fingerprint, known: Fingerprint | None, mine: Fingerprint | None, *, is_data: bool
) -> Action:
    """Choose what to do about one file.

    Args:
        kit: The file as this kit has it.
        known: The file as the kit last wrote it into the workspace, None if it never did.
        mine: The file as it stands in the workspace, None if it isn't there.
        is_data: Whether answers are judged against it, so that a change can't be tolerated.
    """
    if mine is None:
        return Action.ADD
    if mine.typed == kit.typed:
        # Same cells. If not even their outputs were touched, the kit's newer outputs may come.
        stale = mine != kit and known is not None and mine.whole == known.whole
        return Action.UPDATE if stale else Action.LEAVE
    if known is None:
        return Action.REFUSE_FOREIGN
    if mine.typed == known.typed:
        return Action.UPDATE
    if is_data:
        return Action.REFUSE_DATA
    return Action.KEEP if kit.typed == known.typed else Action.KEEP_AND_SHOW_NEW


@dataclass(frozen=True)
class Report:
    """What a synchronisation did; paths are relative to the workspace, with slashes.

    Attributes:
        folder: The workspace.
        added: Files that were not there.
        updated: Files that were as the kit had written them and are now as it has them today.
        kept: Files the learner changed.
        beside: Kept file → name of the kit's new version put next to it.
        manifest: The workspace's memory as it stands now.
    """

    folder: Path
    added: tuple[str, ...]
    updated: tuple[str, ...]
    kept: tuple[str, ...]
    beside: Mapping[str, str]
    manifest: Manifest

    def lines(self) -> list[str]:
        """Return what to tell the learner."""
        counts = {"added": len(self.added), "updated": len(self.updated), "kept": len(self.kept)}
        summary = "workspace.summary" if any(counts.values()) else "workspace.up-to-date"
        return [
            *(
                say("workspace.kept-beside", path=path, beside=name)
                for path, name in self.beside.items()
            ),
            say(summary, folder=self.folder, **counts),
        ]


def synchronise(
    workspace: Path, lang: str, root: Path, version: str, *, chosen: bool = False
) -> Report:
    """Bring the edition ``lang`` and the data into ``workspace``.

    Args:
        workspace: The learner's folder; made if it doesn't exist.
        lang: The edition to bring; the other one stays as it is.
        root: The course, as ``course_root()`` gives it.
        version: Version of the kit.
        chosen: Whether the learner named ``lang``, so that it is remembered.

    Raises:
        KitError: The workspace or the kit is not fit for it. Unless the disk fails in mid-work,
            nothing has been written then.
    """
    workspace = workspace.resolve()
    _refuse_unfit(workspace, root.resolve())
    _present(workspace, f"{WORKSPACE_MARK}/manifest.json")
    manifest = read_manifest(workspace, version) or Manifest(version)
    kit = kit_files(root, lang)
    plan: dict[Action, list[str]] = defaultdict(list)
    for path, wanted in kit.items():
        mine = _present(workspace, path)
        is_data = path.startswith(f"{DATA}/")
        action = decide(wanted, manifest.files.get(path), mine, is_data=is_data)
        plan[action].append(path)
    for action, key in (
        (Action.REFUSE_DATA, "workspace.data-changed"),
        (Action.REFUSE_FOREIGN, "workspace.foreign"),
    ):
        if plan[action]:
            raise KitError(key, folder=workspace, paths=", ".join(plan[action]))

    # Written even if there is nothing to do: JupyterLab is about to need the folder writable.
    write_atomically(workspace / WORKSPACE_MARK / ".gitignore", b"*\n")
    for path in (*plan[Action.ADD], *plan[Action.UPDATE]):
        write_atomically(workspace / path, (root / path).read_bytes())
    beside = {
        path: _put_beside(workspace / path, root / path, version)
        for path in plan[Action.KEEP_AND_SHOW_NEW]
    }
    manifest.kit = version
    manifest.language = lang if chosen else manifest.language
    manifest.files.update(kit)
    write_manifest(workspace, manifest)
    return Report(
        folder=workspace,
        added=tuple(plan[Action.ADD]),
        updated=tuple(plan[Action.UPDATE]),
        kept=(*plan[Action.KEEP], *plan[Action.KEEP_AND_SHOW_NEW]),
        beside=beside,
        manifest=manifest,
    )


def _refuse_unfit(workspace: Path, root: Path) -> None:
    if workspace.is_relative_to(root):
        raise KitError("workspace.own-kit-folder", folder=workspace)
    for path in (workspace, *workspace.parents):
        with explained(path):
            if path.is_dir():
                return
            if path.exists():
                raise KitError("workspace.not-a-folder", folder=workspace, path=path)


def kit_files(root: Path, lang: str) -> dict[str, Fingerprint]:
    """Return path → fingerprint of all files of the kit that belong into the workspace.

    Args:
        root: The course, as ``course_root()`` gives it.
        lang: The edition.

    Raises:
        KitError: The kit is incomplete, or its data is damaged.
    """
    if not (root / start_page(lang)).is_file():
        raise KitError("workspace.kit-incomplete", folder=root, path=start_page(lang))
    folders = [root / name if name == DATA else root / name / lang for name in LEARNER_FOLDERS]
    found = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    names = (path.relative_to(root) for path in found)
    # Hidden ones are an author's: checkpoints of an editor, not the course.
    visible = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    with explained(root, reading=True):
        files = {name.as_posix(): fingerprint(root / name) for name in visible}
    _refuse_damaged(root, files)
    return files


def _refuse_damaged(root: Path, files: Mapping[str, Fingerprint]) -> None:
    """Hold the kit's data against its checksums, so that damage is not spread to the learner."""
    stored = root / DATA / "checksums.json"
    if not stored.is_file():
        raise KitError("workspace.kit-incomplete", folder=root, path=f"{DATA}/checksums.json")
    try:
        checksums = {
            f"{DATA}/{name}": sum_ for name, sum_ in json.loads(stored.read_bytes()).items()
        }
    except (ValueError, AttributeError):
        raise KitError("workspace.kit-data-damaged", paths=f"{DATA}/checksums.json") from None
    damaged = [p for p, sum_ in checksums.items() if p not in files or files[p].whole != sum_]
    if damaged:
        raise KitError("workspace.kit-data-damaged", paths=", ".join(damaged))


def start_page(lang: str) -> str:
    """Return the path of the notebook a course begins with."""
    return f"notebooks/{lang}/00-start-here.ipynb"


def _present(workspace: Path, path: str) -> Fingerprint | None:
    """Return the fingerprint of what stands at ``path``, None if nothing does.

    Raises:
        KitError: Something stands in the way that a file can't replace.
    """
    place = workspace / path
    if not place.resolve().is_relative_to(workspace):
        target = place.resolve()
        raise KitError("workspace.link-outside", path=place, target=target, folder=workspace)
    for part in reversed(PurePosixPath(path).parents):
        folder = workspace / part
        if folder.exists() and not folder.is_dir():
            raise KitError("workspace.file-in-the-way", path=folder)
    if place.is_dir():
        raise KitError("workspace.folder-in-the-way", path=place)
    if not place.exists():
        return None
    with explained(place, reading=True):
        return fingerprint(place)


def _put_beside(mine: Path, new: Path, version: str) -> str:
    """Put the kit's version next to the learner's, under a name where nothing else stands."""
    wanted = fingerprint(new)
    number = 1
    while True:
        suffix = f".kit-{version}" + (f"-{number}" if number > 1 else "")
        place = mine.with_name(f"{mine.stem}{suffix}{mine.suffix}")
        if not place.exists():
            write_atomically(place, new.read_bytes())
            return place.name
        if place.is_file() and fingerprint(place).typed == wanted.typed:
            return place.name
        number += 1
