"""What a line of the audit log says beside its kind."""

from crm.core.i18n import LazyText, _, lazy
from crm.forms import hand_overs
from crm.models.enums import AuditKind, Role, SignInWay, TokenScope, Visibility
from crm.models.vocabulary import word
from crm.queries.audit import AuditLine
from crm.queries.hand_overs import HandedKind

_THINGS: dict[str, LazyText] = {
    "vendor": lazy("Vendor: %(name)s"),
    "person": lazy("Somebody at %(name)s"),
    "file": lazy("File: %(name)s"),
    "note": lazy("Note on %(name)s"),
    "trust_note": lazy("Trust note on %(name)s"),
    "need": lazy("Need: %(name)s"),
    "interaction": lazy("Conversation with %(name)s"),
    "trust_entry": lazy("Trust note on %(name)s"),
    "link": lazy("Link of %(name)s"),
    "opening": lazy("Opening: %(name)s"),
    "rating": lazy("Rating of %(name)s"),
    "area": lazy("Area of %(name)s"),
    "task": lazy("Task: %(name)s"),
    "access": lazy("Access of %(name)s"),
    "flaw": lazy("Accepted flaw of %(name)s"),
    "brief": lazy("Brief: %(name)s"),
    "referral": lazy("Referral of %(name)s"),
    "tag": lazy("Tag: %(name)s"),
    "category": lazy("Category: %(name)s"),
    "field": lazy("Field: %(name)s"),
    "choice": lazy("Choice of a field: %(name)s"),
    "filter": lazy("Saved filter: %(name)s"),
    "passkey_copy": lazy("Passkey %(name)s counted backwards: it may have been copied"),
}
_CHOICES = {
    AuditKind.ROLE_CHANGED: Role,
    AuditKind.VISIBILITY_CHANGED: Visibility,
    AuditKind.INVITED: Role,
    AuditKind.JOINED: Role,
    AuditKind.TOKEN_MADE: TokenScope,
    AuditKind.SIGNED_IN: SignInWay,
    AuditKind.SIGN_IN_FAILED: SignInWay,
}


def what(line: AuditLine) -> str:
    """What or whom it was done to, and from what to what."""
    return ", ".join(part for part in (_thing(line), _change(line)) if part)


def _thing(line: AuditLine) -> str:
    words = _THINGS.get(line.facts.get("what", ""))
    return str(words) % {"name": line.about} if words is not None else line.about


def _change(line: AuditLine) -> str:
    facts = line.facts
    if line.kind is AuditKind.HANDED_OVER:
        return _handed(line)
    if "before" in facts:
        return _("%(before)s before, now %(after)s", before=_said(line, "before"), after=_said(line, "after"))
    said = next((name for name in ("role", "scope", "way") if name in facts), None)
    return _said(line, said) if said else ""


def _handed(line: AuditLine) -> str:
    """To whom, and how much of each kind."""
    much = [f"{hand_overs.name_of(kind)}: {line.facts[kind.value]}" for kind in HandedKind if kind.value in line.facts]
    return ", ".join([_("to %(name)s", name=line.facts.get("to", "")), *much])


def _said(line: AuditLine, name: str) -> str:
    value, choices = str(line.facts[name]), _CHOICES.get(line.kind)
    known = next((one for one in choices or () if one.value == value), None)
    return value if known is None else word(known)
