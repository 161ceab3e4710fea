"""Speaks OpenID Connect to the sign-in service that the settings name: who somebody is, said by their own business.

With a code, PKCE, state and nonce. What the service signs is held against its keys, its name, ours, and the time. The
libraries for it are large and used by few installations: they are loaded where they are needed, inside these functions.
"""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from crm.core import clock
from crm.core.settings import SignInService

SECONDS = 5.0
"""For each question to the service."""
LEEWAY = 60
"""So many seconds its clock may be apart from ours."""
ALGORITHMS = ("RS256", "PS256", "ES256")
SUBJECT_LENGTH = 255


class ServiceFailed(Exception):
    """The service could not be asked, or what it said cannot be believed; the message says why, for the log."""


@dataclass(frozen=True, slots=True)
class Question:
    """Where a browser is sent, and the secrets by which the answer is known to be the one to this question."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What the service says about somebody. Its name for them never changes, their address may."""

    issuer: str
    subject: str
    email: str


def ask(service: SignInService, *, answer_to: str) -> Question:
    """A question to the service; the browser comes back to the address ``answer_to``. Raises :class:`ServiceFailed`."""
    place = _endpoint(service, _discovered(service), "authorization_endpoint")
    nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    url, state = _client(service, answer_to).create_authorization_url(place, nonce=nonce, code_verifier=verifier)
    return Question(str(url), str(state), nonce, verifier)


def answered(service: SignInService, *, answer_to: str, code: str, nonce: str, verifier: str) -> Claims:
    """Who came back with a code. Raises :class:`ServiceFailed`."""
    from authlib.common.errors import AuthlibBaseError
    from requests import RequestException

    known = _discovered(service)
    try:
        token = _client(service, answer_to).fetch_token(
            _endpoint(service, known, "token_endpoint"), code=code, code_verifier=verifier, timeout=SECONDS
        )
    except (AuthlibBaseError, RequestException, ValueError) as fault:
        raise ServiceFailed(f"it gave no token: {type(fault).__name__}") from fault
    keys = _json(_endpoint(service, known, "jwks_uri"))
    return _claims(service, str(token.get("id_token") or ""), keys, nonce)


def _claims(service: SignInService, signed: str, keys: dict[str, Any], nonce: str) -> Claims:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet
    from joserfc.jwt import JWTClaimsRegistry

    rules = JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": service.issuer},
        aud={"essential": True, "value": service.client_id},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        said = jwt.decode(signed, KeySet.import_key_set({"keys": keys["keys"]}), algorithms=list(ALGORITHMS)).claims
        rules.validate(said)
    except (JoseError, ValueError, KeyError, TypeError) as fault:
        raise ServiceFailed(f"its word cannot be believed: {type(fault).__name__}") from fault
    subject = said["sub"]
    if said.get("azp", service.client_id) != service.client_id:
        raise ServiceFailed("its word was given to another program")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH:
        raise ServiceFailed("it names nobody")
    return Claims(service.issuer, subject, str(said.get("email") or ""))


def _discovered(service: SignInService) -> dict[str, Any]:
    found = _json(f"{service.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != service.issuer:
        raise ServiceFailed("it calls itself by another name than OIDC_ISSUER")
    return found


def _endpoint(service: SignInService, known: dict[str, Any], name: str) -> str:
    """An address of the service; none without encryption where its own has it."""
    place = str(known.get(name) or "")
    if not urlsplit(place).hostname or urlsplit(place).scheme not in {"https", urlsplit(service.issuer).scheme}:
        raise ServiceFailed(f"its {name} cannot be used")
    return place


def _json(url: str) -> dict[str, Any]:
    import requests

    try:
        answer = requests.get(url, timeout=SECONDS, allow_redirects=False)
        found = answer.json() if answer.ok else None
    except (requests.RequestException, ValueError) as fault:
        raise ServiceFailed(f"it does not answer: {type(fault).__name__}") from fault
    if not isinstance(found, dict):
        raise ServiceFailed(f"it does not answer as it should: {answer.status_code}")
    return found


def _client(service: SignInService, answer_to: str) -> Any:
    from authlib.integrations.requests_client import OAuth2Session

    return OAuth2Session(
        service.client_id,
        service.client_secret,
        scope="openid email profile",
        redirect_uri=answer_to,
        code_challenge_method="S256",
    )
