"""A small role play that the tests share: every part of the format, and nothing more."""

from __future__ import annotations

import copy
import tomllib

from kdcourse.practice.roleplay.reading import read_scenario

SOURCE = tomllib.loads("""
title = { en = "The door", zh-CN = "门口" }
situation = { en = "Nobody knows you here.", zh-CN = "这里没人认识你。" }
task = { en = "Be asked in.", zh-CN = "让对方请你进门。" }
customer = { en = "Ms Ye", zh-CN = "叶女士" }
minutes = 5
concepts = ["T-3.13"]
model = ["greet", "ask", "wait", "offer", "sum-up"]
tempting = ["flatter", "gift", "sign"]

[meters]
trust = 40
patience = 45

[each-turn]
patience = -5

[luck.rain]
chance = 0.5
patience = -10
en = "It rains."
zh-CN = "下着雨。"

[fact.stairs]
en = "She carries boxes up four floors."
zh-CN = "她把箱子扛上四楼。"

[fact.back]
hidden = true
en = "Her back hurts."
zh-CN = "她腰疼。"

[scene.door]
[[scene.door.line]]
when = "rain"
en = "Come under the roof. Who are you?"
zh-CN = "先进檐下来。你是？"
[[scene.door.line]]
en = "Who are you?"
zh-CN = "你是？"

[scene.door.greet]
en = "Good morning."
zh-CN = "早上好。"
skills = ["approach_greeting"]
trust = +5
go = "talk"
reply.en = "Morning."
reply.zh-CN = "早。"

[scene.door.flatter]
en = "What a beautiful door this is, and what a house behind it."
zh-CN = "这门真气派，后面的房子更气派。"
skills = ["approach_praise", "untruth"]
trust = +10
patience = +5
go = "talk"
reply.en = "Well, well."
reply.zh-CN = "是吗。"

[scene.talk]
en = "What is it about?"
zh-CN = "什么事？"

[scene.talk.ask]
en = "How do your parcels get to the street?"
zh-CN = "您的件怎么搬到街上？"
skills = ["open_question", "listening"]
reveals = "stairs"
[[scene.talk.ask.reply]]
when = ["trust >= 45", "not flatter"]
trust = +5
en = "On my back, four floors down."
zh-CN = "从四楼背下来。"
[[scene.talk.ask.reply]]
patience = -5
en = "By the stairs."
zh-CN = "走楼梯。"

[scene.talk.wait]
en = "(You wait.)"
zh-CN = "（你等着。）"
skills = ["listening"]
[[scene.talk.wait.reply]]
when = ["stairs", "trust >= 50"]
trust = +10
reveals = "back"
en = "My back is not what it was."
zh-CN = "腰不如从前了。"
[[scene.talk.wait.reply]]
patience = -5
en = "Yes?"
zh-CN = "嗯？"

[scene.talk.carry]
when = "stairs"
en = "May I carry this one down for you?"
zh-CN = "这箱我帮您搬下去？"
skills = ["approach_performance", "respect"]
trust = +5
patience = -5
reveals = ["back"]
reply.en = "Please. My back is not what it was."
reply.zh-CN = "麻烦了，我腰不如从前了。"

[scene.talk.gift]
en = "Here is a pen."
zh-CN = "送您一支笔。"
skills = ["approach_gift"]
trust = +5
patience = +5
reply.en = "Thank you."
reply.zh-CN = "谢谢。"

[scene.talk.sign]
when = "gift"
en = "Please sign."
zh-CN = "请签字。"
skills = ["pressure", "close_ask"]
trust = +5
patience = +5
go = "regret"
reply.en = "If you like."
reply.zh-CN = "好吧。"

[scene.talk.offer]
en = "We fetch them from upstairs, so that you can spare your back, every day at four."
zh-CN = "我们每天四点上楼取，您就不用费腰了。"
skills = ["benefit", "empathy"]
[[scene.talk.offer.reply]]
when = "back"
trust = +5
go = "table"
en = "From upstairs. Come in."
zh-CN = "上楼取。进来吧。"
[[scene.talk.offer.reply]]
trust = -5
go = "table"
en = "What has my back to do with it?"
zh-CN = "跟我的腰有什么关系？"

[scene.table]
also = ["gift", "wait"]

[scene.table.sum-up]
en = "So: every day at four, upstairs."
zh-CN = "那就每天四点，上楼取。"
skills = ["confirming"]
[[scene.table.sum-up.reply]]
when = "back"
go = "agreed"
en = "At four."
zh-CN = "四点。"
[[scene.table.sum-up.reply]]
go = "regret"
en = "I will think about it."
zh-CN = "我想想。"

[scene.table.four-thirty]
en = "Or at half past four?"
zh-CN = "或者四点半？"
skills = ["close_choice"]
[[scene.table.four-thirty.reply]]
when = "back"
go = "agreed"
en = "Half past."
zh-CN = "四点半。"
[[scene.table.four-thirty.reply]]
go = "regret"
en = "I don't know."
zh-CN = "不好说。"

[end.shut]
when = "patience <= 0"
worth = 0
title = { en = "The door is shut", zh-CN = "门关上了" }
en = "She shuts the door."
zh-CN = "她关上了门。"

[end.agreed]
worth = 100
title = { en = "Agreed", zh-CN = "谈定" }
en = "At four you climb the stairs."
zh-CN = "四点，你上了楼。"
[[end.agreed.crm]]
table = "opportunities"
set = { stage = "won" }
en = "The opportunity is won."
zh-CN = "商机赢下。"
[[end.agreed.crm]]
when = "gift"
table = "interactions"
add = { purpose = "promotion" }
en = "The pen is written down."
zh-CN = "记下那支笔。"

[end.regret]
worth = 20
title = { en = "Regret", zh-CN = "后悔" }
en = "A week later she cancels."
zh-CN = "一周后她取消了。"
""")


def changed(change=lambda source: None):
    """Return the sample's source after a change."""
    source = copy.deepcopy(SOURCE)
    change(source)
    return source


def read(source=SOURCE):
    """Return a scenario read from a source."""
    return read_scenario(source, "9.9.door", "door.toml")
