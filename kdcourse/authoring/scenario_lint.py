"""Rules on scenarios: every conversation ends, and at every turn there is a choice to make.

The rules look at all states a conversation can reach, not at samples of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import fmean

from kdcourse.authoring.markdown import has_chinese
from kdcourse.authoring.scenario_states import Examined
from kdcourse.practice.roleplay.players import pleasure
from kdcourse.practice.roleplay.reading import skills
from kdcourse.practice.roleplay.rules import State, Step, offered, opening, score, take
from kdcourse.practice.roleplay.scenario import Move, Scenario, Text
from kdcourse.texts import LANGUAGES, KitError

#: From this score on a conversation went well.
GOOD = 70.0
#: Scores nearer than this count as equally good.
NEAR = 5.0
#: Moves: of any conversation at least, of a good one at least, of any at most.
SHORTEST, SHORTEST_GOOD, LONGEST = 3, 5, 25
#: What can be said at once, at most.
MOST_OPTIONS = 7
#: In more than this share of a scene's states there must not be one choice only.
RARELY = 0.2
#: Words of an English line, characters of a Chinese one, at most; more is a speech.
LONGEST_LINE = {"en": 45, "zh-CN": 90}
#: Skills, other than slips, that a scenario has to practise at least.
FEWEST_SKILLS = 5
#: What a player without sense may reach, as a share of the best.
SENSELESS = 0.7
#: Turns for which the tempting conversation has to feel good.
TEMPTING_TURNS = 3
#: In more than this share of scenes the best choice must not be the longest.
TELLTALE = 0.6


Rule = Callable[[Examined], Iterable[KitError]]
RULES: list[Rule] = []


def lint(its: Examined) -> list[KitError]:
    """Return what is wrong with a scenario, a sentence each."""
    # What else holds of a conversation without an end can't be said.
    basic = [*_dead_ends(its), *_endless(its)]
    return basic or [fault for rule in RULES for fault in rule(its)]


def _rule(check: Rule) -> Rule:
    RULES.append(check)
    return check


def _found(key: str, **fields: object) -> KitError:
    return KitError(f"scenario.{key}", **fields)


def _dead_ends(its: Examined) -> Iterator[KitError]:
    """Somewhere nothing can be said, and it isn't an end."""
    told = set()
    for number, (state, steps) in enumerate(zip(its.atlas.states, its.atlas.steps, strict=True)):
        if not state.ending and not steps and state.scene not in told:
            told.add(state.scene)
            yield _found("dead-end", scene=state.scene, way=its.way(number))


def _endless(its: Examined) -> Iterator[KitError]:
    """A conversation can go round in circles for ever."""
    if its.atlas.loop:
        number = its.atlas.loop[0]
        yield _found("endless", scene=its.atlas.states[number].scene, way=its.way(number))


@_rule
def _unreachable(its: Examined) -> Iterator[KitError]:
    """Something is written that nobody will ever read."""
    scenario = its.scenario
    taken = {(step.move.id, id(step.reply)) for steps in its.atlas.steps for step in steps}
    scenes = {state.scene for state in its.atlas.states}
    ends = {state.ending for state in its.atlas.states}
    made = {move for move, _ in taken}
    known = {fact for steps in its.atlas.steps for step in steps for fact in step.reply.reveals}
    for part, names, met in (
        ("scene", scenario.scenes, scenes),
        ("end", scenario.endings, ends),
        ("move", scenario.moves, made),
        ("fact", scenario.facts, known),
    ):
        for name in names:
            if name not in met:
                yield _found(f"unreachable-{part}", name=name)
    for move in scenario.moves.values():
        for number, reply in enumerate(move.replies, 1):
            if move.id in made and (move.id, id(reply)) not in taken:
                yield _found("unreachable-reply", move=move.id, number=number)


@_rule
def _silence(its: Examined) -> Iterator[KitError]:
    """The customer has to answer every move."""
    for move in its.scenario.moves.values():
        for reply in move.replies:
            scene = its.scenario.scenes.get(reply.go)
            spoken = reply.text or reply.go in its.scenario.endings or (scene and scene.lines)
            if not spoken:
                yield _found("silent", move=move.id)


@_rule
def _always_best(its: Examined) -> Iterator[KitError]:
    """One choice that is always the best gives no practice."""
    for scene, states in its.values.items():
        first = {_alone_at_top(values) for values in states}
        if len(first) == 1 and (best := first.pop()):
            yield _found("always-best", scene=scene, move=best)


@_rule
def _slip_best(its: Examined) -> Iterator[KitError]:
    """A slip must not be what one should do."""
    known = skills()
    slips = {
        move.id
        for move in its.scenario.moves.values()
        if any(known[skill].get("slip") for skill in move.skills)
    }
    for scene, states in its.values.items():
        # A conversation beyond saving says nothing about what should be done.
        open_ = [values for values in states if max(values.values()) >= GOOD]
        for slip in slips:
            led = [v for v in open_ if slip in v and _alone_at_top(v) == slip]
            if led and 2 * len(led) > sum(slip in values for values in open_):
                yield _found("slip-best", scene=scene, move=slip)


@_rule
def _options(its: Examined) -> Iterator[KitError]:
    """At each turn there is a choice, and not too large a one."""
    sizes: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, (state, steps) in enumerate(zip(its.atlas.states, its.atlas.steps, strict=True)):
        if not state.ending:
            sizes[state.scene].append((len(steps), number))
    for scene, found in sizes.items():
        few, many = min(found), max(found)
        # When nearly all has been said, one choice may be left.
        if sum(size == 1 for size, _ in found) > RARELY * len(found):
            yield _found("one-option", scene=scene, way=its.way(few[1]))
        if many[0] > MOST_OPTIONS:
            yield _found("many-options", scene=scene, options=many[0], way=its.way(many[1]))


@_rule
def _lengths(its: Examined) -> Iterator[KitError]:
    """Neither a quiz item nor an afternoon."""
    ends = [n for n, state in enumerate(its.atlas.states) if state.ending]
    ways = {number: its.atlas.way(number) for number in ends}
    good = [n for n in ends if score(its.scenario, its.atlas.states[n]) >= GOOD]
    for key, numbers, least in (
        ("too-short", ends, SHORTEST),
        ("good-too-short", good, SHORTEST_GOOD),
    ):
        shortest = min(numbers, key=lambda number: len(ways[number]), default=None)
        if shortest is not None and len(ways[shortest]) < least:
            way = its.way(shortest)
            yield _found(key, moves=len(ways[shortest]), least=least, way=way)
    longest = max(its.atlas.lengths(longest=True)[start] for start, _ in its.atlas.starts)
    if longest > LONGEST:
        yield _found("too-long", moves=longest, most=LONGEST)


@_rule
def _senseless(its: Examined) -> Iterator[KitError]:
    """Who picks at random, or after what pleases at once, must not do well."""
    for player, outcome in its.outcomes.items():
        mean = float(outcome.scores.mean())
        if mean > SENSELESS * its.highest:
            yield _found(f"senseless-{player}", score=f"{mean:.0f}", best=f"{its.highest:.0f}")


@_rule
def _model(its: Examined) -> Iterator[KitError]:
    """The model conversation is a good one on every day, and not the only one."""
    scenario = its.scenario
    if not scenario.model:
        yield _found("no-model")
        return
    for start, _ in its.atlas.starts:
        steps, stuck = _follow(scenario, its.atlas.states[start], scenario.model)
        if stuck:
            yield _found("model-stuck", move=stuck, luck=_luck(its.atlas.states[start]))
            return
        reached = score(scenario, steps[-1].after)
        best = its.atlas.best[start]
        if reached < max(GOOD, best - 2 * NEAR):
            yield _found("model-poor", score=f"{reached:g}", best=f"{best:g}")
            return
    # A move that every good conversation needs is fine; if most are, there is only one.
    needed = [move for move in dict.fromkeys(scenario.model) if not _good_without(its, move)]
    if 2 * len(needed) > len(scenario.model):
        yield _found("one-way", moves=", ".join(needed))


@_rule
def _tempting(its: Examined) -> Iterator[KitError]:
    """One wrong way feels good for three turns."""
    scenario = its.scenario
    if not scenario.tempting:
        yield _found("no-tempting", turns=TEMPTING_TURNS)
        return
    state = opening(scenario, ())
    steps, stuck = _follow(scenario, state, scenario.tempting)
    if stuck:
        yield _found("tempting-stuck", move=stuck)
        return
    pleased = sum(pleasure(scenario, step) > 0 for step in steps[:TEMPTING_TURNS])
    if pleased < TEMPTING_TURNS:
        yield _found("tempting-sour", pleased=pleased, turns=TEMPTING_TURNS)
    if score(scenario, steps[-1].after) >= GOOD / 2:
        yield _found("tempting-good", score=f"{score(scenario, steps[-1].after):g}")


@_rule
def _telltale(its: Examined) -> Iterator[KitError]:
    """The longest choice must not be the right one too often: learners notice."""
    for lang in LANGUAGES:
        judged = [
            hit for scene in its.values if (hit := _longest_is_best(its, scene, lang)) is not None
        ]
        if len(judged) > 3 and sum(judged) > TELLTALE * len(judged):
            yield _found("telltale", lang=lang, scenes=sum(judged), of=len(judged))


@_rule
def _texts(its: Examined) -> Iterator[KitError]:
    """Every line is in both languages, and short enough to be spoken."""
    for where, text in _spoken(its.scenario):
        if not has_chinese(text["zh-CN"]) or has_chinese(text["en"]):
            yield _found("untranslated", where=where)
        sizes = {"en": len(text["en"].split()), "zh-CN": len(text["zh-CN"])}
        for lang, size in sizes.items():
            if size > LONGEST_LINE[lang]:
                yield _found(
                    "long-line", where=where, lang=lang, size=size, most=LONGEST_LINE[lang]
                )


@_rule
def _tags(its: Examined) -> Iterator[KitError]:
    """Every move is an instance of something, and the scenario practises several things."""
    known = skills()
    used = {skill for move in its.scenario.moves.values() for skill in move.skills}
    practised = [skill for skill in used if not known[skill].get("slip")]
    for move in its.scenario.moves.values():
        if not move.skills:
            yield _found("no-skill", move=move.id)
    if len(practised) < FEWEST_SKILLS:
        yield _found("few-skills", skills=len(practised), least=FEWEST_SKILLS)
    if not any(fact.hidden for fact in its.scenario.facts.values()):
        yield _found("nothing-hidden")


def _alone_at_top(values: Mapping[str, float]) -> str:
    """Return the move that is clearly better than all others; empty if there is none."""
    first, second = sorted(values, key=lambda move: -values[move])[:2]
    return first if values[first] > values[second] + NEAR else ""


def _longest_is_best(its: Examined, scene: str, lang: str) -> bool | None:
    """Say whether the longest choice of a scene is its best on average; None for two choices."""
    sums: dict[str, list[float]] = defaultdict(list)
    for values in its.values[scene]:
        for move, value in values.items():
            sums[move].append(value - fmean(values.values()))
    if len(sums) < 3:
        return None
    longest = max(sums, key=lambda move: len(its.scenario.moves[move].text[lang]))
    return longest == max(sums, key=lambda move: fmean(sums[move]))


def _good_without(its: Examined, move: str) -> bool:
    values = its.atlas.best_without(move)
    return all(values[start] >= GOOD for start, _ in its.atlas.starts)


def _follow(scenario: Scenario, state: State, moves: Iterable[str]) -> tuple[list[Step], str]:
    """Play moves; return the steps, and where it stuck: at a move, or (…) before an end."""
    steps: list[Step] = []
    for name in moves:
        found: Move | None = next((m for m in offered(scenario, state) if m.id == name), None)
        if found is None:
            return steps, name
        steps.append(take(scenario, state, found))
        state = steps[-1].after
    return steps, "" if state.ending else "…"


def _luck(state: State) -> str:
    return ", ".join(sorted(state.words)) or "–"


def _spoken(scenario: Scenario) -> Iterator[tuple[str, Text]]:
    """Yield every line that is spoken, with its place."""
    for scene in scenario.scenes.values():
        yield from ((f"scene.{scene.id}", line.text) for line in scene.lines)
    for move in scenario.moves.values():
        yield move.id, move.text
        yield from ((f"{move.id}.reply", reply.text) for reply in move.replies if reply.text)
