"""One introduction, and all that people do with it: asking, answering, recording, taking back, carrying letters."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine, select

from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession, workspace_session
from crm.domain import introductions, referral_answers, referral_links, referrals
from crm.jobs.sender import Sender
from crm.models.enums import MailState, ReferralAnswer, ReferralLetterKind, ReferralSide, ReferralState
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Referral, ReferralConsent, ReferralLetter, ReferralStep
from crm.models.workspaces import Membership
from tests.support.introductions import ask, page_of, prepare
from tests.support.people import Business


@dataclass(frozen=True)
class Case:
    """A referral of Northlight Studio to Harbour Dental by the teammate."""

    engine: Engine
    settings: Settings
    business: Business
    inside: Callable[[Business], AbstractContextManager[WorkspaceSession]]
    referral_id: int

    @classmethod
    def begin(
        cls,
        engine: Engine,
        settings: Settings,
        business: Business,
        inside: Callable[[Business], AbstractContextManager[WorkspaceSession]],
    ) -> Case:
        """Both can be written to, and nobody has been asked yet."""
        with inside(business) as session:
            return cls(engine, settings, business, inside, prepare(session, business.member))

    @property
    def connector(self) -> Membership:
        return self.business.member

    def ask(self, side: ReferralSide) -> str:
        """Ask a side by letter, and answer with the path that its links lead to."""
        with self.inside(self.business) as session:
            ask(session, self.referral_id, side, by=self.connector, settings=self.settings)
            return page_of(session, self.referral_id, side, settings=self.settings)

    def path(self, letter: ReferralLetter) -> str:
        """The page that a link in this letter would lead to."""
        return f"/introductions/{referral_links.token_for(self.settings, letter)}"

    def answer(self, side: ReferralSide, said: ReferralAnswer, note: str = "") -> None:
        """A side answers on its own page."""
        letter = [one for one in self.letters(ReferralLetterKind.ASK) if one.side is side][-1]
        with self.inside(self.business) as session:
            asked = referral_answers.find(session, letter.id)
            referral_answers.answer(asked, said, settings=self.settings, note=note)

    def record(self, state: ReferralState, note: str = "") -> None:
        """The connector records a step by hand, as pages do."""
        by = self.connector
        with self.inside(self.business) as session:
            referral = referrals.find(session, self.referral_id)
            referrals.record_step(referral, by=by, state=state, happened_on=by.workspace.today, note=note)
            introductions.follow(referral, by=by, settings=self.settings)

    def undo(self, state: ReferralState) -> None:
        """The connector takes the latest step of a kind back, as pages do."""
        with self.inside(self.business) as session:
            referral = referrals.find(session, self.referral_id)
            step = [one for one in referrals.steps_of(session, referral) if one.state is state][-1]
            referrals.undo_step(referral, by=self.connector, step_id=step.id)
            introductions.follow(referral, by=self.connector, settings=self.settings)

    def send(self, by: Membership) -> datetime:
        """Somebody wants the introduction to leave."""
        with self.inside(self.business) as session:
            return introductions.send(referrals.find(session, self.referral_id), by=by, settings=self.settings)

    def hold(self, by: Membership) -> None:
        """Somebody holds the introduction back."""
        with self.inside(self.business) as session:
            introductions.hold(referrals.find(session, self.referral_id), by=by)

    def send_mail(self) -> None:
        """Let all leave that is due."""
        while Sender(self.engine, self.settings).work_once():
            pass

    def leaves_at(self) -> datetime | None:
        with self._looking() as session:
            return introductions.leaves_at(session, session.get_one(Referral, self.referral_id))

    def referral(self) -> Referral:
        with self._looking() as session:
            return session.get_one(Referral, self.referral_id)

    def steps(self) -> list[ReferralStep]:
        with self._looking() as session:
            return referrals.steps_of(session, session.get_one(Referral, self.referral_id))

    def states(self) -> list[ReferralState]:
        return [step.state for step in self.steps()]

    def letters(self, kind: ReferralLetterKind = ReferralLetterKind.INTRODUCTION) -> list[ReferralLetter]:
        """All letters of a kind that were ever put in, in order."""
        with self._looking() as session:
            statement = select(ReferralLetter).where(ReferralLetter.kind == kind).order_by(ReferralLetter.id)
            return list(session.scalars(statement))

    def mail(self, kind: ReferralLetterKind = ReferralLetterKind.INTRODUCTION) -> list[tuple[str, MailState]]:
        """To whom letters of a kind go, and how each stands in the outbox."""
        ids = [letter.message_id for letter in self.letters(kind)]
        with self._looking() as session:
            statement = select(OutboxMessage).where(OutboxMessage.id.in_(ids)).order_by(OutboxMessage.id)
            return [(row.recipient, row.state) for row in session.scalars(statement)]

    def consents(self) -> list[ReferralConsent]:
        with self._looking() as session:
            return list(session.scalars(select(ReferralConsent).order_by(ReferralConsent.id)))

    def with_settings(self, settings: Settings) -> Case:
        return replace(self, settings=settings)

    def _looking(self) -> WorkspaceSession:
        return workspace_session(self.engine, self.business.workspace.id, writing=False)
