"""What somebody looks after is given to somebody else, all or what is chosen, and nothing is left with nobody."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.core.errors import Forbidden, Missing, Refused
from crm.domain import (
    decision_areas,
    hand_overs,
    members,
    needs,
    openings,
    promises,
    referrals,
    trial_briefs,
    trial_reviews,
    trial_work,
    trials,
    vendors,
)
from crm.domain.needs import NeedTerms
from crm.domain.trial_briefs import BriefTerms, Criterion
from crm.domain.trial_reviews import Given
from crm.domain.trials import TrialTerms
from crm.models.audit import AuditEntry
from crm.models.decision_areas import Access
from crm.models.enums import AuditKind, NeedStatus, NewsKind, PromiseKind, Stage, Tier
from crm.models.needs import Need
from crm.models.referrals import Referral
from crm.models.reminders import Reminder
from crm.models.sharing import News
from crm.models.trials import TrialReviewer
from crm.models.vendors import Vendor
from crm.queries.hand_overs import HandedKind

DUE = date(2026, 11, 10)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-11-02 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def held(session, business) -> dict[HandedKind, int]:
    """One thing of each kind that the member looks after, by its number."""
    by, milo = business.member, business.member.user_id
    own = vendors.add(session, by=by, name="Bluebell Words", stage=Stage.ACTIVE, tier=Tier.A, owner_id=milo)
    promises.make(own, by=by, kind=PromiseKind.OURS, what="Send the brief", due_on=date(2026, 11, 5))
    stood_in = vendors.add(session, by=business.owner, name="Larch Print", backup_id=milo)
    access = decision_areas.give_access(stood_in, by=by, what="The shop", granted_on=date(2026, 10, 1), owner_id=milo)
    need = needs.add(session, by=by, terms=NeedTerms("Twenty enquiries a month", owner_id=milo))
    opening = openings.add(session, by=by, business="Juniper Soap")
    referral = referrals.refer(own, by=by, opening_id=opening.id)
    brief = brief_of(session, business.owner, "Three rewrites", milo)
    give(session, business.owner, brief, "Ines Duarte")
    session.flush()
    return {
        HandedKind.VENDORS: own.id,
        HandedKind.STEPPING_IN: stood_in.id,
        HandedKind.ACCESSES: access.id,
        HandedKind.NEEDS: need.id,
        HandedKind.REFERRALS: referral.id,
        HandedKind.REVIEWS: brief.id,
    }


def brief_of(session, by, title, *reviewers):
    terms = BriefTerms(title=title, body="Rewrite.", criteria=(Criterion("Tone", 3),), reviewer_ids=reviewers)
    return trial_briefs.write(session, by=by, terms=terms)


def give(session, by, brief, name):
    vendor = vendors.add(session, by=by, name=name)
    return trials.start(vendor, by=by, terms=TrialTerms(brief.title, DUE, brief_id=brief.id))


def holders(session, held) -> dict[HandedKind, int | None]:
    """Who has each of those things now."""
    brief = select(TrialReviewer.user_id).where(TrialReviewer.brief_id == held[HandedKind.REVIEWS])
    return {
        HandedKind.VENDORS: session.get_one(Vendor, held[HandedKind.VENDORS]).owner_id,
        HandedKind.STEPPING_IN: session.get_one(Vendor, held[HandedKind.STEPPING_IN]).backup_id,
        HandedKind.ACCESSES: session.get_one(Access, held[HandedKind.ACCESSES]).owner_id,
        HandedKind.NEEDS: session.get_one(Need, held[HandedKind.NEEDS]).owner_id,
        HandedKind.REFERRALS: session.get_one(Referral, held[HandedKind.REFERRALS]).connector_id,
        HandedKind.REVIEWS: session.scalars(brief).one(),
    }


def lines(session) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).where(AuditEntry.kind == AuditKind.HANDED_OVER)))


def test_everything_that_asks_for_somebody_goes_to_one_person(session, business, held):
    given = hand_overs.hand_over(session, business.member.user_id, by=business.owner, to=business.admin.user_id)
    assert given == dict.fromkeys(HandedKind, 1)
    assert set(holders(session, held).values()) == {business.admin.user_id}
    assert not any(hand_overs.of(session, business.member.user_id).values())


def test_reminders_go_along(session, business, held):
    reminded = select(Reminder.user_id).where(
        Reminder.vendor_id == held[HandedKind.VENDORS], Reminder.ended_at.is_(None)
    )
    assert set(session.scalars(reminded)) == {business.member.user_id}
    hand_overs.hand_over(session, business.member.user_id, by=business.member, to=business.admin.user_id)
    assert set(session.scalars(reminded)) == {business.admin.user_id}


def test_handing_over_twice_gives_nothing_more(session, business, held):
    for _again in range(2):
        given = hand_overs.hand_over(session, business.member.user_id, by=business.owner, to=business.admin.user_id)
    assert not given
    [line] = lines(session)
    assert (line.about, line.facts["to"], line.facts["vendors"]) == ("Milo Member", "Ada Admin", "1")


@pytest.mark.parametrize("kind", list(HandedKind))
def test_a_kind_alone_goes_alone(session, business, held, kind):
    milo, ada = business.member.user_id, business.admin.user_id
    given = hand_overs.hand_over(session, milo, by=business.owner, to=ada, kinds=[kind])
    assert given == {kind: 1}
    assert holders(session, held) == {each: ada if each is kind else milo for each in HandedKind}


def test_what_is_kept_back_stays(session, business, held):
    other = vendors.add(session, by=business.member, name="Hazel Mill", owner_id=business.member.user_id)
    hand_overs.hand_over(
        session,
        business.member.user_id,
        by=business.member,
        to=business.admin.user_id,
        kinds=[HandedKind.VENDORS],
        staying=[f"vendors:{other.id}"],
    )
    assert other.owner_id == business.member.user_id
    assert holders(session, held)[HandedKind.VENDORS] == business.admin.user_id


def test_whoever_gets_a_vendor_does_not_step_in_for_themselves(session, business):
    milo, ada = business.member.user_id, business.admin.user_id
    vendor = vendors.add(session, by=business.owner, name="Larch Print", owner_id=milo, backup_id=ada)
    hand_overs.hand_over(session, milo, by=business.owner, to=ada)
    assert (vendor.owner_id, vendor.backup_id) == (ada, None)


def test_what_is_closed_stays_where_it_was(session, business, held):
    milo = business.member.user_id
    need = session.get_one(Need, held[HandedKind.NEEDS])
    needs.move(need, by=business.member, to=NeedStatus.DROPPED, why="Not this year")
    access = session.get_one(Access, held[HandedKind.ACCESSES])
    decision_areas.revoke_access(access, by=business.member)
    session.flush()
    hand_overs.hand_over(session, milo, by=business.owner, to=business.admin.user_id)
    assert (need.owner_id, access.owner_id) == (milo, milo)


class TestReviews:
    @pytest.fixture
    def trial(self, session, business, clock_at):
        brief = brief_of(session, business.owner, "Two covers", business.member.user_id, business.owner.user_id)
        trial = give(session, business.owner, brief, "Ines Duarte")
        clock_at("2026-11-09 15:00")
        trial_work.deliver(trial, by=business.owner, on=date(2026, 11, 9))
        session.flush()
        return trial

    def scores(self, session, trial):
        criteria = trial_reviews.briefs.criteria_of(session, trial.brief_id)
        return {row.id: Given(4) for row in criteria}

    def reviewers(self, session, trial) -> set[int]:
        return set(session.scalars(select(TrialReviewer.user_id).where(TrialReviewer.brief_id == trial.brief_id)))

    def test_that_are_waited_for_pass_on_and_nothing_opens_early(self, session, business, trial):
        trial_reviews.save(trial, by=business.owner, given=self.scores(session, trial), version=0, hand_in=True)
        session.flush()
        hand_overs.hand_over(session, business.member.user_id, by=business.owner, to=business.admin.user_id)
        result = trial_reviews.result_of(session, trial, today=date(2026, 11, 9))
        assert not result.is_revealed
        assert [one.user_id for one in result.waiting] == [business.admin.user_id]

    def test_that_were_begun_stay(self, session, business, trial):
        trial_reviews.save(trial, by=business.member, given=self.scores(session, trial), version=0, hand_in=True)
        session.flush()
        assert not hand_overs.of(session, business.member.user_id)[HandedKind.REVIEWS]

    def test_are_not_given_to_somebody_who_could_read_what_others_saw(self, session, business, trial, clock_at):
        trial_reviews.save(trial, by=business.owner, given=self.scores(session, trial), version=0, hand_in=True)
        session.flush()
        clock_at("2026-11-30 09:00")
        given = hand_overs.hand_over(session, business.member.user_id, by=business.owner, to=business.admin.user_id)
        assert HandedKind.REVIEWS not in given
        assert self.reviewers(session, trial) == {business.member.user_id, business.owner.user_id}

    def test_are_nobodys_twice(self, session, business, trial):
        given = hand_overs.hand_over(session, business.member.user_id, by=business.owner, to=business.owner.user_id)
        assert HandedKind.REVIEWS not in given


class TestWhoMay:
    def test_hand_over_what_is_theirs(self, session, business, held):
        assert hand_overs.hand_over(
            session, business.member.user_id, by=business.member, to=business.owner.user_id, kinds=[HandedKind.NEEDS]
        )

    @pytest.mark.parametrize("person", ["member", "viewer"])
    def test_not_what_is_anothers(self, session, business, person):
        with pytest.raises(Forbidden):
            hand_overs.hand_over(
                session, business.owner.user_id, by=getattr(business, person), to=business.admin.user_id
            )

    @pytest.mark.parametrize("person", ["viewer", "stranger", "member"])
    def test_to_nobody_who_cannot_look_after_it(self, session, business, held, person):
        with pytest.raises(Refused) as refused:
            hand_overs.hand_over(
                session, business.member.user_id, by=business.owner, to=getattr(business, person).user_id
            )
        assert refused.value.field == "successor"

    def test_not_of_strangers(self, session, business):
        with pytest.raises(Missing):
            hand_overs.hand_over(session, business.stranger.user_id, by=business.owner, to=business.admin.user_id)

    def test_also_for_somebody_who_has_left_and_nothing_stays_with_them(self, session, business, held):
        members.deactivate(session, business.member.user_id, by=business.owner)
        hand_overs.hand_over(session, business.member.user_id, by=business.admin, to=business.admin.user_id)
        assert set(holders(session, held).values()) == {business.admin.user_id}


def told(session, person) -> list[dict]:
    lines = select(News.facts).where(News.user_id == person.user_id, News.kind == NewsKind.HANDED).order_by(News.id)
    return list(session.scalars(lines))


def test_the_successor_is_told_what_is_theirs_and_who_takes_it_themselves_knows(session, business, held):
    hand_overs.hand_over(session, business.member.user_id, by=business.owner, to=business.admin.user_id)
    kinds = {line["what"]: line["id"] for line in told(session, business.admin)}
    assert kinds == {
        "owner": held[HandedKind.VENDORS],
        "backup": held[HandedKind.STEPPING_IN],
        "need": held[HandedKind.NEEDS],
        "reviewer": held[HandedKind.REVIEWS],
        "referral": held[HandedKind.REFERRALS],
    }
    hand_overs.hand_over(session, business.admin.user_id, by=business.owner, to=business.owner.user_id)
    assert not told(session, business.owner)


def test_many_vendors_are_told_in_one_line(session, business):
    for number in range(hand_overs.TOLD_ONE_BY_ONE + 1):
        vendors.add(session, by=business.member, name=f"Vendor {number}")
    hand_overs.hand_over(session, business.member.user_id, by=business.owner, to=business.admin.user_id)
    [line] = told(session, business.admin)
    assert line["count"] == hand_overs.TOLD_ONE_BY_ONE + 1


def test_leaving_hands_over_the_same(session, business, held):
    members.deactivate(session, business.member.user_id, by=business.owner, successor_id=business.admin.user_id)
    assert set(holders(session, held).values()) == {business.admin.user_id}
    assert len(lines(session)) == 1
