"""Passkeys in a browser: where they are good, and the questions that are put to a device.

A question waits in the signed cookie, for one purpose and for a few minutes; taking it out is the end of it.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import jsonify, make_response, request
from flask import session as cookie

from crm.core import tokens
from crm.core.i18n import LazyText, _
from crm.core.settings import Settings
from crm.domain.passkeys import Place
from crm.web.installation import installation
from crm.web.paths import own_address
from crm.web.replies import Raw

GOOD_FOR = timedelta(minutes=5)
_LOCALHOST = "localhost"


class Purpose(StrEnum):
    """What a question is asked for: an answer is good for nothing else."""

    ADD = "add"
    SIGN_IN = "sign_in"
    SECOND_STEP = "second_step"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why passkeys do not work at the address that is open, and the address at which they do, if there is one."""

    words: str
    address: str = ""


def place(settings: Settings) -> Place:
    """Where keys of this installation are good: its own address, else the one that is open."""
    origin = own_address(settings)
    return Place(_host(origin), origin)


def obstacle(settings: Settings) -> Obstacle | None:
    """What stands in the way of passkeys on the page that is open, if anything does."""
    here = place(settings)
    if _is_number(here.host):
        return Obstacle(
            _("Passkeys are bound to a name, and this address is a number."), _by_name(here.origin, here.host)
        )
    if not here.origin.startswith("https://") and not _is_this_machine(here.host):
        return Obstacle(_("Browsers keep passkeys for addresses that begin with https, and this one does not."))
    if _host(request.host_url) != here.host:
        return Obstacle(_("Passkeys work at the address that this installation is known by."), here.origin)
    return None


def ask(purpose: Purpose, make: Callable[[bytes], dict[str, Any]], *, of: int | None = None) -> Raw:
    """Put a question to a device, as JSON. ``make`` turns the random challenge into WebAuthn's options; ``of`` is the
    person who alone can answer."""
    challenge = secrets.token_bytes(32)
    options = make(challenge)
    cookie[_kept_as(purpose)] = _signer(purpose).sign({"challenge": challenge.hex(), "of": of}, lasts=GOOD_FOR)
    return Raw(lambda: jsonify(options))


def asked(purpose: Purpose, *, of: int | None = None) -> bytes | None:
    """The challenge that waits for an answer, if one does. It waits no more."""
    facts = _signer(purpose).read(cookie.pop(_kept_as(purpose), ""))
    if facts is None or facts.get("of") != of:
        return None
    return bytes.fromhex(str(facts["challenge"]))


def taken() -> Raw:
    """The answer was right: the script goes on."""
    return Raw(lambda: jsonify({}))


def refused(words: str | LazyText) -> Raw:
    """The answer was wrong: the script says so. What was written of it is kept."""
    return Raw(lambda: make_response(jsonify({"words": str(words)}), 422))


def _signer(purpose: Purpose) -> tokens.Signer:
    return tokens.Signer(installation().settings.secret_key, f"passkey:{purpose}")


def _kept_as(purpose: Purpose) -> str:
    return f"passkey:{purpose}"


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "").lower()


def _is_this_machine(host: str) -> bool:
    return host == _LOCALHOST or host.endswith(f".{_LOCALHOST}")


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _by_name(origin: str, host: str) -> str:
    """The same place by the one name that every machine has for itself; empty for another machine."""
    if not ip_address(host).is_loopback:
        return ""
    port = urlsplit(origin).port
    return f"http://{_LOCALHOST}" + (f":{port}" if port else "")
