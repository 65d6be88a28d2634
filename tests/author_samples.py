"""A course in miniature that keeps every house rule, for tests that then break one."""

import copy
import json
from pathlib import Path

from kdcourse.authoring.notebook import fingerprint, write
from kdcourse.authoring.trees import Place

LESSON = Place("notebooks", "1-industry/1.1-parcel-market.ipynb")
SOLUTION = Place("solutions", LESSON.name)
EXERCISE = Place("exercises", LESSON.name)
LANGS = ("en", "zh-CN")
IMAGE = {
    "output_type": "display_data",
    "data": {"image/png": "iVBORw0KGgo=", "text/plain": "Bar chart: volume rises."},
    "metadata": {"image/png": {"alt": "Bar chart: volume rises."}},
}


def markdown(cell_id, source, *tags, **facts):
    metadata = {"tags": list(tags)} if tags else {}
    return _cell(
        "markdown", cell_id, source, {**metadata, **({"kdcourse": facts} if facts else {})}
    )


def code(cell_id, source, *tags, **metadata):
    cell = _cell("code", cell_id, source, {**({"tags": list(tags)} if tags else {}), **metadata})
    return {**cell, "outputs": [], "execution_count": None}


def shown(cell, *outputs):
    return {**cell, "outputs": list(outputs) or [printed("0.8\n")]}


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def notebook(lang, cells, kind="lesson", **facts):
    own = {"kind": kind, "lesson": "1.1", "lang": lang, "minutes": 40, "concepts": []} | facts
    return {"cells": cells, "metadata": {"kdcourse": own}, "nbformat": 4, "nbformat_minor": 5}


def answer(cell_id, source):
    return code(cell_id, source, "answer", nbgrader=_marks(cell_id, solution=True))


def check(cell_id, source, points=2):
    marks = _marks(cell_id, grade=True, locked=True, points=points)
    return code(cell_id, source, "check", nbgrader=marks)


def setup(lang, names="lesson"):
    return code("setup", f'from kdcourse import {names}\n\nlesson("1.1", lang="{lang}")', "setup")


def lesson(lang):
    t = dict(zip(LANGS, range(2), strict=True))[lang]
    return notebook(
        lang,
        [
            markdown(
                "title",
                (
                    "# The parcel market\n\nA morning at Lanyan Express.",
                    "# 快递市场\n\n蓝雁速运的一个早晨。",
                )[t],
                "title",
                "situation",
            ),
            markdown(
                "objectives",
                (
                    "## You will be able to\n\n- compute growth\n- judge concentration\n\n"
                    "40 minutes.",
                    "## 学完你能\n\n- 算出增速\n- 判断集中度\n\n约 40 分钟。",
                )[t],
                "objectives",
                objectives=["growth", "concentration"],
            ),
            setup(lang, "lesson, quiz"),
            markdown("predict", ("Guess first.", "先猜一猜。")[t], "predict"),
            code("by-hand", "10 / 8 - 1", "by-hand", "objective:growth", "T-1.01"),
            shown(code("worked", "0.8", "worked", "objective:concentration")),
            markdown(
                "worked-read",
                ("Four carriers hold 80 percent.", "四家公司占了八成，`CR4` 很高。")[t],
            ),
            markdown(
                "industry",
                (
                    "Volume rose by a fifth (source: State Post Bureau, 2025-01-15).",
                    "业务量增长两成（来源：国家邮政局，2025 年 1 月）。",
                )[t],
                "fact",
            ),
            shown(code("try", "7", "try"), IMAGE),
            shown(code("misleads", "9", "misleads")),
            markdown("misleads-read", ("The series breaks.", "口径变了。")[t]),
            code("quiz", 'quiz("1.1")', "quiz"),
            markdown(
                "recap",
                (
                    "## Recap\n\n- growth\n- concentration\n\n"
                    f"[Exercise](../../../exercises/{lang}/{LESSON.name})",
                    "## 小结\n\n- 增速\n- 集中度\n\n"
                    f"[练习](../../../exercises/{lang}/{LESSON.name})",
                )[t],
                "recap",
            ),
        ],
        concepts=["T-1.01"],
    )


def solution(lang):
    t = dict(zip(LANGS, range(2), strict=True))[lang]
    cells = [
        markdown("title", ("# Exercise\n\n40 minutes.", "# 练习\n\n40 分钟。")[t], "title"),
        setup(lang),
        markdown("notes", ("Ask for the base.", "追问基数是什么。")[t], "instructor"),
    ]
    for number in range(1, 5):
        objective = ("growth", "concentration")[number % 2]
        region = f"### BEGIN SOLUTION\na{number} = {number}\n### END SOLUTION"
        cells += [
            markdown(
                f"q{number}",
                (f"## Question {number}", f"## 第 {number} 题")[t],
                "question",
                f"objective:{objective}",
            ),
            answer(f"q{number}-answer", f"a{number} = ...\n{region}"),
            check(f"q{number}-check", f'check("1.1.q{number}", a{number})'),
        ]
    return notebook(lang, cells, "exercise")


def course(root: Path, lessons=lesson, solutions=solution) -> Path:
    """Write both editions, stamped, and their texts; return the root."""
    for place, make in ((LESSON, lessons), (SOLUTION, solutions)):
        english, chinese = make("en"), make("zh-CN")
        stamp(english, chinese)
        for lang, nb in (("en", english), ("zh-CN", chinese)):
            write(place.path(root, lang), nb)
            if place == SOLUTION:
                write(EXERCISE.path(root, lang), nb)
    texts = root / "kdcourse" / "content"
    for folder, words in (("exercises", hints()), ("quizzes", quiz())):
        (texts / folder).mkdir(parents=True, exist_ok=True)
        (texts / folder / "1.1.toml").write_text(words, encoding="utf-8")
    return root


def runnable(root: Path) -> Path:
    """Write a course whose notebooks need nothing but Python."""

    def plain(make):
        def made(lang):
            nb = make(lang)
            for cell in nb["cells"]:
                if cell["id"] == "setup":
                    cell["source"] = f'lang = "{lang}"\ncheck = lambda question, answer: question'
                elif cell["id"] == "quiz":
                    cell["source"] = "lang"
            return nb

        return made

    return course(root, plain(lesson), plain(solution))


def stamp(english, chinese):
    sources = {cell["id"]: cell["source"] for cell in english["cells"]}
    for cell in chinese["cells"]:
        if cell["cell_type"] == "markdown":
            renders = {"en": fingerprint(sources[cell["id"]]), "self": fingerprint(cell["source"])}
            cell["metadata"].setdefault("kdcourse", {})["renders"] = renders


def edit(path: Path, change) -> None:
    """Apply ``change`` to the notebook in a file, leaving it in canonical form."""
    from kdcourse.authoring.notebook import read

    nb = read(path)
    change(nb)
    write(path, nb)


def cell(nb, cell_id):
    return next(c for c in nb["cells"] if c["id"] == cell_id)


def hints(levels=("nudge", "plan", "code")):
    return "".join(
        f'[q{n}.hints.{level}]\nen = "Look."\nzh-CN = "看一看。"\n\n'
        for n in range(1, 5)
        for level in levels
    )


def quiz(items=4, objective="growth", say='{ en = "Because.", zh-CN = "因为。" }'):
    item = (
        '[[items]]\nid = "i{n}"\nkind = "single"\nobjective = "{objective}"\n'
        'ask = {{ en = "Which?", zh-CN = "哪一个？" }}\n'
        '[[items.options]]\nid = "a"\nright = true\ntext = {{ en = "One", zh-CN = "一" }}\n'
    )
    with_say = f"say = {say}\n" if say else ""
    return "".join(item.format(n=n, objective=objective) + with_say for n in range(items))


def loads(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def _cell(kind, cell_id, source, metadata):
    return {
        "cell_type": kind,
        "id": cell_id,
        "metadata": copy.deepcopy(metadata),
        "source": source,
    }


def _marks(cell_id, **marks):
    plain = {"grade": False, "locked": False, "solution": False, "task": False}
    return {**plain, "schema_version": 3, "grade_id": cell_id, **marks}
