"""Early pytest plugin (``python -m pytest -p tests.nbval_fast``): nbval, faster and on our form.

nbval imports nbformat, whose validation imports rfc3987_syntax, which takes three seconds to build
a grammar for internet addresses. Nothing here checks addresses: without the package, jsonschema
skips them.

nbval takes a cell without a number for one that was never run, and compares nothing. Our notebooks
store no numbers (a cell put in would change all those below it), and were run all the same: the
course's own tests see to that.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)


def pytest_itemcollected(item):
    """Have every code cell of a notebook compared, also one that shows nothing."""
    cell = getattr(item, "cell", None)
    if cell is not None and cell.get("execution_count") is None:
        cell["execution_count"] = 0


def pytest_configure():
    """Start a kernel again that lost its port to another before it could take it."""
    try:
        from nbval import kernel
    except ImportError:
        return
    start = kernel.start_new_kernel

    def start_again(*args, **options):
        for _ in range(2):
            try:
                return start(*args, **options)
            except RuntimeError:
                continue
        return start(*args, **options)

    kernel.start_new_kernel = start_again
