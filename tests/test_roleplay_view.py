"""A role play on the screen: it answers to clicks, keeps its place, and never tells the future."""

from __future__ import annotations

import pytest
from roleplay_sample import SOURCE, read
from widget_screen import Screen, tree

from kdcourse.practice.roleplay.picture import picture, wrapped
from kdcourse.practice.roleplay.session import Play
from kdcourse.practice.roleplay.view import PlayView
from kdcourse.texts import LANGUAGES, speaking

GOOD = ["greet", "ask", "wait", "offer", "sum-up"]
TEMPTING = ["flatter", "gift", "sign"]


class PlayScreen(Screen):
    """The view as a learner meets it."""

    def __init__(self):
        self.play = Play(read(), 1)
        super().__init__(PlayView(self.play))

    def say(self, *moves):
        for move in moves:
            self.press(self.play.scenario.moves[move].text["en"])

    @property
    def page(self):
        return "\n".join(repr(widget.get_state()) for widget in tree(self.view.box))


@pytest.fixture
def screen():
    return PlayScreen()


def test_what_is_said_is_answered_and_the_next_choices_are_offered(screen):
    assert screen.names == [move.text["en"] for move in screen.play.options]
    assert "trust 40 of 100" in screen.html
    screen.say("greet")
    assert "You: Good morning." in screen.html
    assert "Ms Ye: What is it about?" in screen.html
    assert "trust 45 of 100 (+5)" in screen.html
    assert screen.names == [move.text["en"] for move in screen.play.options]


def test_the_second_click_of_two_does_nothing(screen):
    screen.now = 9.0
    button = screen.buttons[0]
    button.click()
    button.click()
    assert len(screen.play.steps) == 1
    screen.now += 0.3
    screen.buttons[0].click()
    assert len(screen.play.steps) == 1
    screen.now += 0.3
    screen.buttons[0].click()
    assert len(screen.play.steps) == 2


def test_pressing_twice_at_the_end_does_not_take_the_end_back(screen):
    screen.say(*TEMPTING)
    screen.press("Go back to before move 3", seconds=0.1)
    screen.press("Play again from the start", seconds=0.1)
    assert screen.play.moves == TEMPTING


def test_a_click_on_a_button_that_has_gone_does_nothing(screen):
    gone = screen.view.choices[-1]
    screen.now = 9.0
    gone.click()
    assert screen.play.steps == []


def test_the_page_holds_nothing_of_what_a_choice_would_do(screen):
    screen.say("greet")
    page = screen.page
    for move in SOURCE["scene"]["talk"].values():
        replies = move.get("reply", []) if isinstance(move, dict) else []
        for reply in replies if isinstance(replies, list) else [replies]:
            assert reply["en"] not in page
    for part in (*SOURCE["end"].values(), *SOURCE["fact"].values()):
        assert part["en"] not in page
    assert "open question" not in page


def test_after_the_end_there_is_a_debrief_with_a_figure_in_words(screen):
    screen.say(*TEMPTING)
    assert "Ending: Regret" in screen.html
    assert screen.html.count("data:image/png;base64,") == 1
    assert 'alt="' in screen.html
    assert screen.names == ["Go back to before move 3", "Play again from the start"]


def test_one_goes_back_to_the_costliest_move_or_to_the_start(screen):
    screen.say(*TEMPTING)
    screen.press("Go back to before move 3")
    assert screen.play.moves == TEMPTING[:2]
    assert "Ending" not in screen.html
    screen.say("sign")
    screen.press("Play again from the start")
    assert screen.play.moves == []
    assert screen.names == [move.text["en"] for move in screen.play.options]


def test_only_the_latest_exchange_is_announced(screen):
    screen.say("greet", "ask")
    news = next(
        w.value for w in tree(screen.view.box) if 'role="status"' in getattr(w, "value", "")
    )
    assert "On my back, four floors down." in news
    assert "Good morning." not in news
    assert screen.html.count('role="status"') == 1


def test_every_button_has_a_name_of_its_own(screen):
    for move in GOOD:
        assert len(set(screen.names)) == len(screen.names) > 1
        assert all(screen.names)
        screen.say(move)


def test_it_goes_on_in_the_language_it_was_shown_in():
    with speaking("zh-CN"):
        screen = PlayScreen()
    assert "门口" in screen.html
    screen.press("早上好。")
    assert "叶女士：早。" in screen.html
    assert "信任 45/100（+5）" in screen.html


def test_running_the_cell_again_shows_the_same_conversation():
    its = Play(read(), 1)
    its.make("greet")
    bundles = [its._repr_mimebundle_(include=None, exclude=None) for _ in range(2)]
    widget = "application/vnd.jupyter.widget-view+json"
    assert bundles[0] == bundles[1]
    data, metadata = bundles[0]
    assert set(data) == {"text/plain", "image/svg+xml", widget}
    assert metadata["image/svg+xml"]["alt"] == data["text/plain"]
    with speaking("zh-CN"):
        other, _ = its._repr_mimebundle_()
    assert other[widget] != data[widget]
    assert "门口" in other["text/plain"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_a_kernel_there_is_a_picture_of_the_last_words(lang):
    its = Play(read(), 1).choose(GOOD[:2])
    with speaking(lang):
        shown = picture(its)
    assert its.scenario.title[lang] in shown
    assert its.steps[-1].move.text[lang] in shown
    assert shown.startswith("<svg ")


def test_lines_break_between_words_and_between_chinese_characters():
    text = "We fetch them every day at four 每天四点上楼取，不费腰"
    lines = list(wrapped(text, 12))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line.startswith(("，", " ")) for line in lines)
    assert "fetch" in " ".join(lines)
    assert max(map(len, lines)) <= 13
