"""What the kit remembers about a workspace: ``.kdcourse/manifest.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from packaging.version import InvalidVersion, Version

from kdcourse.course import WORKSPACE_MARK
from kdcourse.texts import LANGUAGES, KitError
from kdcourse.workspace.files import Fingerprint, explained, write_atomically

FORMAT = 1


@dataclass
class Manifest:
    """The memory of a workspace.

    Attributes:
        kit: Version of the kit that last wrote here.
        language: The language the learner chose with ``--lang``, or None.
        interface: The language JupyterLab's interface was last set to, or None.
        files: Path (with slashes) → fingerprint of what the kit last wrote there.
    """

    kit: str
    language: str | None = None
    interface: str | None = None
    files: dict[str, Fingerprint] = field(default_factory=dict)


def manifest_path(workspace: Path) -> Path:
    """Return where the manifest of ``workspace`` lies."""
    return workspace / WORKSPACE_MARK / "manifest.json"


def read_manifest(workspace: Path, version: str) -> Manifest | None:
    """Return the manifest of ``workspace``; None if there is none or it can't be made sense of.

    Forgetting a broken manifest is safe: a file the kit doesn't remember is never overwritten.

    Args:
        workspace: The learner's folder.
        version: The version of this kit.

    Raises:
        KitError: A newer kit has used the workspace.
    """
    path = manifest_path(workspace)
    try:
        with explained(path, reading=True):
            if not path.is_file():
                return None
            stored = json.loads(path.read_bytes())
        newer = stored["format"] > FORMAT or Version(stored["kit"]) > Version(version)
        if newer:
            raise KitError("workspace.newer", folder=workspace, theirs=stored["kit"], ours=version)
        return Manifest(
            kit=stored["kit"],
            language=_known(stored.get("language")),
            interface=_known(stored.get("interface")),
            files={
                str(name): Fingerprint(typed=entry["typed"], whole=entry["whole"])
                for name, entry in stored["files"].items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError, InvalidVersion):
        return None


def remembered_language(workspace: Path) -> str | None:
    """Return the language the learner once chose for ``workspace``, whichever kit wrote it down."""
    try:
        return _known(json.loads(manifest_path(workspace).read_bytes())["language"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_manifest(workspace: Path, manifest: Manifest) -> None:
    """Write the manifest, unless it already stands there."""
    stored = {"format": FORMAT, **asdict(manifest)}
    stored["files"] = {name: manifest.files[name]._asdict() for name in sorted(manifest.files)}
    data = (json.dumps(stored, indent=1, ensure_ascii=False) + "\n").encode()
    path = manifest_path(workspace)
    if not path.is_file() or path.read_bytes() != data:
        write_atomically(path, data)


def _known(language: object) -> str | None:
    return language if isinstance(language, str) and language in LANGUAGES else None
