"""The customers as branches typed them in: doubled, misspelt, in mixed forms; with what is true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.draws import Objects, as_declared, blank, worded, words
from kdcourse.world.records.organisations import profiles
from kdcourse.world.records.people import addresses, emails, firms
from kdcourse.world.settings import CITIES, MARKETS
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints
from kdcourse.world.tables import display_names

_TOML = content("world/people")["raw"]
#: Rows of a customer are numbered within so many; the last is for a row that is no customer.
_MOST = 4
_JUNK = _MOST - 1
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
#: Ways to write a day; the last is the number that a spreadsheet keeps for it.
_DAYS = ("%Y/%m/%d", "%d.%m.%Y", "%Y年%m月%d日", "serial")
_FIRST_SERIAL = np.datetime64("1899-12-30")


@dataclass(frozen=True, eq=False)
class _Typed:
    """The rows while they are written: their columns, and the slips made in each.

    Attributes:
        story: The story of the block.
        at: Position of the customer of each row.
        copy: Which row of this customer.
        frame: The columns so far.
        faults: Slip -> the rows that have it.
    """

    story: Story
    at: Ints
    copy: Ints
    frame: pd.DataFrame
    faults: dict[str, Bools]

    @property
    def who(self) -> Ints:
        return self.story.people.who[self.at]

    @property
    def junk(self) -> Bools:
        return self.copy == _JUNK

    @property
    def firm(self) -> Bools:
        return firms(self.story.people)[self.at]

    def luck(self, what: str) -> Floats:
        """Return one uniform draw a row."""
        return self.story.streams.uniform(f"raw {what}", self.who, 0, self.copy)

    def any_of(self, what: str, options: tuple[str, ...] | Objects) -> Objects:
        """Return one of ``options`` a row."""
        return worded(self.story.streams, f"raw {what}", options, self.who, self.copy)

    def slip(self, what: str, where: Bools) -> Bools:
        """Return, and note, which of the rows ``where`` it can happen have the slip."""
        hit: Bools = where & ~self.junk & (self.luck(what) < _TOML[what])
        self.faults[what] = hit
        return hit


def raw_customers(story: Story) -> pd.DataFrame:
    """Return the rows that branches typed in, in no order that tells who is who."""
    return as_declared("raw_customers", _typed(story).frame)


def raw_truth(story: Story) -> pd.DataFrame:
    """Return what is true of every row of :func:`raw_customers`, in its order.

    Returns:
        ``raw_id``; ``customer_id``, none for a row that is no customer; ``first``, whether it is
        the row of its customer that was not typed in twice; ``faults``, the names of the slips,
        with blanks between.
    """
    typed = _typed(story)
    slips = np.full(len(typed.frame), "", object)
    for name, hit in sorted(typed.faults.items()):
        slips = slips + np.where(hit, f" {name}", "").astype(object)
    ids = story.people.table["customer_id"].to_numpy(object)[typed.at]
    order = typed.frame["at"].to_numpy()
    truth = pd.DataFrame(
        {
            "customer_id": blank(ids, typed.junk),
            "first": typed.copy == 0,
            "faults": pd.Series(slips).str.strip(),
        }
    ).iloc[order]
    truth.insert(0, "raw_id", typed.frame["raw_id"].to_numpy())
    return truth.reset_index(drop=True)


def _typed(story: Story) -> _Typed:
    return story.once("raw customers", lambda: _type(story))


def _type(story: Story) -> _Typed:
    """Type in every customer once or more often, and what is none."""
    streams, people = story.streams, story.people
    chosen = np.flatnonzero(story.opened)
    who = people.who[chosen]
    number = 1 + streams.choice("raw copies", _TOML["copies"], who)
    at = np.repeat(chosen, number)
    copy = np.arange(len(at)) - np.repeat(np.cumsum(number) - number, number)
    none = chosen[streams.uniform("raw junk", who) < _TOML["junk"]]
    at, copy = np.append(at, none), np.append(copy, np.full(len(none), _JUNK))
    typed = _Typed(story, at, copy, pd.DataFrame(index=range(len(at))), {})
    typed.faults["doubled"] = (copy > 0) & (copy < _JUNK)
    typed.faults["junk"] = copy == _JUNK
    frame = typed.frame
    frame["raw_id"] = _numbers(people.who[at], copy)
    frame["branch"] = _branches(typed)
    name, phone = _names(typed), _phones(typed)
    swapped = typed.slip("swapped", phone != "")
    frame["name"] = np.where(swapped, phone, name)
    frame["phone"] = np.where(swapped, name, phone)
    no_mail = typed.slip("email_missing", np.ones(len(at), bool))
    frame["email"] = blank(emails(streams, people)[at], typed.junk | no_mail)
    frame["address"] = _addresses(typed)
    frame["market"] = _markets(typed)
    frame["monthly_parcels"] = _parcels(typed)
    frame["opened"] = _days(typed)
    frame["at"] = np.arange(len(frame))
    frame[["name", "phone"]] = frame[["name", "phone"]].replace({"": None})
    shuffled = frame.sort_values("raw_id", ignore_index=True)
    return _Typed(story, at, copy, shuffled, typed.faults)


def _numbers(who: Ints, copy: Ints) -> npt.NDArray[np.str_]:
    """Return numbers that say nothing about whose rows they are: a multiple, taken round."""
    return np.char.mod("R%08d", (who * _MOST + copy) * 61_803_399 % 100_000_000)


def _branches(typed: _Typed) -> Objects:
    names = display_names("cities", "city", "zh-CN")
    city = np.array([names[code] for code in CITIES], object)
    own = city[typed.story.people.city[typed.at]]
    elsewhere = (typed.copy > 0) & (typed.luck("elsewhere") < _TOML["elsewhere"])
    branch: Objects = np.where(elsewhere, typed.any_of("branch", city), own)
    return branch


def _names(typed: _Typed) -> Objects:
    name = typed.story.people.table["name"].iloc[typed.at].reset_index(drop=True)
    firm = typed.firm
    wrong = {pair[0]: pair[1] for pair in words("slips", "surnames")}
    first = name.str[0].map(wrong)
    form = content("world/vocabulary")["firms"]["company"]
    ends = name.str.endswith(form).to_numpy(bool)
    misspelt = typed.slip("name_misspelt", (~firm & first.notna().to_numpy()) | (firm & ends))
    name = name.mask(misspelt & firm, name.str.replace(form, words("slips", "firms")[0]))
    name = name.mask(misspelt & ~firm, first.fillna("") + name.str[1:])
    short = typed.slip("name_short", firm & ends & ~misspelt)
    name = name.mask(short, name.str.removesuffix(form))
    blanks = typed.slip("name_blanks", np.ones(len(name), bool))
    inside = name.str[0] + " " + name.str[1:]
    around = " " + name + "  "
    spaced = np.where(typed.luck("blank inside") < 0.5, inside, around)
    typed_in = np.where(blanks, spaced, name.to_numpy(object))
    junk: Objects = np.where(typed.junk, typed.any_of("junk", words("slips", "junk")), typed_in)
    return junk


def _phones(typed: _Typed) -> Objects:
    phone = typed.story.people.table["phone"].iloc[typed.at].reset_index(drop=True).astype(object)
    anywhere = np.ones(len(phone), bool)
    missing = typed.slip("phone_missing", anywhere)
    cut = typed.slip("phone_cut", ~missing)
    form = typed.slip("phone_form", ~missing)
    wide = typed.slip("phone_wide", ~missing & ~form)
    text = phone.where(~cut, phone.str[:-1])
    spaced = text.str[:3] + " " + text.str[3:7] + " " + text.str[7:]
    ways = [spaced, spaced.str.replace(" ", "-"), "+86" + text, "86-" + text]
    way = np.floor(typed.luck("phone way") * len(ways)).astype(np.int64)
    formed = np.choose(way, [one.to_numpy(object) for one in ways])
    text = text.where(~form, formed).where(~wide, text.str.translate(_WIDE))
    phones: Objects = np.where(missing | typed.junk, "", text.to_numpy(object))
    return phones


def _addresses(typed: _Typed) -> Objects:
    text = pd.Series(addresses(typed.story.streams, typed.story.people)[typed.at])
    short = typed.slip("address_short", np.ones(len(text), bool))
    cut = text.str.replace(r"\d+室$", "", regex=True).str.replace("市", "", n=1)
    return blank(text.where(~short, cut).to_numpy(object), typed.junk)


def _markets(typed: _Typed) -> Objects:
    market = typed.story.people.market[typed.at]
    word = typed.slip("market_word", np.ones(len(market), bool))
    texts = np.array(MARKETS, object)[market]
    for position, name in enumerate(MARKETS):
        own = word & (market == position)
        texts[own] = typed.any_of("market", words("slips", name))[own]
    return blank(texts, typed.junk)


def _parcels(typed: _Typed) -> Objects:
    """Return what firms said that they send a month, now and then in another unit."""
    said = profiles(typed.story)["monthly_parcels"].reindex(typed.at).to_numpy(np.float64)
    firm = typed.firm
    unit = typed.slip("unit", firm)
    number = np.where(firm, said, 0.0)
    whole = np.char.mod("%d", number.astype(np.int64)).astype(object)
    hundreds = np.char.mod("%.2f百件", number / 100).astype(object)
    yearly = np.char.mod("%d件/年", (number * 12).astype(np.int64)).astype(object)
    other = np.where(typed.luck("unit way") < 0.5, hundreds, yearly)
    return blank(np.where(unit, other, whole), ~firm | typed.junk)


def _days(typed: _Typed) -> Objects:
    day = typed.story.people.joined[typed.at].astype("datetime64[D]")
    other = typed.slip("date_form", np.ones(len(day), bool))
    form = typed.any_of("date way", _DAYS)
    moments = pd.Series(day.astype("datetime64[us]"))
    texts = np.datetime_as_string(day).astype(object)
    serial = (day - _FIRST_SERIAL).astype(np.int64).astype("U").astype(object)
    for way in _DAYS:
        chosen = other & (form == way)
        texts[chosen] = (
            serial[chosen] if way == "serial" else moments[chosen].dt.strftime(way).to_numpy(object)
        )
    return blank(texts, typed.junk)


TABLES = {"raw_customers": raw_customers}
