"""Every answer gets one of five outcomes and a sentence: never a traceback, never the answer."""

from __future__ import annotations

import json
import re
import string
import time

import numpy as np
import pandas as pd
import pytest
from checks_sample import (
    HOSTILE,
    MEMO,
    concentration,
    concentration_in_fractions,
    exercise,
    growth,
    growth_over_the_end,
    load,
    ranking,
    session,
    yearly,
)

from kdcourse.checks import session as calls
from kdcourse.checks.verdict import Outcome
from kdcourse.texts import LANGUAGES, KitError, content, speaking

RIGHT = {
    "q1": growth(load),
    "q2": concentration(load),
    "q3": yearly(load),
    "q4": ranking(load),
    "q5": {"unit", "base"},
    "q6": MEMO,
}


def check(question, given):
    return session().check(f"9.9.{question}", given)


@pytest.mark.parametrize("question", RIGHT)
def test_the_right_answer_is_correct_and_gets_all_points(question):
    verdict = check(question, RIGHT[question]).verdict
    assert verdict.outcome is Outcome.CORRECT
    assert verdict.points == verdict.max_points == exercise[question].points
    assert verdict.findings == ()


@pytest.mark.parametrize("question", RIGHT)
def test_the_untouched_form_is_not_attempted(question):
    for given in (..., None):
        verdict = check(question, given).verdict
        assert (verdict.outcome, verdict.points) == (Outcome.NOT_ATTEMPTED, 0)
    left_out = session().check(f"9.9.{question}")
    assert left_out.verdict.outcome is Outcome.NOT_ATTEMPTED
    texts = {repr(check(question, ...)), repr(check(question, None)), repr(left_out)}
    assert len(texts) == 3, "empty, None and left out are said differently"


def test_a_part_of_the_answer_gets_a_part_of_the_points():
    verdict = check("q2", RIGHT["q2"] | {"hhi": 1.0}).verdict
    assert (verdict.outcome, verdict.points) == (Outcome.PARTLY_CORRECT, 1)


def test_a_known_slip_gets_its_own_message():
    assert "measured against the first year" in repr(check("q1", growth_over_the_end(load)))
    given = concentration_in_fractions(load)
    assert "HHI squares shares in percent" in repr(check("q2", given))
    both = repr(check("q2", given | {"cr4": 1.0}))
    assert "HHI squares" in both
    assert '`concentration["cr4"]` is 1' in both


@pytest.mark.parametrize("question", RIGHT)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_or_silly_answer_gets_a_sentence(question, name):
    for lang in LANGUAGES:
        with speaking(lang):
            checked = check(question, HOSTILE[name])
        assert checked.verdict.outcome is not Outcome.CORRECT
        assert checked.verdict.points == 0
        json.dumps(checked.verdict.as_plain())
        text, html = repr(checked), checked._repr_html_()
        assert len(text.splitlines()) >= 2
        assert len(text) < 1000
        assert "Traceback" not in text
        assert "<script" not in html


def test_an_answer_that_raises_cannot_be_checked():
    checked = check("q4", HOSTILE["list of raises"])
    assert checked.verdict.outcome is Outcome.CANNOT_BE_CHECKED
    assert "`ranking` can't be compared: it stopped the check with RuntimeError" in repr(checked)


def test_data_that_is_missing_or_breaks_the_check_is_not_the_learners_fault():
    def missing(name: str) -> pd.DataFrame:
        raise KitError("texts.unknown-language", lang=name, languages="x")

    checked = session(missing).check("9.9.q1", 3)
    assert checked.verdict.outcome is Outcome.CANNOT_BE_CHECKED
    assert '"years" is not a language' in repr(checked), "the sentence of the fault itself"
    json.dumps(checked.verdict.as_plain())

    checked = session(lambda name: pd.DataFrame()).check("9.9.q1", 3)
    assert checked.verdict.outcome is Outcome.CANNOT_BE_CHECKED
    assert "KeyError" in repr(checked)
    assert "not yours" in repr(checked)


def test_a_workspace_without_data_is_said_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("KDCOURSE_DATA", str(tmp_path))
    calls.begin()
    for lang in LANGUAGES:
        with speaking(lang):
            checked = calls.check("1.1.q1", 3)
            assert checked.verdict.outcome is Outcome.CANNOT_BE_CHECKED
            assert str(tmp_path) in repr(checked)
    assert [finding.key for finding in checked.verdict.findings] == ["data-fault"]


@pytest.mark.parametrize("question", RIGHT)
def test_a_million_rows_are_answered_within_a_second(question):
    wide = pd.DataFrame({"year": np.arange(1_000_000), "growth": 1.0, "firm": "Anyan"})
    for given in (wide, wide["firm"], wide.set_index("year"), wide.to_numpy()):
        start = time.perf_counter()
        repr(check(question, given))
        assert time.perf_counter() - start < 1


WRONG = {
    "q1": [0.6166, 61.0, 38.14, "12%", -61.0, [61], growth_over_the_end(load)],
    "q2": [
        {"cr4": 84.0, "hhi": 2000},
        {"cr4": 0.8459},
        concentration_in_fractions(load),
        {"cr4": 84.59, "hhi": 5},
        5,
    ],
    "q3": [
        load("years"),
        load("years").assign(growth=[np.nan, 2.0, 19.0, 32.0]),
        load("years").assign(growth=load("years")["parcels"].pct_change()),
        yearly(load).head(3),
        yearly(load)["growth"],
    ],
    "q4": [["Anyan"], sorted(ranking(load)), ranking(load)[::-1], ["Nobody"]],
    "q5": [["base"], ["unit"], ["year"], ["year", "name"], ["base", "unit", "name"], "x"],
}


def numbers_in(value):
    """Return each number of an answer as the strings it could be written as."""
    if isinstance(value, pd.DataFrame):
        return numbers_in(value["growth"].dropna().tolist())
    if isinstance(value, dict):
        return numbers_in(list(value.values()))
    if isinstance(value, list):
        return {text for inner in value for text in numbers_in(inner)}
    if isinstance(value, float):
        # Fewer than three digits stand in many a sentence.
        texts = {f"{value:.{digits}f}" for digits in (1, 2, 3)} | {f"{value:,.0f}"}
        return {text for text in texts if sum(map(str.isdigit, text)) >= 3}
    return set()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("question", WRONG)
def test_no_message_gives_the_answer_away(question, lang):
    with speaking(lang):
        for given in WRONG[question]:
            checked = check(question, given)
            assert checked.verdict.outcome in (Outcome.INCORRECT, Outcome.PARTLY_CORRECT)
            said = repr(checked)
            own = numbers_in(given) if not isinstance(given, pd.DataFrame) else set()
            for number in numbers_in(RIGHT[question]) - own:
                assert number not in said, (number, said)
    if question == "q4":
        first = ranking(load)[0]
        assert first not in repr(check("q4", ["Anyan"]))
    if question == "q5":
        assert "unit" not in repr(check("q5", ["base"])).split("\n", 1)[1]


def test_a_written_answer_is_complete_not_correct_and_brings_the_rubric():
    checked = check("q6", MEMO)
    assert checked.verdict.self_assessed
    text, html = repr(checked), checked._repr_html_()
    assert text.startswith("✓ Complete · points: 3 of 3")
    assert "Correct" not in text
    assert "  4. Level 4 <evidence>." in text
    assert "<li>Level 4 &lt;evidence&gt;.</li>" in html
    half = check("q6", MEMO | {"advice": ""})
    assert repr(half).startswith("◐ Not complete · points: 1.5 of 3")
    assert "Level" not in repr(half)


def test_html_and_text_say_the_same_in_words_not_in_colour_alone():
    answers = [RIGHT["q2"], {"cr4": 1.0, "hhi": RIGHT["q2"]["hhi"]}, {"cr4": 1.0, "hhi": 1.0}, ...]
    for lang in LANGUAGES:
        with speaking(lang):
            shown = [check("q2", given) for given in answers]
            shown.append(session(lambda name: pd.DataFrame()).check("9.9.q2", {}))
        assert [s.verdict.outcome for s in shown] == list(Outcome)
        for checked in shown:
            bundle = checked._repr_mimebundle_()
            html = bundle["text/html"]
            assert html.startswith('<div role="status"')
            plain = re.sub(r"<[^>]+>", "", html).replace("&quot;", '"').replace("&#x27;", "'")
            assert plain.split() == bundle["text/plain"].replace("`", "").split()
        assert len({repr(checked).split()[0] for checked in shown}) == 5, "a symbol each"


def test_the_same_answer_is_shown_the_same_every_time():
    bundles = [check("q3", WRONG["q3"][1])._repr_mimebundle_() for _ in range(2)]
    assert bundles[0] == bundles[1]
    assert "0x" not in str(bundles[0])


@pytest.mark.parametrize("file", ["check", "quiz"])
def test_every_message_stands_in_both_languages_with_the_same_fields(file):
    for key, entry in content(f"messages/{file}").items():
        assert set(entry) == set(LANGUAGES), key
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in entry.values()
        ]
        assert fields[0] == fields[1], key
        assert all(text.strip() and "!" not in text and "！" not in text for text in entry.values())
