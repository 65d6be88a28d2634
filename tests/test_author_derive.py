"""An exercise is derived from its solution; that nbgrader makes the same, test_nbgrader holds."""

import pytest
from author_samples import answer, cell, check, code, markdown, notebook, solution

from kdcourse.authoring.derive import STUB, derive, handed_out
from kdcourse.authoring.notebook import canonical
from kdcourse.texts import KitError


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
