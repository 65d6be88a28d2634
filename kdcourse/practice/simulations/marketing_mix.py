"""Simulation: how far each channel reaches, and what is left of the campaigns."""

from __future__ import annotations

from collections.abc import Sequence

from kdcourse.practice.simulations.result import Note, Result
from kdcourse.practice.simulations.spec import Settings, load_spec
from kdcourse.practice.simulations.worlds import SEED, WAN, Books, books
from kdcourse.world.policy import Policy
from kdcourse.world.settings import CHANNELS

_SPEC = load_spec("marketing-mix")


def run(
    app: float = 1.0,
    email: float = 1.0,
    sms: float = 1.0,
    phone: float = 1.0,
    seed: int = SEED,
) -> Result:
    """Return what a mix of channels leads to.

    Args:
        app: Reach of campaigns in the app, as a factor on today's.
        email: By e-mail.
        sms: By text message.
        phone: By telephone.
        seed: Whose luck it meets.

    Raises:
        KitError: A value is out of range.
    """
    settings = {"app": app, "email": email, "sms": sms, "phone": phone}
    return compute([_SPEC.read(settings)], seed)


def compute(decisions: Sequence[Settings], seed: int) -> Result:
    """Return what the last of the decisions leads to."""
    values = {name: float(value) for name, value in decisions[-1].items()}
    reach = {name: values[name] for name in CHANNELS if values[name] != 1.0}
    today, now = books(seed=seed), books(Policy(marketing=reach), seed)
    silent = books(Policy(marketing=dict.fromkeys(CHANNELS, 0.0)), seed)
    notes: tuple[Note, ...] = (("uplift", {"silent": ("parcels", silent.total("parcels") / WAN)}),)
    return Result(_SPEC, decisions[-1], seed, _outcomes(today), _outcomes(now), notes)


def _outcomes(it: Books) -> dict[str, float]:
    return {
        "net": it.total("contribution") / WAN,
        "parcels": it.total("parcels") / WAN,
        "marketing": it.total("marketing") / WAN,
        "willing": 100 * it.months["willing"][-1] / it.months["customers"][-1],
    }
