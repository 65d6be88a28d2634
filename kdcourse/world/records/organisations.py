"""Tables of firms: what is known of each, and of the persons whom we know there."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.population import Population, phone_digits
from kdcourse.world.records.draws import (
    Objects,
    as_declared,
    blank,
    coded,
    logistic,
    worded,
    words,
)
from kdcourse.world.records.people import firms
from kdcourse.world.settings import KINDS, first_month, setting
from kdcourse.world.story import Story
from kdcourse.world.streams import Floats, Ints, Streams
from kdcourse.world.tables import table

_TOML = content("world/people")
#: Contacts are numbered from here for luck and telephone; nobody else's number lies beyond it.
_FIRST_CONTACT = 10_000_000
_MOST_CONTACTS = 4


def profiles(story: Story) -> pd.DataFrame:
    """Return what is said of every firm of a block, customers and prospects; index = position."""
    return story.once("firm profiles", lambda: _profiles(story.streams, story.people))


def _profiles(streams: Streams, people: Population) -> pd.DataFrame:
    at = np.flatnonzero(firms(people))
    who = people.who[at]
    toml = _TOML["firms"]
    private = (people.table["legal_kind"].to_numpy(object)[at] == "enterprise").astype(bool)
    size = toml["by_rate"] * streams.normal("rate", who)
    size = size + np.sqrt(1.0 - toml["by_rate"] ** 2) * streams.normal("firm size", who)
    employees = np.ceil(toml["employees"] * np.exp(toml["employees_spread"] * size))
    each = toml["sales_each"] * np.exp(toml["sales_spread"] * streams.normal("firm sales", who))
    sales = _rounded(employees * each)
    wish = toml["capital_of_sales"] * sales * np.exp(0.5 * streams.normal("firm capital", who))
    usual = np.array(toml["capital"], np.float64)
    capital = usual[np.searchsorted(usual[1:], wish)]
    band = np.searchsorted(toml["band_from"], employees, side="right")
    listed = private & (band == 3) & (streams.uniform("listed", who) < toml["listed_large"])
    share = _share_of_need(streams, people.kind[at], who)
    industry = _industries(people, at)
    said = toml["said_spread"] * streams.normal("parcels said", who)
    return pd.DataFrame(
        {
            "size_band": np.array(toml["bands"], object)[band],
            "employees": employees.astype(np.int64),
            "industry": industry,
            "goods_type": _goods(streams, industry, who),
            "registered_capital": np.where(private, capital, np.nan),
            "annual_sales": np.where(private, sales, np.nan),
            "is_listed": listed,
            "monthly_parcels": np.ceil(people.rate[at] / share * np.exp(said)).astype(np.int64),
            "current_courier": _couriers(streams, share, who),
        },
        index=at,
    )


def _rounded(values: Floats) -> Floats:
    """Round to two figures, as people say such sums."""
    unit = 10.0 ** (np.floor(np.log10(values)) - 1)
    return np.maximum(np.round(np.round(values / unit) * unit), 1.0)


def _share_of_need(streams: Streams, kind: Ints, who: Ints) -> Floats:
    """Return which part of what a firm sends goes, or would go, with us."""
    toml = _TOML["share_of_need"]
    odds = np.array([toml[name] for name in KINDS])[kind]
    return logistic(odds + toml["spread"] * streams.normal("share of need", who))


def _couriers(streams: Streams, share: Floats, who: Ints) -> Objects:
    """Return another carrier that they use, as far as they said so; the large ones more often."""
    names = [name for name in table("market_share").column("firm").values if name != "lanyan"]
    weights = {name: 4.0 if name in setting("rivals", "large") else 1.0 for name in names}
    silent = streams.uniform("courier named", who) > _TOML["share_of_need"]["second"]
    alone = share >= _TOML["share_of_need"]["alone"]
    return blank(coded(streams, "other courier", weights, who), silent | alone)


def _industries(people: Population, at: Ints) -> Objects:
    """Return the industry that the firm's name tells; bodies without a trade are the public's."""
    trades = {word: code for code, text in _TOML["trades"].items() for word in text.split()}
    names = people.table["name"].iloc[at]
    industry = names.str[2:4].map(trades).to_numpy(object)
    legal = people.table["legal_kind"].to_numpy(object)[at]
    industry[legal != "enterprise"] = "public"
    abroad = people.table["market_type"].to_numpy(object)[at] == "cross_border"
    industry[abroad] = "cross_border"
    return industry


def _goods(streams: Streams, industry: Objects, who: Ints) -> Objects:
    toml = _TOML["goods"]
    usual = pd.Series(industry).map(toml).to_numpy(object)
    other = worded(streams, "other goods", toml["others"], who)
    goods: Objects = np.where(streams.uniform("goods", who) < toml["usual"], usual, other)
    return goods


def organisations(story: Story) -> pd.DataFrame:
    """Return every customer who is a firm or another organisation."""
    people, streams = story.people, story.streams
    chosen = np.flatnonzero(story.opened & firms(people))
    who, kind = people.who[chosen], people.kind[chosen]
    frame = profiles(story).loc[chosen].reset_index(drop=True)
    frame.insert(0, "customer_id", people.table["customer_id"].to_numpy()[chosen])
    judged = _TOML["judgement"]
    options = {name: np.array(list(judged[name].values())) for name in ("buying", "partner")}
    buying = _labelled(streams, "buying_type", options["buying"][kind], options["buying"], who)
    partner = _labelled(streams, "partner_class", options["partner"][kind], options["partner"], who)
    age = len(story.months) - people.arrival[chosen]
    frame["buying_type"] = buying
    frame["partner_class"] = np.where(age <= judged["new_months"], "new", partner)
    frame["contract_until"] = _contracts(story)[chosen]
    return as_declared("organisations", frame)


def _labelled(
    streams: Streams, column: str, right: Objects, options: Objects, who: Ints
) -> Objects:
    """Return a label as the account manager wrote it: often, but not always, the right one."""
    guess = worded(streams, f"{column} guess", sorted(set(options) - {"any"}), who)
    sure = (streams.uniform(column, who) < _TOML["judgement"][column]) & (right != "any")
    label: Objects = np.where(sure, right, guess)
    return label


def _contracts(story: Story) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """Return until when who is bound by contract is bound: it runs by years from the first day.

    Of who left, it is the year in which they did: it wasn't renewed.
    """
    people = story.people
    last = np.zeros(len(people), np.int64)
    for month, told in enumerate(story.months):
        last[told.here] = month
    still = np.where(story.months[-1].here & ~story.months[-1].left, last + 1, last)
    joined = people.joined.astype("datetime64[D]")
    began = joined.astype("datetime64[M]")
    months = (first_month() - began).astype(np.float64) + still
    years = np.floor(np.nan_to_num(months) / 12).astype(np.int64) + 1
    day = joined - began.astype("datetime64[D]")
    until = (began + years * 12).astype("datetime64[D]") + np.minimum(day, np.timedelta64(27, "D"))
    until = np.where(people.bound, until, np.datetime64("NaT"))
    return until.astype("datetime64[us]")


def contacts(story: Story) -> pd.DataFrame:
    """Return the persons whom we know in firms, be they customers or prospects."""
    people, streams = story.people, story.streams
    prospect = np.arange(len(people)) >= story.accounts
    chosen = np.flatnonzero(firms(people) & story.known & (prospect | story.opened))
    number = 1 + streams.choice("contacts", _TOML["contacts"]["number"], people.who[chosen])
    at = np.repeat(chosen, number)
    index = np.arange(len(at)) - np.repeat(np.cumsum(number) - number, number)
    who = people.who[at]
    own = _FIRST_CONTACT + who * _MOST_CONTACTS + index
    role = _roles(story, at, index)
    surname = coded(streams, "contact surname", _surnames(), own)
    ids = people.table["customer_id"].to_numpy(object)[at]
    tie = pd.Series(role).map(_TOML["contacts"]["tie"]).to_numpy(np.float64)
    frame = pd.DataFrame(
        {
            "contact_id": np.char.mod("T%08d", who * _MOST_CONTACTS + index),
            "customer_id": blank(ids, ~story.opened[at]),
            "lead_id": blank(lead_ids(who), ~prospect[at]),
            "role": role,
            "name": surname + worded(streams, "contact given", words("people", "given"), own),
            "phone": np.char.mod("154%08d", phone_digits(streams, own)),
            "known_supplier_tie": streams.uniform("contact tie", own) < tie,
        }
    )
    return as_declared("contacts", frame)


def lead_ids(who: Ints) -> Objects:
    """Return the numbers of leads."""
    return np.char.mod("L%07d", who).astype(object)


def _surnames() -> dict[str, float]:
    names = words("people", "surnames")
    return dict(zip(names, content("world/vocabulary")["people"]["weights"], strict=True))


def _roles(story: Story, at: Ints, index: Ints) -> Objects:
    """Return the part each plays in a purchase; a prospect near the decision is met at the top."""
    shares = _TOML["contacts"]["role"]
    authority = np.zeros(len(story.people))
    authority[story.accounts :] = story.prospects.authority
    pull: Floats = _TOML["contacts"]["by_authority"] * authority[at] * (index == 0)
    weights = np.tile(np.array(list(shares.values())), (len(at), 1))
    weights[:, list(shares).index("decider")] *= np.exp(pull)
    drawn = story.streams.choice("contact role", weights, story.people.who[at], 0, index)
    roles: Objects = np.array(list(shares), object)[drawn]
    return roles


TABLES = {"organisations": organisations, "contacts": contacts}
