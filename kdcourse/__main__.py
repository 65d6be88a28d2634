"""The command ``kdcourse``, also as ``python -m kdcourse``.

Everything above the functions works with the standard library alone, so that a missing package can
be named in a sentence.
"""

from __future__ import annotations

import sys

from kdcourse.texts import say, system_language
from kdcourse.workspace.terminal import settle

#: Where the name of an import is not the name under which it is installed.
INSTALLED_AS = {"PIL": "pillow", "dateutil": "python-dateutil", "yaml": "pyyaml", "zmq": "pyzmq"}


def main() -> None:
    """Run the command line; a missing package is named in a sentence instead of a traceback."""
    try:
        from kdcourse.cli import run

        status = run()
    except ModuleNotFoundError as missing:
        status = name_missing(missing)
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def name_missing(missing: ModuleNotFoundError) -> int:
    """Say on stderr which package is missing and how to install it; return the exit status.

    Raises:
        ModuleNotFoundError: What is missing is a part of the kit itself, which is our own fault.
    """
    module = (missing.name or "").partition(".")[0]
    if module in ("", "kdcourse"):
        raise missing
    package = INSTALLED_AS.get(module, module)
    settle(system_language())
    command = f'"{sys.executable}" -m pip install {package}'
    fields = {"package": package, "place": sys.prefix, "command": command}
    print(say("cli.missing-package", **fields), file=sys.stderr)
    return 1


if __name__ == "__main__":
    main()
