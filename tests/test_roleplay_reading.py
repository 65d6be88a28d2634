"""Every slip in the file of a role play gets a sentence that names the place."""

from __future__ import annotations

import re
import tomllib

import pytest
from roleplay_sample import changed, read

from kdcourse.course import course_root
from kdcourse.practice.roleplay.conditions import read_condition
from kdcourse.practice.roleplay.reading import load_scenario, read_scenario, scenario_names
from kdcourse.texts import LANGUAGES, KitError, speaking


def talk(change):
    return lambda source: change(source["scene"]["talk"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.update(titel=1), '"titel" is not known here. Possible: title'),
        (lambda s: s.pop("minutes"), "minutes = 10 is missing"),
        (lambda s: s["title"].pop("zh-CN"), r"title \(zh-CN\) is missing"),
        (lambda s: s.pop("scene") and s.pop("model") and s.pop("tempting"), r"\[scene.…\]"),
        (lambda s: s["meters"].pop("trust"), "meters: trust = 50 is missing"),
        (lambda s: s["meters"].update(trusts=5), '"trusts" is not known here. Possible: trust'),
        (lambda s: s["meters"].update(trust=42), "trust = 42 can't be"),
        (lambda s: s["luck"]["rain"].update(chance=2), "luck.rain: chance = 0.3"),
        (lambda s: s["fact"]["back"].pop("en"), "fact.back: en is missing"),
        (lambda s: s["fact"].update(ask={"en": "a", "zh-CN": "啊"}), '"ask" is the name of two'),
        (lambda s: s["end"].update(talk={}), '"talk" is the name of two'),
        (lambda s: s["fact"].update({"A b": {}}), 'hyphens; "A b" is not'),
        (lambda s: s.update(model=["gret"]), 'names "gret", which is no move. Near it: greet'),
        (talk(lambda t: t["ask"].update(trust=3)), "scene.talk.ask.reply 1: trust = 3 can't be"),
        (talk(lambda t: t["ask"].update(trust="5")), "trust = 5 can't be"),
        (talk(lambda t: t["ask"].update(skils=[])), '"skils" is not known here. Possible: skills'),
        (talk(lambda t: t["ask"].update(skills=["open_qestion"])), "Near it: open_question"),
        (talk(lambda t: t["ask"].update(reveals="stair")), 'no fact "stair".* Facts: stairs'),
        (talk(lambda t: t["ask"]["reply"].pop()), "the last reply has a condition"),
        (talk(lambda t: t["ask"]["reply"][0].update(when="trust = 4")), '"trust = 4" is not under'),
        (talk(lambda t: t["ask"]["reply"][0].update(when="trusts > 4")), "asks for .trusts.*trust"),
        (talk(lambda t: t["ask"]["reply"][0].update(when="flater")), "asks for .flater.*flatter"),
        (talk(lambda t: t["ask"]["reply"][0].update(when=7)), "is not understood"),
        (talk(lambda t: t["ask"].update(go="tabel")), "leads nowhere.* Near it: table"),
        (
            talk(lambda t: t["ask"].update(reply="Yes")),
            "scene.talk.ask.reply: this has to be a table",
        ),
        (talk(lambda t: t.update(als=["gift"])), '"als" is not known here. Possible: also'),
        (talk(lambda t: t.update(also=["gft"])), 'names "gft".* Near it: gift'),
        (talk(lambda t: t.update(also=3)), "also has to be a list"),
        (lambda s: s["end"]["agreed"].update(worth=101), "end.agreed: worth = 70"),
        (lambda s: s["end"]["agreed"]["crm"][0].pop("set"), "end.agreed.crm 1: add / set"),
        (lambda s: s["end"]["agreed"]["crm"][0].update(set={"a": []}), "texts, numbers"),
        (lambda s: s.update(scene=[]), "scene: this has to be a table"),
    ],
)
def test_a_slip_in_the_file_is_named_with_its_place(change, said):
    with pytest.raises(KitError, match=f"door.toml.*{said}"):
        read(changed(change))


def test_a_condition_is_a_limit_a_word_its_absence_or_one_of_several():
    meters = {"trust": 50}
    for written, holds in (
        ("trust >= 50", True),
        ("trust > 50", False),
        ("trust<=50", True),
        ("trust < 50", False),
        ("ask", True),
        ("not ask", False),
        ("gift or ask", True),
        ("gift or trust > 60", False),
        (["ask", "not gift"], True),
        (["ask", "gift"], False),
        ([], True),
    ):
        assert read_condition(written).holds(meters, {"ask"}) is holds, written


@pytest.mark.parametrize("written", ["trust >= many", "Ask", "ask and gift", "?", 5, None])
def test_what_is_no_condition_is_refused(written):
    with pytest.raises(ValueError, match=re.escape(str(written))):
        read_condition(written)


def test_an_unknown_role_play_gets_a_sentence_with_what_was_meant():
    for name in ("3.2.hiden-problem", "../skills", "", 3):
        with pytest.raises(KitError) as raised:
            load_scenario(name)
        said = set()
        for lang in LANGUAGES:
            with speaking(lang):
                assert str(name) in str(raised.value)
                meant = [n for n in scenario_names() if n in str(raised.value)]
                assert "3.2.hidden-problem" in meant if "hiden" in str(name) else meant
                said.add(str(raised.value))
        assert len(said) == len(LANGUAGES)


def blocks(lang):
    """Return what the TOML in the author's guide holds."""
    name = "scenarios.md" if lang == "en" else f"scenarios.{lang}.md"
    text = (course_root() / "docs" / name).read_text(encoding="utf-8")
    return [tomllib.loads(part) for part in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)]


@pytest.mark.skipif(not (course_root() / "docs").is_dir(), reason="the guide is not packed")
def test_the_guide_for_authors_shows_what_can_be_read():
    one, other = (blocks(lang) for lang in LANGUAGES)
    assert len(one) == len(other) == 6
    for guide in (one, other):
        whole = {key: part for block in guide for key, part in block.items() if key != "scene"}
        whole |= {"model": ["whose-figure"], "tempting": ["whose-figure"]}
        opening, work = (
            next(b["scene"] for b in guide if name in b.get("scene", ()))
            for name in ("opening", "work")
        )
        whole["scene"] = opening | work
        whole["fact"] |= dict.fromkeys(("boss", "breakage"), whole["fact"]["cartons"])
        scenario = read_scenario(whole, "guide", "guide")
        assert list(scenario.moves) == ["whose-figure", "worst-day"]
        assert scenario.endings["shown-out"].crm
