"""The way to the sign-in service of a business and back: what this browser asked, and what it was told, signed."""

import secrets
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import session as cookie
from flask import url_for

from crm.core import openid, tokens
from crm.core.errors import Missing
from crm.core.openid import Claims, Question
from crm.core.settings import SignInService
from crm.web.installation import installation

LASTS = timedelta(minutes=10)
"""So long somebody may take at the service, and so long what it said holds here."""
_ASKED, _TOLD = "service_asked", "service_told"


def configured() -> SignInService:
    """The service of the settings. Raises :class:`Missing` where none is set up."""
    service = installation().settings.sign_in_service
    if service is None:
        raise Missing
    return service


def name() -> str:
    """What the service is called; empty where none is set up."""
    service = installation().settings.sign_in_service
    return service.name if service else ""


def ask(*, wanted: str) -> Question:
    """A question to the service, remembered in the cookie with the page that was ``wanted``."""
    question = openid.ask(configured(), answer_to=_answer_to())
    kept = {"state": question.state, "nonce": question.nonce, "verifier": question.verifier, "next": wanted}
    cookie[_ASKED] = _signer(_ASKED).sign(kept, lasts=LASTS)
    cookie.pop(_TOLD, None)
    return question


def hear(*, state: str, code: str) -> None:
    """What the service says, remembered for the page that follows. Each question is answered once.

    Raises :class:`openid.ServiceFailed` for an answer that this browser has not asked for, or cannot be believed.
    """
    asked = _signer(_ASKED).read(cookie.pop(_ASKED, ""))
    if asked is None or not code or not secrets.compare_digest(asked["state"].encode(), state.encode()):
        raise openid.ServiceFailed("an answer came that this browser has not asked for")
    claims = openid.answered(
        configured(), answer_to=_answer_to(), code=code, nonce=asked["nonce"], verifier=asked["verifier"]
    )
    cookie[_TOLD] = _signer(_TOLD).sign({**asdict(claims), "next": asked["next"]}, lasts=LASTS)


def told() -> tuple[Claims, str] | None:
    """What the service said to this browser lately, and the page that was wanted."""
    facts: dict[str, Any] | None = _signer(_TOLD).read(cookie.get(_TOLD, ""))
    service = installation().settings.sign_in_service
    if facts is None or service is None or facts["issuer"] != service.issuer:
        return None
    wanted = str(facts.pop("next"))
    return Claims(**facts), wanted


def forget() -> None:
    """What it said has served."""
    cookie.pop(_TOLD, None)


def _answer_to() -> str:
    return installation().settings.base_url + url_for("identities.hear")


def _signer(purpose: str) -> tokens.Signer:
    return tokens.Signer(installation().settings.secret_key, purpose)
