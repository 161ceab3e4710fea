"""Passkeys: keys that a person's device keeps and opens by finger, face or PIN, so that each is two steps in one.

We hold the public halves. What a device answers is good for the one question that it was asked.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm.core import clock, limits, text, tokens
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import HouseSession
from crm.domain import account_letters, audit, two_step
from crm.models.enums import AuditKind
from crm.models.ways_in import Passkey
from crm.models.workspaces import User
from crm.queries import passkeys

if TYPE_CHECKING:
    from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor
    from webauthn.registration.verify_registration_response import VerifiedRegistration

# The library takes a fifth of a second and megabytes to load: each function that needs it does so for itself.

OUR_NAME = "Good Terms"
WAITS_MS = 120_000
"""So long a browser waits for its person."""
SPENT_KEPT = 20
"""So many questions that a key has answered are remembered: more than anybody answers while a question is good."""
ANSWER_LENGTH = 20_000
ID_LENGTH = 1_400
_TRANSPORTS = frozenset({"ble", "hybrid", "internal", "nfc", "usb"})
_UNREADABLE = lazy("What the device answered cannot be read. Try again.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where keys are good: the host that they are bound to, and the address that its pages are opened at."""

    host: str
    origin: str


# Adding


def adding(session: HouseSession, user_id: int, *, place: Place, challenge: bytes) -> dict[str, Any]:
    """What to ask a device for, so that it makes a key for a person: the options of WebAuthn, ready for JSON.

    Raises :class:`Refused` where they have as many as anybody may have.
    """
    from webauthn import generate_registration_options
    from webauthn.helpers import base64url_to_bytes, options_to_json_dict
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    user = session.get_one(User, user_id, with_for_update=True)
    own = passkeys.passkeys_of(session, user.id)
    _check_count(len(own))
    if user.passkey_handle is None:
        user.passkey_handle = tokens.new_token()
    options = generate_registration_options(
        rp_id=place.host,
        rp_name=OUR_NAME,
        user_id=base64url_to_bytes(user.passkey_handle),
        user_name=user.email,
        user_display_name=user.name,
        challenge=challenge,
        timeout=WAITS_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(own),
    )
    return options_to_json_dict(options)


def add(session: HouseSession, user_id: int, *, place: Place, challenge: bytes, answer: str, name: str) -> Passkey:
    """Keep the key that a device has made. Raises :class:`Refused` for one that does not fit the question."""
    from webauthn.helpers import bytes_to_base64url

    name = _checked_name(name)
    user = session.get_one(User, user_id, with_for_update=True)
    _check_count(passkeys.passkey_count(session, user.id))
    made = _verified_new(answer, place=place, challenge=challenge)
    credential_id = bytes_to_base64url(made.credential_id)
    if len(credential_id) > ID_LENGTH or passkeys.is_known(session, credential_id):
        raise Refused(lazy("This passkey is here already."))
    row = Passkey(
        user_id=user.id,
        credential_id=credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name,
        facts={"transports": _transports(answer), "is_synced": made.credential_backed_up, "spent": []},
    )
    session.add(row)
    session.flush()
    account_letters.way_in_changed(session, AuditKind.PASSKEY_ADDED, user_id=user.id, about=name)
    return row


def find(session: HouseSession, passkey_id: int, *, of: int) -> Passkey:
    """A person's own key. Raises :class:`Missing`, also for somebody else's."""
    row = passkeys.passkey(session, passkey_id, of=of)
    if row is None:
        raise Missing
    return row


def rename(row: Passkey, *, name: str) -> None:
    """Give a key another name. Raises :class:`Refused`."""
    row.name = _checked_name(name)


def remove(session: HouseSession, passkey_id: int, *, of: int) -> Passkey:
    """A person's key opens nothing any more. Raises :class:`Missing`."""
    row = find(session, passkey_id, of=of)
    session.delete(row)
    account_letters.way_in_changed(session, AuditKind.PASSKEY_REMOVED, user_id=of, about=row.name)
    two_step.drop_idle_codes(session, session.get_one(User, of, with_for_update=True))
    return row


# Using


def asking(session: HouseSession, *, place: Place, challenge: bytes, of: int | None = None) -> dict[str, Any]:
    """What to ask a device for, so that it shows whose key it has: options of WebAuthn, ready for JSON.

    ``of`` names the person where it is known who they must be; else the device offers what it has for this host.
    """
    from webauthn import generate_authentication_options
    from webauthn.helpers import options_to_json_dict
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=place.host,
        challenge=challenge,
        timeout=WAITS_MS,
        allow_credentials=_described(passkeys.passkeys_of(session, of)) if of is not None else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def recognised(
    session: HouseSession, *, place: Place, challenge: bytes, answer: str, address: str, of: int | None = None
) -> User | None:
    """Whose key has answered the question, or None; what the audit log says of a failure must be kept.

    ``of`` is the one person it may be, where that is known. A question is answered once, and a key that counts its uses
    never counts backwards: one that does has been copied.
    """
    credential_id, handle = _who_answers(answer)
    found = passkeys.to_be_used(session, credential_id) if credential_id else None
    if found is None:
        return None
    row, user = found
    if of is not None and user.id != of:
        return None
    used = _verified_use(answer, row, place=place, challenge=challenge)
    spent, asked = list(row.facts.get("spent", [])), tokens.fingerprint(challenge.hex())
    if used is None or asked in spent or handle not in ("", user.passkey_handle):
        audit.record(session, AuditKind.SIGN_IN_FAILED, user_id=user.id, address=address)
        return None
    if _counts_backwards(row, used):
        failed = AuditKind.SIGN_IN_FAILED
        audit.record(session, failed, user_id=user.id, about=row.name, address=address, what="passkey_copy")
        return None
    row.sign_count, row.last_used_at = used.new_sign_count, clock.now()
    row.facts = {**row.facts, "is_synced": used.credential_backed_up, "spent": [asked, *spent][:SPENT_KEPT]}
    session.flush()
    return user


# The pieces


def _check_count(count: int) -> None:
    if count >= limits.PASSKEYS_PER_PERSON:
        words = lazy("You have %(most)s passkeys. Remove one that you no longer need.", most=limits.PASSKEYS_PER_PERSON)
        raise Refused(words)


def _checked_name(name: str) -> str:
    name = text.clean_line(name)
    if not name:
        raise Refused(lazy("Type a name that you will know the device by."), field="name")
    if len(name) > limits.NAME_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.NAME_LENGTH), field="name")
    return name


def _described(rows: Sequence[Passkey]) -> "list[PublicKeyCredentialDescriptor]":
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(row.credential_id),
            transports=[AuthenticatorTransport(way) for way in row.facts.get("transports", [])],
        )
        for row in rows
    ]


def _verified_new(answer: str, *, place: Place, challenge: bytes) -> "VerifiedRegistration":
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    _read(answer)
    try:
        return verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise Refused(_UNREADABLE) from None


def _verified_use(answer: str, row: Passkey, *, place: Place, challenge: bytes) -> "VerifiedAuthentication | None":
    """What the device has signed, None where it is not what was asked. The count is left to the caller."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        return None


def _counts_backwards(row: Passkey, used: "VerifiedAuthentication") -> bool:
    """Whether a device that counts its uses says no more than before. Keys on several devices do not count."""
    return used.new_sign_count <= row.sign_count and bool(used.new_sign_count or row.sign_count)


def _read(answer: str) -> dict[str, Any]:
    """The answer's parts. Raises :class:`Refused` for what is no answer of a device."""
    try:
        parts = json.loads(answer) if len(answer) <= ANSWER_LENGTH else None
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, dict) or not isinstance(parts.get("response"), dict):
        raise Refused(_UNREADABLE)
    return parts


def _transports(answer: str) -> list[str]:
    """How a browser can speak to the device, as far as we know the ways."""
    named = _read(answer)["response"].get("transports")
    return sorted({str(way) for way in named} & _TRANSPORTS) if isinstance(named, list) else []


def _who_answers(answer: str) -> tuple[str, str]:
    """The key's id, and the name by which the device knows its person; empty where it says nothing."""
    try:
        parts = _read(answer)
    except Refused:
        return "", ""
    credential_id, handle = parts.get("id"), parts["response"].get("userHandle")
    return (
        credential_id if isinstance(credential_id, str) and len(credential_id) <= ID_LENGTH else "",
        handle if isinstance(handle, str) else "",
    )
