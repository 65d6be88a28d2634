"""Questions with an order, a number and a word to answer, for the tests of quizzes."""

from __future__ import annotations

from typing import Any

from checks_sample import two

ORDER: dict[str, Any] = {
    "id": "recover",
    "kind": "order",
    "objective": "recovery",
    "concepts": ["T-5.07"],
    "ask": two("In which order do you answer <an angry caller>?", "<客户>发火时先后怎么做？"),
    "steps": [
        {
            "id": "hear",
            "text": two("Hear them out", "听完"),
            "say": two("Facts first.", "先知情。"),
        },
        {
            "id": "sorry",
            "text": two("Apologise", "道歉"),
            "say": two("For what hurt.", "为此道歉。"),
        },
        {
            "id": "solve",
            "text": two("Solve it", "解决"),
            "say": two("Now it fits.", "对症下药。"),
        },
        {
            "id": "call",
            "text": two("Call back", "回访"),
            "say": two("Did it hold?", "有没有复发？"),
        },
    ],
    "slips": [
        {
            "first": "solve",
            "then": "hear",
            "say": two("You solve what you guessed.", "你解决的是自己猜的问题。"),
        }
    ],
}
NUMBER: dict[str, Any] = {
    "id": "share",
    "kind": "number",
    "objective": "rates",
    "ask": two("Of 1,250 parcels 30 were late. Which share?", "1250 件里 30 件晚到，占多少？"),
    "unit": two("percent", "%"),
    "tolerance": 0.05,
    "otherwise": two("Divide the late ones by all.", "用晚到的件数除以总件数。"),
    "answers": [
        {
            "right": True,
            "value": "30 / 1250 * 100",
            "say": two("24 in a thousand.", "千分之二十四。"),
        },
        {"value": "30 / 1250", "say": two("That is the share of one.", "这是小数，不是百分数。")},
        {"range": [97, 98], "say": two("Those came in time.", "这是准时的占比。")},
    ],
}
WORD: dict[str, Any] = {
    "id": "name",
    "kind": "text",
    "objective": "words",
    "ask": two("What is the sum of the eight largest shares called?", "前八家份额之和叫什么？"),
    "otherwise": two("It says how concentrated a market is.", "它衡量市场的集中程度。"),
    "answers": [
        {
            "right": True,
            "words": {"en": ["concentration ratio", "CR8"], "zh-CN": ["集中度", "市场集中度"]},
            "say": two("CR, for short.", "简称 CR。"),
        },
        {
            "words": {"en": ["HHI", "Herfindahl index"], "zh-CN": ["赫芬达尔指数"]},
            "say": two("That one adds squares.", "那是平方和。"),
        },
    ],
}
QUIZ = {"items": [ORDER, NUMBER, WORD]}
#: What answers them rightly, in the same order.
RIGHT = [["hear", "sorry", "solve", "call"], 2.4, "CR8"]
