"""Addresses outside that take no mail from here: their holders said so, for the whole installation.

Of an address a keyed hash is kept and nothing else. Who asked for it is not known here, and whether an address is among
them can be found out only by writing to it.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select

from crm.core.engine import pass_alone
from crm.core.settings import Settings
from crm.core.tenancy import HouseSession
from crm.core.tokens import Signer, keyed_fingerprint
from crm.mail import mime
from crm.models.letters import Suppression

OPT_OUT = "opt-out"
OPT_OUT_LASTS = timedelta(days=2 * 365)
"""Far longer than other links: whoever finds an old letter finds the way out in it."""
BY_PAGE, BY_ONE_CLICK = "page", "one_click"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a genuine link in a letter asks about: whose address, without saying it, and which business wrote."""

    fingerprint: str
    workspace_id: int


def fingerprint(settings: Settings, address: str) -> str:
    """What is kept of an address. Case, width of letters and the way a domain is written make no difference."""
    plain = unicodedata.normalize("NFKC", address).strip().casefold()
    return keyed_fingerprint(settings.secret_key, "suppressions", mime.wire_address(plain))


def is_suppressed(session: HouseSession, settings: Settings, address: str) -> bool:
    """Whether the holder of an address wants no mail from here."""
    return is_marked(session, fingerprint(settings, address))


def among(session: HouseSession, settings: Settings, addresses: Iterable[str]) -> frozenset[str]:
    """Those of these addresses whose holders want no mail from here. One query."""
    marks = {address: fingerprint(settings, address) for address in addresses}
    if not marks:
        return frozenset()
    found = set(session.scalars(select(Suppression.fingerprint).where(Suppression.fingerprint.in_(marks.values()))))
    return frozenset(address for address, mark in marks.items() if mark in found)


def is_marked(session: HouseSession, mark: str) -> bool:
    """The same, for what :func:`fingerprint` made of the address."""
    return session.scalar(select(Suppression.id).where(Suppression.fingerprint == mark)) is not None


def suppress(session: HouseSession, mark: str, *, how: str) -> None:
    """No more mail to the address of this fingerprint. Asking again changes nothing."""
    pass_alone(session.connection(), f"suppression:{mark}")
    if not is_marked(session, mark):
        session.add(Suppression(fingerprint=mark, how=how))
        session.flush()


def lift(session: HouseSession, mark: str) -> None:
    """The holder of the address has changed their mind. Nobody else can do that for them."""
    session.execute(delete(Suppression).where(Suppression.fingerprint == mark))


def count(session: HouseSession) -> int:
    """How many addresses take no mail from this installation."""
    return session.scalar(select(func.count(Suppression.id))) or 0


def token_for(settings: Settings, address: str, *, workspace_id: int) -> str:
    """The token of the way out in a letter to this address. It holds no address."""
    facts = {"f": fingerprint(settings, address), "b": workspace_id}
    return Signer(settings.secret_key, OPT_OUT).sign(facts, lasts=OPT_OUT_LASTS)


def read(settings: Settings, token: str) -> Wish | None:
    """What a token asks about; None for one that is forged or over."""
    facts = Signer(settings.secret_key, OPT_OUT).read(token)
    if facts is None or not isinstance(facts.get("f"), str) or not isinstance(facts.get("b"), int):
        return None
    return Wish(facts["f"], facts["b"])
