"""The lint of role plays finds what spoils a conversation, and says how to mend it."""

from __future__ import annotations

import pytest
from roleplay_sample import changed, read
from typer.testing import CliRunner

from kdcourse.authoring import commands
from kdcourse.authoring.scenario_graph import arrows, columns, draw
from kdcourse.authoring.scenario_lint import lint
from kdcourse.authoring.scenario_states import Examined
from kdcourse.practice.roleplay import atlas, reading
from kdcourse.practice.roleplay.players import simulate
from kdcourse.texts import LANGUAGES, KitError, speaking


def keys(change=lambda source: None):
    return {fault.key.removeprefix("scenario.") for fault in lint(Examined(read(changed(change))))}


def in_scene(scene, change):
    return lambda source: change(source["scene"][scene])


def without_cost(source):
    del source["each-turn"]
    source["scene"]["table"]["four-thirty"] |= {"again": True, "reply": {"en": "a", "zh-CN": "啊"}}


def shut_in(source):
    """At the table, whoever has not found out can only wait."""
    for move in ("sum-up", "four-thirty"):
        source["scene"]["table"][move]["when"] = "back"


def earlier_twin(source):
    replies = source["scene"]["talk"]["ask"]["reply"]
    replies.insert(0, dict(replies[1]))


def crowded(source):
    door = source["scene"]["door"]
    door |= {f"greet-{number}": dict(door["greet"]) for number in range(8)}


def one_skill(source):
    for scene in source["scene"].values():
        for move in scene.values():
            if isinstance(move, dict):
                move["skills"] = ["listening"]


def unjust(source):
    del source["scene"]["table"]["also"]
    source["scene"]["table"]["sum-up"]["skills"] = ["pressure"]
    source["scene"]["table"]["four-thirty"]["go"] = "regret"
    for reply in source["scene"]["table"]["four-thirty"]["reply"]:
        reply["go"] = "regret"


def speech(source):
    source["scene"]["talk"]["ask"]["en"] = "well " * 46


def two_ends_early(source):
    source["scene"]["door"]["flatter"]["go"] = "regret"


def test_the_sample_is_sound():
    assert keys() == set()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (shut_in, "dead-end"),
        (without_cost, "endless"),
        (lambda s: s["scene"].update(yard={"en": "a", "zh-CN": "啊"}), "unreachable-scene"),
        (lambda s: s["end"].update(won=s["end"]["agreed"]), "unreachable-end"),
        (in_scene("talk", lambda t: t["gift"].update(when="trust > 95")), "unreachable-move"),
        (lambda s: s["fact"].update(cat={"en": "a", "zh-CN": "啊"}), "unreachable-fact"),
        (earlier_twin, "unreachable-reply"),
        (in_scene("talk", lambda t: t["gift"].pop("reply")), "silent"),
        (in_scene("door", lambda d: d["flatter"].update(go="regret")), "always-best"),
        (unjust, "slip-best"),
        (in_scene("table", lambda t: t.update(also=[]) or t.pop("four-thirty")), "one-option"),
        (crowded, "many-options"),
        (two_ends_early, "too-short"),
        (in_scene("talk", lambda t: t["carry"].pop("when")), "good-too-short"),
        (lambda s: s["end"]["regret"].update(worth=100), "senseless-random"),
        (lambda s: s["end"]["regret"].update(worth=100), "senseless-greedy"),
        (lambda s: s.pop("model"), "no-model"),
        (lambda s: s.update(model=["greet", "sum-up"]), "model-stuck"),
        (lambda s: s.update(model=["greet"]), "model-stuck"),
        (lambda s: s.update(model=["flatter", "gift", "sign"]), "model-poor"),
        (in_scene("talk", lambda t: t.pop("carry")), "one-way"),
        (lambda s: s.pop("tempting"), "no-tempting"),
        (lambda s: s.update(tempting=["sign"]), "tempting-stuck"),
        (lambda s: s.update(tempting=["greet", "ask", "offer", "sum-up"]), "tempting-sour"),
        (lambda s: s.update(tempting=s["model"]), "tempting-good"),
        (in_scene("talk", lambda t: t["ask"].update({"zh-CN": "How?"})), "untranslated"),
        (speech, "long-line"),
        (in_scene("talk", lambda t: t["ask"].pop("skills")), "no-skill"),
        (one_skill, "few-skills"),
        (lambda s: s["fact"]["back"].pop("hidden"), "nothing-hidden"),
    ],
)  # fmt: skip
def test_what_spoils_a_conversation_is_found(change, key):
    assert key in keys(change)


def test_the_longest_choice_gives_the_best_away(monkeypatch):
    from kdcourse.authoring import scenario_lint

    monkeypatch.setattr(scenario_lint, "_longest_is_best", lambda its, scene, lang: lang == "en")
    its = Examined(read())
    monkeypatch.setattr(its, "values", {scene: [] for scene in "abcd"})
    (fault,) = scenario_lint._telltale(its)
    assert "(en)" in str(fault)


def test_a_conversation_that_never_tires_is_too_long(monkeypatch):
    from kdcourse.authoring import scenario_lint

    monkeypatch.setattr(scenario_lint, "LONGEST", 6)
    assert "too-long" in keys()


def test_every_fault_says_what_to_do_in_both_languages():
    faults = lint(Examined(read(changed(lambda s: s.pop("model") and s.pop("tempting")))))
    for fault in faults:
        said = []
        for lang in LANGUAGES:
            with speaking(lang):
                said.append(str(fault))
        assert said[0] != said[1]
    assert len(faults) == 2


def test_a_scenario_too_large_to_judge_is_refused(monkeypatch):
    monkeypatch.setattr(atlas, "MOST_STATES", 20)
    with pytest.raises(KitError, match="more than 20 states"):
        Examined(read())


def test_players_are_repeatable_and_the_greedy_one_pleases():
    its = Examined(read()).atlas
    one, other = simulate(its, "random", 500), simulate(its, "random", 500)
    assert (one.scores == other.scores).all()
    assert simulate(its, "random", 500, seed=2).scores.tolist() != one.scores.tolist()
    assert sum(one.endings.values()) == 500
    greedy = simulate(its, "greedy", 500)
    assert set(greedy.endings) == {"regret"}
    assert greedy.lengths.max() <= one.lengths.max()


def test_the_graph_has_every_scene_ending_and_move():
    scenario = read()
    rows = columns(scenario)
    assert rows[0] == ["door"]
    assert sorted(rows[-1]) == sorted(scenario.endings)
    assert sorted(name for row in rows[:-1] for name in row) == sorted(scenario.scenes)
    assert ("talk", "offer", "table") in arrows(scenario)
    for lang in LANGUAGES:
        with speaking(lang):
            picture = draw(scenario)
        assert scenario.title[lang] in picture
        for name in (*scenario.scenes, *scenario.endings):
            assert f"<g id='{name}'>" in picture
        assert picture.count("stroke-width='1.3'") == len(arrows(scenario))


@pytest.fixture
def one_scenario(monkeypatch):
    """The course has the sample only."""
    from kdcourse.authoring import scenario_view

    for module in (scenario_view, reading):
        monkeypatch.setattr(module, "load_scenario", lambda name: read())
        monkeypatch.setattr(module, "scenario_names", lambda: ["9.9.door"])


def test_the_command_looks_a_scenario_over_and_draws_it(one_scenario, tmp_path):
    done = CliRunner().invoke(
        commands.app, ["scenario", "--graph", str(tmp_path), "--lang", "zh-CN"]
    )
    assert done.exit_code == 0
    assert "9.9.door: 3 scenes" in done.stdout
    assert "Nothing to mend." in done.stdout
    assert "门口" in (tmp_path / "9.9.door.zh-CN.svg").read_text(encoding="utf-8")


def test_the_command_fails_where_something_is_to_be_mended(one_scenario, monkeypatch):
    from kdcourse.authoring import scenario_view

    poor = read(changed(lambda s: s.pop("model")))
    monkeypatch.setattr(scenario_view, "load_scenario", lambda name: poor)
    done = CliRunner().invoke(commands.app, ["scenario", "9.9.door"])
    assert done.exit_code == 1
    assert "There is no model conversation" in done.stdout


def test_an_author_plays_at_the_terminal(one_scenario):
    its = read()
    order = [move.id for move in its.shown["door"]]
    given = f"7\n{order.index('flatter') + 1}\n\n"
    done = CliRunner().invoke(commands.app, ["scenario", "9.9.door", "--play"], input=given)
    assert done.exit_code == 0
    assert "You: What a beautiful door" in done.stdout
    unnamed = CliRunner().invoke(commands.app, ["scenario", "--play"])
    assert isinstance(unnamed.exception, KitError)
