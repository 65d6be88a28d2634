"""An exercise is what ``nbgrader generate_assignment`` makes of its solution, cell by cell."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from author_samples import answer, cell, check, code, markdown, notebook, solution

from kdcourse.authoring.derive import STUB, derive, handed_out
from kdcourse.authoring.notebook import canonical, parse, read
from kdcourse.authoring.trees import places
from kdcourse.course import course_root
from kdcourse.texts import KitError

CONFIG = Path(__file__).parents[1] / "nbgrader_config.py"


def test_solutions_and_notes_are_gone_and_the_variable_stays_open():
    exercise = derive(solution("en"), "x")
    assert cell(exercise, "q1-answer")["source"] == f"a1 = ...\n{STUB}"
    assert "notes" not in [c["id"] for c in exercise["cells"]]
    assert "BEGIN SOLUTION" not in canonical(exercise)


def test_what_there_is_to_learn_from_a_solution_is_not_given_away():
    nb = notebook("en", [markdown("a", "It was 3.", "moral"), markdown("b", "x")])
    assert [c["id"] for c in derive(nb, "x")["cells"]] == ["b"]


def test_the_stub_is_indented_like_the_region():
    source = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n    # end"
    assert handed_out(answer("a", source)) == f"def f():\n    {STUB}\n    # end"


def test_only_checks_and_answers_are_marked():
    exercise = derive(solution("en"), "x")
    assert cell(exercise, "q1-check")["metadata"]["editable"] is False
    assert "editable" not in cell(exercise, "q1-answer")["metadata"]
    assert cell(exercise, "q1")["metadata"].keys() == {"tags"}


def test_the_solution_itself_is_left_alone():
    nb = solution("en")
    before = canonical(nb)
    derive(nb, "x")
    assert canonical(nb) == before


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        (answer("q", "### BEGIN SOLUTION\n1"), "END SOLUTION"),
        (answer("q", "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION"), "END SOLUTION"),
        (code("q", "### BEGIN SOLUTION\n### END SOLUTION"), "outside"),
        (check("q", "### BEGIN SOLUTION\n### END SOLUTION"), "outside"),
    ],
)
def test_a_region_out_of_order_is_named(broken, word):
    with pytest.raises(KitError, match=word) as fault:
        derive(notebook("en", [broken]), "my.ipynb")
    assert "my.ipynb" in str(fault.value)
    assert "cell q" in str(fault.value)


def tricky():
    region = "### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
    return notebook(
        "zh-CN",
        [
            *solution("zh-CN")["cells"],
            markdown("moral", "答案说明了……", "moral"),
            answer("whole", "everything = 1"),
            answer("inside", f"def f(x):\n    {region}\n    # end"),
            answer("two", f"{region}\nx = 2\n{region}"),
            check("half", "check('中文', 1)", points=2.5),
            code("locked", "1", nbgrader={**check("r", "")["metadata"]["nbgrader"], "grade": False,
                                          "grade_id": "locked"}),
            code("free", "1", scrolled=True),
            answer("empty", ""),
        ],
        "exercise",
    )  # fmt: skip


def test_nbgrader_makes_the_same_exercise(tmp_path):
    python = nbgrader_python()
    if python is None:
        pytest.skip("nbgrader is not installed (pip install nbgrader==0.9.6; KDCOURSE_NBGRADER)")
    root = course_root()
    sources = {"tricky": tricky()}
    for place in places(root, ["solutions"]):
        for lang in ("en", "zh-CN"):
            path = place.path(root, lang)
            if path.exists():
                sources[f"{lang}-{path.stem}"] = read(path)
    for name, nb in sources.items():
        source = tmp_path / "source" / "set" / f"{name}.ipynb"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(canonical(nb), encoding="utf-8")
    shutil.copy(CONFIG, tmp_path)
    search = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])
    done = subprocess.run(
        [python, "-m", "nbgrader", "generate_assignment", "set"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CONFIG.parent), "PATH": search},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for name, nb in sources.items():
        released = json.loads((tmp_path / "release" / "set" / f"{name}.ipynb").read_bytes())
        theirs = parse(json.dumps(released).encode(), tmp_path)
        ours = parse(canonical(derive(nb, name)).encode(), tmp_path)
        for one, other in zip(theirs["cells"], ours["cells"], strict=True):
            one["metadata"].pop("scrolled", None)
            assert one == other
        assert theirs["metadata"]["kdcourse"] == ours["metadata"]["kdcourse"]


def nbgrader_python():
    """Return a Python that has nbgrader: this one, or the one KDCOURSE_NBGRADER names."""
    if find_spec("nbgrader"):
        return sys.executable
    return os.environ.get("KDCOURSE_NBGRADER")
