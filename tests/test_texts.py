"""Every word has two languages, and the reader's one is found and spoken."""

import io
import sys

import pytest

from kdcourse import texts
from kdcourse.texts import (
    KitError,
    language,
    pick,
    read_toml,
    say,
    speaking,
    system_language,
    terminal_language,
    use_language,
)

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture
def system(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(texts.locale, "getlocale", lambda: (None, None))
    return monkeypatch


def test_a_message_is_said_in_the_language_spoken():
    use_language("zh-CN")
    assert say("texts.unknown-language", lang="fr", languages="en").startswith("本课程没有“fr”")
    assert say("texts.unknown-language", "en", lang="fr", languages="en").startswith('"fr" is not')


def test_an_unknown_language_is_refused_and_nothing_changes():
    use_language("zh-CN")
    with pytest.raises(KitError) as fault:
        use_language("fr")
    assert language() == "zh-CN"
    with speaking("en"):
        assert "en, zh-CN" in str(fault.value)


def test_speaking_ends_with_its_block_also_after_a_fault():
    def fail_in_chinese():
        with speaking("zh-CN"):
            raise ValueError(language())

    use_language("en")
    with pytest.raises(ValueError, match="zh-CN"):
        fail_in_chinese()
    assert language() == "en"


def test_pick_takes_the_language_asked_for():
    entry = {"en": "parcel", "zh-CN": "件"}
    use_language("en")
    assert pick(entry) == "parcel"
    assert pick(entry, "zh-CN") == "件"


def test_a_fault_speaks_the_language_of_whoever_reads_it():
    fault = KitError("texts.unknown-language", lang="fr", languages="en")
    with speaking("en"):
        assert "is not a language" in str(fault)
    with speaking("zh-CN"):
        assert "没有" in str(fault)


def test_in_a_notebook_a_fault_is_its_sentence_alone():
    fault = KitError("texts.unknown-language", lang="fr", languages="en")
    assert fault._render_traceback_() == [str(fault)]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-CN"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({}, "en"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh-CN"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh-CN"),
    ],
)
def test_the_systems_language_follows_posix(system, variables, expected):
    for name, value in variables.items():
        system.setenv(name, value)
    assert system_language() == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (("Chinese (Simplified)_China", "936"), "zh-CN"),
        (("zh_CN", "UTF-8"), "zh-CN"),
        (("English_United States", "1252"), "en"),
    ],
)
def test_the_systems_language_asks_windows(system, found, expected):
    system.setattr(texts.locale, "getlocale", lambda: found)
    assert system_language() == expected


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", "zh-CN"), ("gbk", "zh-CN"), ("ascii", "en"), ("cp1252", "en")],
)
def test_a_terminal_without_chinese_gets_english(monkeypatch, encoding, expected):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert terminal_language("zh-CN") == expected
    assert terminal_language("en") == "en"


def test_no_terminal_at_all_gets_english(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert terminal_language("zh-CN") == "en"


def test_a_file_that_is_no_toml_is_named_with_its_line(tmp_path):
    broken = tmp_path / "1.1.toml"
    broken.write_text('[q1.hints]\nnudge = "say "this""\n', encoding="utf-8")
    with pytest.raises(KitError) as fault:
        read_toml(broken)
    assert str(broken) in str(fault.value)
    assert "line 2" in str(fault.value)
