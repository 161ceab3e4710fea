"""Asking what becomes of a vendor after a trial task: one of four answers, with what each of them needs."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, RadioField, SelectChoice

from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain.parking_terms import ParkingTerms
from crm.domain.trial_briefs import BriefTerms
from crm.domain.trial_decisions import DecisionTerms, SecondTry
from crm.forms.base import LINE, TEXT, Day, Line, Pick, Text, required
from crm.forms.log_entries import number_or_none
from crm.forms.parkings import ParkingForm
from crm.models import vocabulary
from crm.models.enums import EXIT_STAGES, ParkingReason, Stage, TrialDecisionKind

_ONE = lazy("Choose one of the four.")
_OF_A_PARKING = frozenset(name for name in dir(ParkingForm) if hasattr(getattr(ParkingForm, name), "_formfield"))
_BOXES: dict[TrialDecisionKind, frozenset[str]] = {
    TrialDecisionKind.BRING_ON: frozenset({"fills_need"}),
    TrialDecisionKind.EXTEND: frozenset({"title", "due_on", "body", "musts", "shoulds", "scored"}),
    TrialDecisionKind.PARK: _OF_A_PARKING,
    TrialDecisionKind.DECLINE: frozenset({"exit_to"}),
}
"""The boxes that belong to one answer alone."""


class TrialDecisionForm(ParkingForm):
    """Which of the four, why, by whom and when, and the boxes of each answer. Those of the others are let be."""

    kind = RadioField(lazy("What do you decide?"), [required(_ONE)], validate_choice=False)
    rationale = Text(lazy("What decided it"), [TEXT])
    decided_by = Pick(lazy("Decided by"), coerce=number_or_none)
    decided_on = Day(lazy("Decided on"))
    fills_need = BooleanField(lazy("They fill the need"))
    exit_to = RadioField(lazy("How do you part?"), default=Stage.NOT_A_FIT.value, validate_choice=False)
    title = Line(lazy("What is tried this time"), [LINE])
    due_on = Day(lazy("Due on"))
    body = Text(lazy("The brief"), [TEXT])
    musts = Text(lazy("It must…"), [TEXT])
    shoulds = Text(lazy("It should…"), [TEXT])
    scored = Text(lazy("What reviewers score"), [TEXT])

    def __init__(
        self, *args: Any, kinds: Sequence[TrialDecisionKind], deciders: Sequence[tuple[int, str]], **values: Any
    ) -> None:
        """``kinds`` are the answers that there are, ``deciders`` the team as (id, name)."""
        super().__init__(*args, **values)
        self.kind.choices = [SelectChoice(each.value, vocabulary.word(each)) for each in kinds]
        self.exit_to.choices = [SelectChoice(each.value, vocabulary.word(each)) for each in EXIT_STAGES]
        self.decided_by.choices = [SelectChoice(user_id, name) for user_id, name in deciders]

    @property
    def chosen(self) -> TrialDecisionKind:
        """The answer. Raises Refused where it is none of the four."""
        if self.kind.data not in list(TrialDecisionKind):
            raise Refused(_ONE, field="kind")
        return TrialDecisionKind(self.kind.data)

    def validate(self, extra_validators: Any = None) -> bool:
        """What was typed into the boxes of another answer is no mistake."""
        others = [boxes for kind, boxes in _BOXES.items() if kind.value != self.kind.data]
        aside = frozenset[str]().union(*others)
        everything = dict(self._fields)
        for name in aside & everything.keys():
            del self._fields[name]
        try:
            return bool(super().validate(extra_validators))
        finally:
            self._fields.clear()
            self._fields.update(everything)

    def decided(self, *, need_id: int | None, is_parked: bool) -> DecisionTerms:
        """What was decided, as the domain takes it. Raises Refused.

        ``need_id`` is the need of the brief: where the budget is missing they wait for it, unless another one is
        named. Who is parked already stays parked on the same terms.
        """
        kind = self.chosen
        is_parking = kind is TrialDecisionKind.PARK and not is_parked
        is_exit = kind is TrialDecisionKind.DECLINE
        return DecisionTerms(
            kind,
            self.rationale.data or "",
            decided_on=self.decided_on.data,
            decided_by=self.decided_by.data,
            fills_need=kind is TrialDecisionKind.BRING_ON and bool(self.fills_need.data),
            second_try=self._second_try() if kind is TrialDecisionKind.EXTEND else None,
            parking=self._parking(need_id) if is_parking else None,
            exit_to=Stage(self.exit_to.data) if is_exit and self.exit_to.data in EXIT_STAGES else Stage.NOT_A_FIT,
        )

    def _second_try(self) -> SecondTry:
        return SecondTry(
            self.title.data or "",
            self.due_on.data,
            self.body.data or "",
            _lines(self.musts.data),
            _lines(self.shoulds.data),
            _lines(self.scored.data),
        )

    def _parking(self, need_id: int | None) -> ParkingTerms:
        terms = self.terms()
        if terms["reason"] is ParkingReason.NO_BUDGET and terms["need_id"] is None:
            terms["need_id"] = need_id
        return ParkingTerms(**terms)


def as_before(brief: BriefTerms) -> dict[str, Any]:
    """What a brief asks for, as the boxes of a second try show it."""
    return {
        "title": brief.title,
        "body": brief.body,
        "musts": "\n".join(each.what for each in brief.conditions if each.is_must),
        "shoulds": "\n".join(each.what for each in brief.conditions if not each.is_must),
        "scored": "\n".join(each.name for each in brief.criteria),
    }


def _lines(typed: str | None) -> tuple[str, ...]:
    """One thing a line, each once."""
    found = (" ".join(line.split()) for line in (typed or "").splitlines())
    return tuple(dict.fromkeys(line for line in found if line))
