"""What a line of the audit log says beside its kind."""

from crm.core.i18n import LazyText, _, lazy
from crm.models.enums import AuditKind, Role, TokenScope, Visibility
from crm.models.vocabulary import word
from crm.queries.audit import AuditLine

_THINGS: dict[str, LazyText] = {
    "vendor": lazy("Vendor: %(name)s"),
    "person": lazy("Somebody at %(name)s"),
    "file": lazy("File: %(name)s"),
    "note": lazy("Note on %(name)s"),
    "trust_note": lazy("Trust note on %(name)s"),
    "need": lazy("Need: %(name)s"),
}
_CHOICES = {
    AuditKind.ROLE_CHANGED: Role,
    AuditKind.VISIBILITY_CHANGED: Visibility,
    AuditKind.INVITED: Role,
    AuditKind.JOINED: Role,
    AuditKind.TOKEN_MADE: TokenScope,
}


def what(line: AuditLine) -> str:
    """What or whom it was done to, and from what to what."""
    return ", ".join(part for part in (_thing(line), _change(line)) if part)


def _thing(line: AuditLine) -> str:
    words = _THINGS.get(line.facts.get("what", ""))
    return str(words) % {"name": line.about} if words is not None else line.about


def _change(line: AuditLine) -> str:
    facts = line.facts
    if "before" in facts:
        return _("%(before)s before, now %(after)s", before=_said(line, "before"), after=_said(line, "after"))
    said = next((name for name in ("role", "scope") if name in facts), None)
    return _said(line, said) if said else ""


def _said(line: AuditLine, name: str) -> str:
    value, choices = str(line.facts[name]), _CHOICES.get(line.kind)
    known = next((one for one in choices or () if one.value == value), None)
    return value if known is None else word(known)
