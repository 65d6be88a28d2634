"""Promise: a figure is followed by its words, made from its numbers, in the reader's language."""

from html import escape
from unittest.mock import patch

import pandas as pd
import pytest
from matplotlib.text import Text

from kdcourse import plots
from kdcourse.texts import LANGUAGES, content, speaking


@pytest.fixture
def years():
    return pd.DataFrame({"year": [2021, 2022, 2023], "value": [4.0, 2.0, 8.0]})


def shown(draw):
    """Draw, and return what was displayed: the picture's call, and the words."""
    plots.use_style()
    with patch("IPython.display.display") as display:
        draw()
    picture, words = display.call_args_list
    assert escape(words.args[0]["text/plain"], quote=False) in words.args[0]["text/html"]
    return picture, words.args[0]["text/plain"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_name_every_number_and_are_the_alternative_text(years, lang):
    with speaking(lang):
        picture, words = shown(lambda: plots.line(years, "year", "value", "1.1.yuan-per-parcel"))
    for said in ("2021 4.00", "2022 2.00", "2023 8.00"):
        assert said in words
    assert picture.kwargs["metadata"]["image/png"]["alt"] == words
    assert picture.args[0]["image/png"].startswith(b"\x89PNG")


def test_words_follow_the_language(years):
    said = {}
    for lang in LANGUAGES:
        with speaking(lang):
            said[lang] = shown(lambda: plots.line(years, "year", "value", "1.1.volume"))[1]
    assert "dotted line" in said["en"]
    assert "虚线" in said["zh-CN"]


def test_a_long_series_is_told_by_its_ends_and_extremes():
    frame = pd.DataFrame({"year": range(1990, 2020), "value": range(30)})
    frame.loc[7, "value"] = 99
    words = shown(lambda: plots.line(frame, "year", "value", "1.1.yuan-per-parcel"))[1]
    assert "begins at 1990 0.00" in words
    assert "highest 1997 99.00" in words
    assert "2005" not in words


def test_bars_set_off_one_and_say_which():
    frame = pd.DataFrame({"firm": ["chihe", "lanyan"], "share": [70.0, 30.0]})
    draw = lambda: plots.bars(  # noqa: E731
        frame, "firm", "share", "1.1.market-share", names="market_share.firm", highlight="lanyan"
    )
    words = shown(draw)[1]
    assert "Chihe Express 70.0" in words
    assert "highlighted: Lanyan Express" in words
    assert "Lanyan carries 30.0%" in words


def test_spans_name_their_target():
    frame = pd.DataFrame({"p": ["economy"], "p5": [10.0], "median": [50.0], "p95": [130.0]})
    draw = lambda: plots.spans(  # noqa: E731
        frame, "p", ("p5", "median", "p95"), 100, "1.1.promise-used", "products.product_id"
    )
    words = shown(draw)[1]
    assert "economy: 5% are quicker than 10, middle parcel 50, 5% are slower than 130" in words
    assert "promise, 100" in words


def test_drawing_chinese_warns_of_no_missing_character(recwarn):
    with speaking("zh-CN"):
        frame = pd.DataFrame(
            {"firm": list(content("tables/market_share")["columns"]["firm"]["values"])}
        )
        frame["share"] = range(len(frame))
        shown(lambda: plots.bars(frame, "firm", "share", "1.1.market-share",
                                 names="market_share.firm", highlight="lanyan"))  # fmt: skip
    assert [str(w.message) for w in recwarn if "Glyph" in str(w.message)] == []


def drawn(draw):
    """Return the figure that a function draws, laid out."""
    plots.use_style()
    with patch("matplotlib.figure.Figure.savefig", autospec=True) as saved:
        with plots.held():
            draw()
        figure = saved.call_args.args[0]
    figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_long_title_stays_on_the_picture(years, lang):
    long = {"en": "A title of many, many words " * 4, "zh-CN": "标题里的字实在太多了" * 5}
    with speaking(lang), patch("kdcourse.plots._title", return_value=long[lang].strip()):
        figure = drawn(lambda: plots.line(years, "year", "value", "1.1.yuan-per-parcel"))
    [title] = (text for text in figure.findobj(Text) if text.get_text().startswith(long[lang][:5]))
    assert title.get_text().count("\n") == 1
    assert title.get_text().replace("\n", " " if lang == "en" else "") == long[lang].strip()
    box = title.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


def test_lines_that_end_together_have_labels_apart():
    frame = pd.DataFrame({"quarter": ["a", "b"], "average": [3.0, 5.0], "same_mix": [5.0, 5.0]})
    figure = drawn(lambda: plots.line(frame, "quarter", ["average", "same_mix"], "1.1.mix"))
    lower, upper = (label.get_window_extent() for label in figure.axes[0].texts)
    assert lower.y1 <= upper.y0
