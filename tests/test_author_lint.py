"""Every house rule finds what breaks it, and nothing in a course that keeps it."""

from pathlib import Path

import pytest
from author_samples import (
    IMAGE,
    LESSON,
    SOLUTION,
    cell,
    code,
    course,
    edit,
    hints,
    markdown,
    printed,
    quiz,
)

from kdcourse.authoring import lint as linter
from kdcourse.authoring.lint.sums import wrong_sums
from kdcourse.authoring.lint.texts import missing_characters
from kdcourse.texts import LANGUAGES, content, speaking

TEXTS = Path("kdcourse") / "content"


def breaches(root, names=("1.1",)):
    return linter.lint(root, names, root / TEXTS)


def put(cell_id, source):
    return lambda nb: cell(nb, cell_id).update(source=source)


def add(*cells):
    return lambda nb: nb["cells"].extend(cells)


def drop(cell_id):
    return lambda nb: nb["cells"].remove(cell(nb, cell_id))


def facts(**changed):
    return lambda nb: nb["metadata"]["kdcourse"].update(changed)


def tags(cell_id, *names):
    return lambda nb: cell(nb, cell_id)["metadata"].update(tags=list(names))


def objectives(*slugs):
    return lambda nb: cell(nb, "objectives")["metadata"]["kdcourse"].update(objectives=list(slugs))


def rename(cell_id, new):
    return lambda nb: cell(nb, cell_id).update(id=new)


def marks(cell_id, **changed):
    return lambda nb: cell(nb, cell_id)["metadata"]["nbgrader"].update(changed)


def outputs(*given):
    return lambda nb: cell(nb, "try").update(outputs=list(given))


def swap(nb):
    one, two = (nb["cells"].index(cell(nb, name)) for name in ("predict", "try"))
    nb["cells"][one], nb["cells"][two] = nb["cells"][two], nb["cells"][one]


def image(**changed):
    return {**IMAGE, **changed}


BARE = {"image/png": "x", "text/plain": "<Figure size 640x480>"}
LONG = "\n".join(f"x{n} = {n}" for n in range(13))

#: Finding, what brings it about, and where: notebook and edition (default: the English lesson).
LESSON_BREAKS = [
    ("facts-kind", facts(kind="poem")),
    ("facts-lang", facts(lang="fr")),
    ("facts-lesson", facts(lesson="1.2")),
    ("parts-missing", drop("predict")),
    ("parts-order", swap),
    ("tags-unknown", tags("predict", "predict", "wroked")),
    ("tags-instructor", tags("predict", "predict", "instructor")),
    ("objectives-number", objectives("growth")),
    ("objectives-bullets", objectives("growth", "concentration", "more")),
    ("objectives-slug", objectives("growth", "Concen tration")),
    ("objectives-slug", objectives("growth", "growth")),
    ("objectives-unknown", tags("by-hand", "by-hand", "objective:growht")),
    ("objectives-unpractised", tags("by-hand", "by-hand", "T-1.01")),
    ("recap-bullets", put("recap", "- one\n- two\n- three")),
    ("minutes-range", facts(minutes=90)),
    ("minutes-range", facts(minutes=None)),
    ("minutes-unnamed", facts(minutes=45)),
    ("ids-form", rename("predict", "Predict_1")),
    ("ids-twice", rename("predict", "try")),
    ("headings-skipped", put("predict", "### Deep\n\n##### Deeper")),
    ("headings-title", put("predict", "# Another title")),
    ("headings-title", put("title", "No title")),
    ("concepts-untaught", facts(concepts=["T-1.01", "T-1.02"])),
    ("concepts-unlisted", tags("try", "try", "T-9.09")),
    ("links-broken", put("predict", "[gone](gone.ipynb)")),
    ("links-broken", put("predict", "![gone](gone.png)")),
    ("links-outside", put("predict", "[x](../../../solutions/en/" + LESSON.name + ")")),
    ("links-outside", put("predict", "[x](../../zh-CN/" + LESSON.name + ")")),
    ("links-alt", put("predict", "![](1.1-parcel-market.ipynb)")),
    ("short-cells-long", put("try", LONG)),
    ("repeatable-magic", put("try", "%matplotlib inline")),
    ("repeatable-magic", put("try", "!ls")),
    ("repeatable-syntax", put("try", "x = = 1")),
    ("no-words-in-code-characters", put("try", "x = '快递'")),
    ("no-words-in-code-label", put("try", "ax.set_title('Parcels rise')")),
    ("no-words-in-code-label", put("try", "frame.plot(ylabel='parcels')")),
    ("no-words-in-code-label", put("try", "print(f'growth is {x:.1%}')")),
    ("no-words-in-code-label", put("try", "ax.legend(labels=['Yunda', 'EMS'])")),
    ("setup-first", tags("setup", "nav")),
    ("setup-call", put("setup", 'lesson("1.1", lang="zh-CN")')),
    ("calm-exclamation", put("predict", "Well done!")),
    ("results-read-silent", drop("misleads-read")),
    ("results-read-silent", put("worked-read", "## Next")),
    ("sourced-source", put("industry", "Volume rose by a fifth in 2025-01.")),
    ("sourced-date", put("industry", "Volume rose by a fifth (source: State Post Bureau, 2025).")),
    ("figures-in-words-silent", outputs(image(data=BARE))),
    ("figures-in-words-alt", outputs(image(metadata={}))),
    ("clean-outputs-error", outputs(printed("FutureWarning", "stderr"))),
    ("clean-outputs-address", outputs(printed("<function f at 0x7f5c8a3b1d00>"))),
    ("quiz-items-call", put("quiz", 'quiz("1.2")')),
]

CHINESE_BREAKS = [
    ("sums-wrong", "把 92 × 21 = 1,928 元记下来。"),
    ("chinese-type-space", "增速为20 个百分点。"),
    ("chinese-type-space", "头部 CR4很高。"),
    ("chinese-type-space", "**CR4**很高。"),
    ("chinese-type-space", "看`x`列。"),
    ("chinese-type-punctuation", "先猜,再算。"),
    ("chinese-type-punctuation", "先猜一猜."),
    ("chinese-type-punctuation", "集中度(CR4)。"),
    ("chinese-type-punctuation", '他说"好"。'),
    ("chinese-type-you", "您先猜。"),
    ("calm-exclamation", "猜吧！"),
    ("font-lacks", "先猜一猜 \u0e01。"),
]

EXERCISE_BREAKS = [
    ("objectives-unasked", lambda nb: [tags(f"q{n}", "question")(nb) for n in (1, 2, 3, 4)]),
    ("objectives-unknown", tags("q1", "question", "objective:growht")),
    ("minutes-unnamed", put("title", "# Exercise")),
    ("questions-number", drop("q4-check")),
    ("questions-prompts", tags("q1", "objective:concentration")),
    ("questions-id", put("q2-check", 'check("1.1.q7", a2)')),
    ("questions-id", put("q2-check", "check(a2)")),
    ("questions-no-answer", drop("q2-answer")),
    ("questions-no-answer", put("q2-answer", "a2 = ...")),
    ("questions-not-open", put("q2-check", 'check("1.1.q2", other)')),
    ("nbgrader-missing", lambda nb: cell(nb, "q1-answer")["metadata"].pop("nbgrader")),
    ("nbgrader-prose", lambda nb: cell(nb, "q1")["metadata"].update(nbgrader={})),
    ("nbgrader-id", marks("q1-check", grade_id="other")),
    ("nbgrader-marks", marks("q1-check", points=0)),
    ("nbgrader-marks", marks("q1-check", locked=False)),
    ("nbgrader-marks", marks("q1-answer", locked=True)),
    ("nbgrader-marks", tags("q1-answer")),
    ("notes-missing", drop("notes")),
    ("points-differ", put("q1", "## Question 1 *(3 points)*")),
    ("points-differ", put("q1", "## 第 1 题（1.5 分）")),
]

TEXT_BREAKS = [
    ("texts-unreadable", "[a"),
    ("texts-languages", '[a]\nen = "One"'),
    ("texts-languages", '[a]\nen = "One"\nzh_CN = "一"'),
    ("texts-languages", '[[items]]\ntext = { zh-CN = "一" }'),
    ("texts-empty", '[a]\nen = "One"\nzh-CN = " "'),
    ("texts-placeholders", '[a]\nen = "One {x}"\nzh-CN = "一 {y}"'),
    ("texts-untranslated", '[a]\nen = "One fish"\nzh-CN = "One fish"'),
    ("texts-exclamation", '[a]\nen = "One!"\nzh-CN = "一"'),
    ("texts-exclamation", '[a]\nen = "One"\nzh-CN = "一！"'),
    ("chinese-type-space", '[a]\nen = "One X"\nzh-CN = "一X"'),
    ("chinese-type-punctuation", '[a]\nen = "One."\nzh-CN = "一."'),
    ("font-lacks", '[a]\nen = "One"\nzh-CN = "一 \u0e01"'),
]

QUIZ_BREAKS = [
    ("quiz-items-number", quiz(items=3)),
    ("quiz-items-objective", quiz(objective="love")),
    ("quiz-items-feedback", quiz(say="")),
]

FORBIDDEN = [
    "import random",
    "from time import sleep",
    "import numpy as np\nnp.random.rand(3)",
    "from numpy.random import default_rng",
    "from numpy import random",
    "import urllib.request",
    "import os\nos.environ['HOME']",
    "from datetime import datetime\ndatetime.now()",
    "import datetime\ndatetime.date.today()",
    "pd.Timestamp.now()",
    "from faker import Faker",
    "input()",
    "widgets.interact(f)",
    "frame.sample(3)",
    "eval('1')",
]
ALLOWED = [
    "import datetime\ndatetime.date(2025, 1, 1)",
    "frame.sample(3, random_state=1)",
    "frame['time'].mean()",
    "print(f'{x:.1%}')",
    "pd.cut(x, [0, 1, 2], labels=['small', 'large'])",
    "lines = 12  # comments may say 'now' and time",
    "\n".join(["# comment", *LONG.splitlines()[:12], "", "# more"]),
]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return course(tmp_path_factory.mktemp("course"))


@pytest.fixture
def made(tmp_path):
    return course(tmp_path)


def keys(root, names=("1.1",)):
    found = breaches(root, names)
    for lang in LANGUAGES:  # every finding can be said
        with speaking(lang):
            assert all(str(breach) for breach in found)
    return {breach.finding.key for breach in found}


def test_a_course_that_keeps_the_rules_is_clean(good):
    assert [str(breach) for breach in breaches(good, ())] == []


@pytest.mark.parametrize(("key", "change"), LESSON_BREAKS)
def test_a_lesson_that_breaks_a_rule_is_found(made, key, change):
    edit(LESSON.path(made, "en"), change)
    assert key in keys(made)


@pytest.mark.parametrize(("key", "source"), CHINESE_BREAKS)
def test_chinese_that_breaks_a_rule_is_found(made, key, source):
    edit(LESSON.path(made, "zh-CN"), put("predict", source))
    if key == "font-lacks":
        pytest.importorskip("fontTools", reason="the font is read with fontTools")
    assert keys(made) == {key}


@pytest.mark.parametrize(("key", "change"), EXERCISE_BREAKS)
def test_an_exercise_that_breaks_a_rule_is_found(made, key, change):
    edit(SOLUTION.path(made, "en"), change)
    assert key in keys(made)


@pytest.mark.parametrize(("key", "words"), TEXT_BREAKS)
def test_texts_that_break_a_rule_are_found(made, key, words):
    (made / TEXTS / "more.toml").write_text(words, encoding="utf-8")
    if key == "font-lacks":
        pytest.importorskip("fontTools", reason="the font is read with fontTools")
    assert keys(made, ()) == {key}


@pytest.mark.parametrize(("key", "words"), QUIZ_BREAKS)
def test_a_quiz_that_breaks_a_rule_is_found(made, key, words):
    (made / TEXTS / "quizzes" / "1.1.toml").write_text(words, encoding="utf-8")
    assert keys(made) == {key}


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("92 × 21 = 1,928", 1932),
        ("0.03 − 0.00 = 3 points", 0.03),
        ("1,320.7 / 139.6 = 9.47", 9.46060172),
        ("(2 + 3) × 4 = 14", 20),
        ("41 / 50 = 81%", 82),
        ("5 - 8 = 3", -3),
    ],
)
def test_a_sum_that_does_not_come_out_is_found(words, right):
    [(written, value)] = wrong_sums(words)
    assert words.startswith(written)
    assert value == pytest.approx(right)


@pytest.mark.parametrize(
    "words",
    [
        "5.6 + 2 × 1.6 = 8.80 yuan",
        "206.7 / 139.6 − 1 = 0.481",
        "10 × 10² = 1,000",
        "41 / 50 = 82%",
        "5 − 8 = −3",
        "2/3 = 0.67, 1/3 = 0.33",
        "in 2024-05 = May",
        "10 / 0 = 5",
        "x + 2 = 5, LY0 + 1 = 4",
    ],
)
def test_sums_that_come_out_or_are_none_are_left_alone(words):
    assert list(wrong_sums(words)) == []


def test_emphasis_is_found_where_it_would_show_as_asterisks(made):
    say = '{ en = "*That* is why.", zh-CN = "因为。" }'
    (made / TEXTS / "quizzes" / "1.1.toml").write_text(quiz(items=1, say=say), encoding="utf-8")
    slip = '[q1.slips.a]\nen = "That is **one**."\nzh-CN = "那是一。"\n'
    (made / TEXTS / "exercises" / "1.1.toml").write_text(hints() + slip, encoding="utf-8")
    found = [str(breach.finding.key) for breach in breaches(made, ())]
    assert found.count("texts-emphasis") == 2


def test_asterisks_may_stand_in_markdown_and_in_sums(made):
    slip = '[q1.slips.a]\nen = "That is 2 * 3 * 4."\nzh-CN = "那是 2 * 3 * 4。"\n'
    words = hints().replace("Look.", "*Look.*") + slip
    (made / TEXTS / "exercises" / "1.1.toml").write_text(words, encoding="utf-8")
    assert keys(made, ()) == set()


def test_a_customer_is_spoken_to_politely_in_quotation_marks(made):
    edit(LESSON.path(made, "zh-CN"), put("predict", "她说：“您的快件到了。”你怎么答？"))
    assert keys(made) == set()


def test_a_question_without_its_three_hints_is_found(made):
    (made / TEXTS / "exercises" / "1.1.toml").write_text(hints(("nudge", "plan")), encoding="utf-8")
    assert keys(made) == {"hints-missing"}
    (made / TEXTS / "exercises" / "1.1.toml").unlink()
    assert keys(made) == {"hints-missing"}


@pytest.mark.parametrize("source", FORBIDDEN)
def test_what_differs_between_runs_is_found(made, source):
    edit(LESSON.path(made, "en"), put("try", source))
    assert keys(made) == {"repeatable-call"}


@pytest.mark.parametrize("source", ALLOWED)
def test_ordinary_code_is_let_through(made, source):
    edit(LESSON.path(made, "en"), put("try", source))
    assert keys(made) == set()


@pytest.mark.parametrize(
    "source",
    [
        "业务量为 1,990 亿件，同比增长 19.2%。",
        "`x` 列、**CR4** 和 https://example.org/a!b 都在。",
        "**集中度**（concentration ratio）很高；$CR_4$ 是四家之和。",
        "比较 `a != b`。",
        "- 一\n- 二（见[练习](1.1-parcel-market.ipynb)）",
        "| 公司 | 份额 |\n|---|---|\n| 蓝雁 | 12% |",
        "<details><summary>提示</summary>\n\n先算 2023 年。\n\n</details>",
    ],
)
def test_well_set_chinese_is_let_through(made, source):
    edit(LESSON.path(made, "zh-CN"), put("predict", source))
    assert keys(made) == set()


@pytest.mark.parametrize(
    "words",
    [
        '[a]\nen = "CR4"\nzh-CN = "CR4"',
        '[a]\nen = "Python {x}"\nzh-CN = "Python {x}"',
        '[a]\nen = "Use `x!r` {a}"\nzh-CN = "请用 `x!r` {a}"',
        '[a]\nen = "{x:,} parcels"\nzh-CN = "{x:,} 件"',
        'kind = "single"\nlist = ["a", "b"]',
        '[a]\nat = 2023.5\nen = "wider"\nzh-CN = "变宽"',
        '[a]\nen = "`head(3)`"\nzh-CN = "`head(3)`"',
        '[a]\nen = "right ✓"\nzh-CN = "对 ✓"',
    ],
)
def test_sound_texts_are_let_through(made, words):
    (made / TEXTS / "more.toml").write_text(words, encoding="utf-8")
    assert keys(made, ()) == set()


def test_a_notebook_of_unknown_kind_is_held_to_the_rules_for_all(made):
    edit(LESSON.path(made, "en"), lambda nb: (facts(kind="poem")(nb), put("predict", "Oh!")(nb)))
    assert {"facts-kind", "calm-exclamation"} <= keys(made)


@pytest.mark.parametrize(
    ("line", "open_"),
    [
        ("a1 = ...", True),
        ('a1 = {"offer": ..., "reason": ...}', True),
        ('a1 = {"offer": "", "reason": ...}', False),
        ("a1 = {}", False),
        ("a1 = None", False),
        ("b = ...", False),
        ("a1 = = 1", False),
    ],
)
def test_an_answer_is_open_if_nothing_is_filled_in(made, line, open_):
    source = f"{line}\n### BEGIN SOLUTION\na1 = 1\n### END SOLUTION"
    edit(SOLUTION.path(made, "en"), put("q1-answer", source))
    assert ("questions-not-open" not in keys(made)) is open_


@pytest.mark.parametrize(
    "prompt", ["## Question 1 *(2 points)*", "## 第 1 题（2 分）", "(40 分钟)"]
)
def test_points_that_fit_are_let_through(made, prompt):
    edit(SOLUTION.path(made, "en"), put("q1", prompt))
    assert "points-differ" not in keys(made)


def test_a_result_and_its_figure_may_be_read_together(made):
    figure = code("figure", "8", "worked")
    figure["outputs"] = [IMAGE]
    edit(LESSON.path(made, "en"), lambda nb: nb["cells"].insert(6, figure))
    assert keys(made) == set()
    edit(LESSON.path(made, "en"), drop("worked-read"))
    edit(LESSON.path(made, "en"), drop("industry"))
    assert keys(made) == {"results-read-silent"}


def test_a_start_page_needs_no_lessons_shape(made):
    page = {"kind": "start", "lesson": None, "lang": "en", "minutes": None, "concepts": []}
    path = made / "notebooks" / "en" / "00-start-here.ipynb"
    path.write_bytes(LESSON.path(made, "en").read_bytes())

    def shrink(nb):
        link = f"[1.1]({LESSON.name})"
        nb.update(cells=[markdown("hello", f"# Start\n\n{link}", "title")])
        nb["metadata"]["kdcourse"] = page

    edit(path, shrink)
    assert keys(made, ()) == set()


def test_each_finding_can_be_broken_and_each_rule_explained():
    """So that no sentence is left over, and no rule is without its test and its reason."""
    tables = (LESSON_BREAKS, CHINESE_BREAKS, EXERCISE_BREAKS, TEXT_BREAKS, QUIZ_BREAKS)
    tested = {key for table in tables for key, _ in table} | {
        "hints-missing",
        "repeatable-call",
        "texts-emphasis",
    }
    general = {"breach", "breach-cell", "clean", "breaches"}
    said = set(content("messages/lint")) - general
    assert {key for key in said if not key.startswith(("rule-", "why-"))} == tested
    names = [name for name, asks, why in linter.rules() if asks and why]
    assert sorted(names) == sorted(key[5:] for key in said if key.startswith("rule-"))
    assert sorted(names) == sorted(key[4:] for key in said if key.startswith("why-"))


def test_missing_characters_are_named_once():
    pytest.importorskip("fontTools", reason="the font is read with fontTools")
    assert missing_characters("快递 CR4，ก ก。") == "ก"
