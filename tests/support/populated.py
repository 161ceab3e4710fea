"""Fern & Flint after some months: one of everything that a business can hold, written through the domain.

Whoever needs other words passes ``say``: every text that a person would type goes through it, so that a test can
write all of it in another alphabet, or make all of it far too long.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Engine, and_, select, update

from crm.core import clock, limits
from crm.core.dates import CadenceUnit
from crm.core.settings import MailServer, Settings
from crm.core.tenancy import WorkspaceSession, session_of
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import (
    agreements,
    api_tokens,
    attachments,
    brief_giving,
    bulk_acts,
    calendars,
    criteria,
    custom_fields,
    decision_areas,
    delegated_works,
    delegation_hints,
    deletions,
    discounts,
    doubles,
    email_changes,
    flaws,
    goodwill,
    identities,
    import_reading,
    imports,
    interactions,
    members,
    merges,
    mirror,
    needs,
    news,
    notes,
    openings,
    parkings,
    people,
    promises,
    ratings,
    readiness,
    readiness_reminders,
    referral_letters,
    referral_links,
    referrals,
    reminder_links,
    reminders,
    resets,
    saved_filters,
    small_tasks,
    stages,
    standings,
    stopped_addresses,
    suppressions,
    tags,
    touches,
    trial_briefs,
    trial_decisions,
    trial_reviews,
    trial_work,
    trials,
    trust_entries,
    vendor_cards,
    vendor_letters,
    vendors,
    webhook_events,
    webhooks,
)
from crm.domain.decision_areas import Agreement
from crm.domain.delegated_works import Verdict, Wanted
from crm.domain.discounts import Terms
from crm.domain.goodwill import Turn
from crm.domain.import_columns import ImportField
from crm.domain.import_running import DoubleChoice
from crm.domain.interactions import Next
from crm.domain.needs import NeedTerms
from crm.domain.parking_terms import Figure, ParkingTerms
from crm.domain.ratings import Occasion
from crm.domain.reminder_links import Tokens
from crm.domain.rhythms import Rhythm
from crm.domain.trial_briefs import BriefTerms, Condition, Criterion
from crm.domain.trial_decisions import DecisionTerms
from crm.domain.trials import TrialTerms
from crm.domain.trust_entries import Observation, Quick
from crm.domain.vendor_letters import Recipient
from crm.mail.mime import Letter
from crm.models.categories import Category
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import (
    Answer,
    AttachmentKind,
    Availability,
    BulkKind,
    CadenceChoice,
    CardPart,
    Channel,
    Dimension,
    Direction,
    FieldKind,
    GoodwillKind,
    GoodwillSide,
    Hint,
    Importance,
    InteractionKind,
    Level,
    Maturity,
    NeedStatus,
    NewsKind,
    Outcome,
    ParkingReason,
    PromiseKind,
    PromiseState,
    RatePeriod,
    ReferralSide,
    ReferralState,
    Role,
    Stage,
    StandingLevel,
    Statement,
    StopReason,
    Tier,
    TokenScope,
    TrialDecisionKind,
    TrialOutcome,
    VendorKind,
    Visibility,
    Weight,
)
from crm.models.log import Mention
from crm.models.needs import CategoryPrerequisite
from crm.models.reminders import Reminder
from crm.models.sharing import News
from crm.models.standings import Standing
from crm.models.trials import TrialBrief, TrialTask
from crm.models.vendors import Vendor
from crm.models.ways_in import Passkey
from crm.models.workspaces import Membership, User, Workspace
from crm.queries import agreements as agreement_queries
from crm.queries import custom_fields as field_queries
from crm.queries import trial_briefs as brief_queries
from crm.queries.custom_fields import Money, Value
from crm.queries.identities import of_person
from tests.support import letters
from tests.support.people import Business

Say = Callable[[str], str]

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082"
)
"""The smallest PNG there is: one pixel."""


@dataclass
class Populated:
    """Where everything is: ``ids`` by the names that addresses use, such as ``vendor_id``; vendors by their stage."""

    business: Business
    ids: dict[str, int] = field(default_factory=dict)
    at_stage: dict[Stage, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    """Secrets of links, by the endpoint that they open."""

    @property
    def vendor_id(self) -> int:
        """The vendor of whom everything is known."""
        return self.ids["vendor_id"]


def populate(engine: Engine, business: Business, settings: Settings, *, say: Say = str) -> Populated:
    """Fills the business and answers where things are. Days count from the business's own today."""
    place = Populated(business)
    rename(engine, business.people, say)
    author = _Author(place, settings, say)
    for write in (_everything, _imports):
        with workspace_work(engine, business.workspace.id) as session:
            write(session, author)
    letter = Letter(subject=say("A letter"), text=say("Hello."), html=f"<p>{say('Hello.')}</p>")
    place.ids["message_id"] = letters.put_in(engine, business.owner, key="populated:1", letter=letter).id
    return place


def rename(engine: Engine, team: list[Membership], say: Say) -> None:
    """Gives a business, its people and its categories names that went through ``say``."""
    workspace = team[0].workspace
    with installation_work(engine) as session:
        session.execute(update(Workspace).where(Workspace.id == workspace.id).values(name=say(workspace.name)))
        for member in team:
            session.execute(update(User).where(User.id == member.user_id).values(name=say(member.user.name)))
    with workspace_work(engine, workspace.id) as within:
        for category in within.scalars(select(Category).order_by(Category.id)):
            category.name = say(category.name)
        for criterion in criteria.ranked(within):
            criterion.name = say(criterion.name)
        for line in within.scalars(select(CategoryPrerequisite)):
            line.what = say(line.what)


@dataclass
class _Author:
    """Who writes the story down, with which words, from which day."""

    place: Populated
    settings: Settings
    say: Say

    @property
    def by(self) -> Membership:
        return self.place.business.owner

    @property
    def today(self) -> date:
        return self.by.workspace.today

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def ahead(self, days: int) -> date:
        return self.today + timedelta(days=days)


def _everything(session: WorkspaceSession, author: _Author) -> None:
    active = _the_known_one(session, author)
    ids = author.place.ids
    ids["vendor_id"] = active.id
    _conversations(active, author)
    _trust_and_areas(active, author)
    _files(active, author)
    _other_stages(session, author)
    _network(session, active, author)
    _letter_out(session, active, author)
    _team(session, author)
    _checks(session, author)
    _uploads(session, author)
    _custom_fields(session, active, author)
    _standings(session, active, author)
    _needs(session, author)
    _briefs(session, author)
    _calls(active, author)
    _puts_off(session, author)
    _doubles(session, active, author)
    _lists(session, active, author)
    session.flush()
    _reminders(session, author)
    _news(session, active, author)
    _deleted(active, author)


def _news(session: WorkspaceSession, active: Vendor, author: _Author) -> None:
    """What the owner is told: what happens with whom they follow, that they were called, and what is theirs now."""
    business = author.place.business
    for vendor_id in (active.id, author.place.at_stage[Stage.PARKED]):
        news.follow(session.get_one(Vendor, vendor_id), by=author.by)
    news.follow(active, by=business.member)
    notes.write(active, by=business.member, body=author.say("They ring before noon"))
    note = notes.write(active, by=business.member, body=author.say("They moved to Leeds"))
    session.flush()
    called = Mention(
        vendor_id=active.id, note_id=note.id, user_id=author.by.user_id, mentioned_by=business.member.user_id
    )
    session.add(called)
    session.flush()
    news.mentioned(session, called, by=business.member)
    news.hand(
        session,
        author.by.user_id,
        by=business.admin,
        what=news.Handed.NEED,
        subject_id=author.place.ids["need_id"],
        name=author.say("Photos for spring"),
    )
    session.flush()
    told = select(News.id).where(News.user_id == author.by.user_id, News.kind == NewsKind.FOLLOWED)
    author.place.ids["news_id"] = session.scalars(told.order_by(News.id.desc()).limit(1)).one()


def _deleted(vendor: Vendor, author: _Author) -> None:
    """Something lies in the bin."""
    url = "https://copperbeech.example/old"
    link = attachments.add_link(vendor, by=author.by, url=url, title=author.say("The old portfolio"))
    author.place.ids["item_id"] = deletions.of_link(link, by=author.by).id


def _the_known_one(session: WorkspaceSession, author: _Author) -> Vendor:
    say = author.say
    niche = session.scalars(select(Category).where(Category.parent_id.is_not(None)).order_by(Category.id)).first()
    assert niche is not None
    author.place.ids["category_id"] = niche.id
    author.place.ids["criterion_id"] = criteria.ranked(session)[0].id
    vendor = vendors.add(
        session,
        by=author.by,
        stage=Stage.ACTIVE,
        name=say("Copperbeech Words"),
        what_they_do=say("Product pages that sound like us"),
        kind=VendorKind.FREELANCER,
        category_ids=[niche.id],
        tags=[say("spring launch"), say("by train")],
        website="https://copperbeech.example/work",
        location=say("Leeds"),
        time_zone="Europe/Berlin",
        working_hours=say("Mornings"),
        languages=say("Danish"),
        currency="GBP",
        rate_amount=4250,
        rate_period=RatePeriod.HOUR,
        minimum_amount=50000,
        minimum_period=RatePeriod.PROJECT,
        availability=Availability.LIMITED,
        availability_as_of=author.ago(20),
        availability_until=author.ahead(40),
        leave_from=author.ahead(60),
        leave_to=author.ahead(70),
        source=say("The winter fair"),
        referred_by=say("A neighbour"),
        backup_id=author.place.business.member.user_id,
        tier=Tier.A,
        cadence_choice=CadenceChoice.OWN,
        cadence_every=3,
        cadence_unit=CadenceUnit.WEEKS,
    )
    author.place.at_stage[Stage.ACTIVE] = vendor.id
    person = people.add(
        vendor,
        by=author.by,
        name=say("Rashid Amin"),
        role=say("Writes everything"),
        emails=["rashid@copperbeech.example"],
        phones=["+44 113 496 0000"],
        preferred_channel=Channel.PHONE,
        notes=say("Rings back in the evening"),
    )
    author.place.ids["person_id"] = person.id
    flaw = flaws.accept(vendor, by=author.by, flaw=say("Slow on Mondays"), workaround=say("Write on Tuesday"))
    author.place.ids["flaw_id"] = flaw.id
    given = {row.id: 4 for row in criteria.ranked(session)}
    occasion = Occasion(author.ago(3), say("The spring pages"), remark=say("Calm and clear"))
    author.place.ids["rating_id"] = ratings.rate(vendor, by=author.by, given=given, occasion=occasion)[0].id
    author.place.ids["tag_id"] = tags.known(session, [say("spring launch")])[0].id
    return vendor


def _conversations(vendor: Vendor, author: _Author) -> None:
    say, by, ids = author.say, author.by, author.place.ids
    spoken = interactions.log(
        vendor,
        by=by,
        kind=InteractionKind.CALL,
        occurred_on=author.ago(38),
        person_id=ids["person_id"],
        summary=say("Winter range, the **burn times** first."),
        minutes=20,
        then=Next(author.ahead(2), PromiseKind.OURS, say("Send the table")),
    )
    ids["interaction_id"] = spoken.id
    interactions.log(
        vendor,
        by=by,
        kind=InteractionKind.EMAIL,
        occurred_on=author.ago(3),
        outcome=Outcome.ATTEMPT,
        summary=say("Asked again."),
    )
    note = notes.write(vendor, by=by, body=say("Never before nine. [A link](https://copperbeech.example)"))
    ids["note_id"] = note.id
    notes.write(vendor, by=by, body=say("For me alone."), visibility=Visibility.AUTHOR)
    notes.write(vendor, by=by, body=say("For the two of us."), visibility=Visibility.ADMINS)
    promise = promises.make(vendor, by=by, kind=PromiseKind.THEIRS, due_on=author.ahead(5), what=say("A first draft"))
    ids["promise_id"] = promise.id
    late = promises.make(vendor, by=by, kind=PromiseKind.FOLLOW_UP, due_on=author.today, what=say("Ask how it went"))
    ids["due_promise_id"] = late.id
    kept = promises.make(vendor, by=by, kind=PromiseKind.OURS, due_on=author.ahead(1), what=say("Pay the bill"))
    promises.close(kept, by=by, state=PromiseState.KEPT)


def _trust_and_areas(vendor: Vendor, author: _Author) -> None:
    say, by, ids = author.say, author.by, author.place.ids
    for days, quick in ((200, Quick.ON_TIME), (90, Quick.MISSED_SILENTLY), (30, Quick.CAUGHT_OUR_MISTAKE)):
        entry = trust_entries.observe_quickly(vendor, by=by, quick=quick, occurred_on=author.ago(days))
        ids["entry_id"] = entry.id
    seen = Observation(
        occurred_on=author.ago(9),
        dimension=Dimension.ABILITY,
        direction=Direction.POSITIVE,
        weight=Weight.MAJOR,
        what_happened=say("All eleven pages used without a change"),
        evidence=say("The pages themselves"),
        person_id=ids["person_id"],
        vendor_told=True,
        our_response=say("Thanked them"),
    )
    ids["entry_id"] = trust_entries.observe(vendor, by=by, seen=seen).id
    agreed = Agreement(
        name=say("Product pages"),
        wished_level=Level.DELEGATE,
        wished_by=author.ahead(90),
        limit_amount=30000,
        limit_currency="GBP",
        limit_scope=say("Pictures and fonts"),
        procedure=say("Two drafts, then live"),
        maturity=Maturity.HIGH,
        rhythm_every=2,
        rhythm_unit=CadenceUnit.WEEKS,
    )
    area = decision_areas.hand_over(
        vendor, by=by, level=Level.CONSULT, agreed=agreed, why=say("They know the words"), on=author.ago(100)
    )
    ids["area_id"] = area.id
    decision_areas.move_to(area, by=by, level=Level.ADVISE, why=say("Eleven pages without a change"))
    decision_areas.hand_over(vendor, by=by, level=Level.TELL, agreed=Agreement(name=say("Claims about safety")))
    spending = Agreement(name=say("Pictures from agencies"), spends_money=True)
    bought = decision_areas.hand_over(vendor, by=by, level=Level.INQUIRE, agreed=spending, on=author.ago(100))
    put_off = delegation_hints.put_off(vendor, by=by, kind=Hint.NO_PROCEDURE, area_id=bought.id)
    ids["dismissal_id"] = put_off.id
    ids["mirror_dismissal_id"] = mirror.put_off(session_of(vendor), by=author.place.business.owner).id
    _works(vendor, author)
    access = decision_areas.give_access(
        vendor, by=by, what=say("The shop's back office"), granted_on=author.ago(50), area_id=area.id
    )
    ids["access_id"] = access.id
    ids["agreement_link_id"] = agreements.share(vendor, by=by).id
    [link] = agreement_queries.links_of(session_of(vendor), vendor.id)
    token = agreements.token_of(author.settings, link, workspace_id=by.workspace_id)
    assert token is not None
    author.place.tokens["agreements.shared"] = token
    parts = (CardPart.WHAT_THEY_DO, CardPart.WEBSITE, CardPart.PERSON, CardPart.EMAIL, CardPart.RATE)
    card = vendor_cards.write(
        vendor, by=by, parts=parts, person_id=ids["person_id"], words=say("Plain things worth reading.")
    )
    vendor_cards.share(card)
    author.place.tokens["vendor_cards.shared"] = vendor_cards.token_of(author.settings, card) or ""


def _works(vendor: Vendor, author: _Author) -> None:
    """One that waits and is late, one that came, one that is accepted after a round of changes, one rejected."""
    say, by, ids = author.say, author.by, author.place.ids

    def asked(title: str, due: int) -> DelegatedWork:
        wanted = Wanted(say(title), say("In our voice"), ids["area_id"])
        return delegated_works.hand_out(
            vendor, by=by, wanted=wanted, due_on=author.ago(due), asked_on=author.ago(due + 20)
        )

    ids["work_id"] = asked("The autumn guide", 2).id
    delegated_works.deliver(asked("The gift page", 5), by=by, on=author.ago(6))
    said = Verdict(say("Used nearly as it came"), 3, 20, 240, 45000, "GBP", gave_promised=True)
    accepted = asked("The burn times", 40)
    delegated_works.deliver(accepted, by=by, on=author.ago(41))
    delegated_works.send_back(accepted, by=by, due_on=author.today, what=say("The table is missing"))
    delegated_works.accept(accepted, by=by, verdict=said, delivered_on=author.today)
    delegated_works.reject(
        asked("The label", 30), by=by, verdict=Verdict(say("No scents")), delivered_on=author.ago(25)
    )
    delegated_works.call_off(asked("The fair", 3), by=by, why=say("It is cancelled"))
    ids["decided_work_id"] = accepted.id


def _files(vendor: Vendor, author: _Author) -> None:
    file = attachments.attach(
        vendor,
        by=author.by,
        content=io.BytesIO(PICTURE),
        name=f"{author.say('agreement')[:60]}.png",
        folder=author.settings.uploads,
        kind=AttachmentKind.CONTRACT,
    )
    link = attachments.add_link(
        vendor,
        by=author.by,
        url="https://copperbeech.example/portfolio/",
        title=author.say("Their best pages"),
        kind=AttachmentKind.PORTFOLIO,
    )
    author.place.ids.update(attachment_id=file.id, link_id=link.id)


def _other_stages(session: WorkspaceSession, author: _Author) -> None:
    say, by, ids, stage_of = author.say, author.by, author.place.ids, author.place.at_stage

    def add(name: str, **more: Any) -> Vendor:
        return vendors.add(
            session, by=by, name=say(name), what_they_do=say("Small boxes"), despite_doubles=True, **more
        )

    prospect = add("Foxglove Photo", owner_id=author.place.business.member.user_id)
    stage_of[Stage.PROSPECT] = prospect.id

    trial = add("Pinnock Ads")
    move = stages.move(trial, by=by, to=Stage.TRIAL, trial=TrialTerms(what=say("One campaign"), due_on=author.ahead(1)))
    stage_of[Stage.TRIAL], ids["move_id"] = trial.id, move.id
    [ids["trial_id"]] = [task.id for task in trials.open_trials(session, trial)]

    done = add("Halyard Sound")
    stages.move(done, by=by, to=Stage.TRIAL, trial=TrialTerms(what=say("One jingle"), due_on=author.ahead(1)))
    [task] = trials.open_trials(session, done)
    trials.decide(task, by=by, outcome=TrialOutcome.PASSED, note=say("Better than ours"))
    ids["decided_trial_id"] = task.id
    _trial_under_way(trials.find(session, ids["trial_id"]), author)

    parked = add("Saltmarsh Films", stage=Stage.ACTIVE, category_ids=[ids["category_id"]])
    stages.move(parked, by=by, to=Stage.PARKED, parking=_terms(author))
    stage_of[Stage.PARKED] = parked.id
    ids["parking_id"] = parkings.of_vendor(session, parked).id
    ripe = add("Kettle and Crane")
    parkings.park(ripe, by=by, reason=ParkingReason.NO_BUDGET, condition=say("The balm has a launch date"))
    parkings.tick(parkings.of_vendor(session, ripe), by=by)
    for reason in (ParkingReason.PRICE_TOO_HIGH, ParkingReason.NOTHING_TO_OUTSOURCE, ParkingReason.OTHER):
        other = add(f"Tern and Tide {reason}")
        parkings.park(other, by=by, reason=reason, details=say("They moved on") if reason == "other" else "")

    ended = add("Little Anvil")
    stages.move(ended, by=by, to=Stage.TRIAL, trial=TrialTerms(what=say("One box"), due_on=author.ahead(1)))
    [task] = trials.open_trials(session, ended)
    decided = DecisionTerms(TrialDecisionKind.DECLINE, say("We both moved on"), exit_to=Stage.ENDED)
    decision = trial_decisions.decide(task, by=by, terms=decided)
    trial_decisions.told_by_hand(decision, by=by, to=None, subject=say("Thank you"), body=say("We go no further"))
    ids["decision_id"] = decision.id
    stage_of[Stage.ENDED] = ended.id
    unfit = add("Grey Heron Print", do_not_contact=True)
    stages.move(unfit, by=by, to=Stage.NOT_A_FIT, why=say("They print on plastic"))
    stage_of[Stage.NOT_A_FIT] = unfit.id


def _trial_under_way(trial: TrialTask, author: _Author) -> None:
    """Something came, something was asked, and something went back."""
    say, by, ids = author.say, author.by, author.place.ids
    asked_at = clock.now() - timedelta(hours=3)
    trial_work.answer(
        trial_work.ask(trial, body=say("Which colours?"), by=by, asked_at=asked_at),
        by=by,
        answered_at=clock.now(),
        words=say("The brown ones"),
    )
    ids["question_id"] = trial_work.ask(trial, body=say("How long may it be?"), by=by, asked_at=asked_at).id
    trial_work.note_notice(trial, by=by)
    trial_work.deliver(trial, by=by, on=author.today)
    trial_work.add_deliverable(trial, by=by, on=author.today, url="https://pinnock.example/one")
    line = trial_work.add_deliverable(trial, by=by, on=author.today, what=say("In the shared folder"))
    ids["deliverable_id"] = line.id
    trial_work.say_promised(trial, by=by, gave_promised=True)
    words = {"shared": say("They sell soap too"), "to_explain": say("What a refill is")}
    trial_work.put_words(trial, by=by, version=trial.version, **words)
    trial_work.send_back(trial, by=by, due_on=author.ahead(3), what=say("Shorter"))
    trial_work.deliver(trial, by=by, on=author.today)


def _terms(author: _Author) -> ParkingTerms:
    say = author.say
    return ParkingTerms(
        reason=ParkingReason.AT_CAPACITY,
        until=author.ahead(30),
        details=say("Booked until March"),
        condition=say("A free week"),
        figure=Figure(2, 5, "", say("days")[:40]),
        rhythm=Rhythm(CadenceChoice.OWN, 6, CadenceUnit.WEEKS),
        told_vendor=say("That we would ring in spring"),
        offer_small_tasks=True,
        ask_for_discount=True,
    )


def _network(session: WorkspaceSession, vendor: Vendor, author: _Author) -> None:
    say, by, ids = author.say, author.by, author.place.ids
    opening = openings.add(
        session,
        by=by,
        business=say("Quarry Lane Nursery"),
        person=say("Hal Whitmore"),
        email="hal@quarrylane.example",
        what_they_need=say("Somebody to rewrite the website"),
        category_id=ids["category_id"],
        budget_amount=150000,
        currency="GBP",
        until=author.ahead(50),
    )
    free = openings.add(session, by=by, business=say("Marram Dental"), what_they_need=say("Three short films"))
    ids.update(opening_id=opening.id, free_opening_id=free.id)
    closed = openings.add(session, by=by, business=say("Old Mill Bakery"))
    openings.close(closed, by=by)
    stopped_addresses.stop(session, "office@oldmill.example", by=by, why=StopReason.RETURNED)
    referral = referrals.refer(
        vendor, by=by, opening_id=opening.id, blurb=say("Makes plain things worth reading."), terms=say("A cake")
    )
    for days, state in ((12, ReferralState.VENDOR_ASKED), (11, ReferralState.VENDOR_YES)):
        step = referrals.record_step(
            referral, by=by, state=state, happened_on=author.ago(days), channel=Channel.EMAIL, note=say("At once")
        )
    ids.update(referral_id=referral.id, step_id=step.id)
    terms = discounts.agree(vendor, Terms(1_000, None, "GBP", evidence=say("Her letter of May")), by=by)
    won = openings.add(session, by=by, business=say("Lanyard Coffee"))
    for name, ended in ((won, True), (openings.add(session, by=by, business=say("Heron Bikes")), False)):
        other = referrals.refer(vendor, by=by, opening_id=name.id)
        referrals.record_step(other, by=by, state=ReferralState.WON, happened_on=author.ago(0))
        if ended:
            referrals.note_closed(other, by=by, amount=90_000, currency="GBP")
    [waits] = discounts.to_be_valued(session, vendor.id)
    used = discounts.use(vendor, 2_000, "GBP", on=author.ago(0), note=say("Invoice 12"), by=by)
    turn = Turn(GoodwillSide.RECEIVED, GoodwillKind.ADVICE, author.ago(9), say("An hour on pricing"), 5_000, "GBP")
    entry = goodwill.record(vendor, turn, by=by)
    ids.update(goodwill_id=entry.id, terms_id=terms.id, credit_id=used.id, unvalued_credit_id=waits.id)


def _letter_out(session: WorkspaceSession, vendor: Vendor, author: _Author) -> None:
    """A letter to a vendor that waits to leave from here, and the way out that stands in it."""
    session.get_one(Workspace, session.workspace_id).postal_address = author.say("12 Fern Lane")
    server = MailServer(host="127.0.0.1", port=25, user=None, password=None, security="off")
    to = Recipient(author.place.ids["person_id"], author.say("Rashid Amin"), "rashid@copperbeech.example")
    letter = vendor_letters.send(
        vendor,
        by=author.by,
        settings=replace(author.settings, smtp=server),
        to=to,
        subject=author.say("How did it go?")[: limits.SUBJECT_LENGTH],
        body=author.say("I wondered how the winter range went."),
        press="populated",
    )
    author.place.ids["letter_id"] = letter.id
    token = suppressions.token_for(author.settings, to.address, workspace_id=session.workspace_id)
    author.place.tokens["opt_outs.show"] = author.place.tokens["opt_outs.come_back"] = token
    author.place.tokens["calendars.feed"] = calendars.make(session, by=author.by)
    _ask_out(session, replace(author.settings, smtp=server, base_url_is_set=True), author)


def _ask_out(session: WorkspaceSession, settings: Settings, author: _Author) -> None:
    """The business is asked whether it wants to meet the vendor, by a letter that waits to leave."""
    letter = referral_letters.ask(
        referrals.find(session, author.place.ids["referral_id"]),
        by=author.by,
        settings=settings,
        side=ReferralSide.BUSINESS,
        subject=author.say("Somebody you may want to meet")[: limits.SUBJECT_LENGTH],
        body=author.say("She makes plain things worth reading."),
        press="populated",
    )
    # It is kept in the language in which the letter was written.
    letter.disclosure = author.say(letter.disclosure)[: referral_letters.DISCLOSURE_LENGTH]
    author.place.ids["referral_letter_id"] = letter.id
    token = referral_links.token_for(author.settings, letter)
    author.place.tokens["referral_answers.show"] = author.place.tokens["referral_answers.answer"] = token


def _team(session: WorkspaceSession, author: _Author) -> None:
    made = members.invite(session, by=author.by, email="newcomer@fern.example", role=Role.MEMBER)
    author.place.ids["invitation_id"] = made.invitation.id
    token = api_tokens.make(session, by=author.by, name=author.say("Our website"), scope=TokenScope.READ)
    author.place.ids["token_id"] = token.token.id
    api_tokens.make(session, by=author.place.business.member, name=author.say("Her telephone"), scope=TokenScope.WRITE)
    author.place.ids["user_id"] = author.place.business.member.user_id
    webhook, _secret = webhooks.add(
        session,
        by=author.by,
        name=author.say("The office chat"),
        url="https://chat.example/hooks/7",
        events=webhooks.EVENTS,
        secret_key=author.settings.secret_key,
    )
    author.place.ids["webhook_id"] = webhook.id
    author.place.ids["delivery_id"] = webhook_events.test(webhook, by=author.by).id
    author.place.tokens["members.invitation"] = made.token
    author.place.ids["passkey_id"] = _passkey(session, author)
    author.place.ids["identity_id"] = _identity(session, author)


def _identity(session: WorkspaceSession, author: _Author) -> int:
    """What a sign-in service calls the author."""
    issuer, person = "https://login.example.org", author.by.user_id
    identities.link(session, person, issuer=issuer, subject="u-1", name=author.say("Fern Login"))
    return of_person(session, person)[0].id


def _passkey(session: WorkspaceSession, author: _Author) -> int:
    """A passkey of somebody who is in no business any more: whoever has one signs in by two steps."""
    basis = author.place.business.member.user
    keeper = User(email="keeper@fern.example", name=author.say("Una Keeper"), password_hash=basis.password_hash)
    session.add(keeper)
    session.flush()
    row = Passkey(user_id=keeper.id, credential_id="keeper", public_key=b"", name=author.say("Her old telephone"))
    session.add(row)
    session.flush()
    return row.id


def _checks(session: WorkspaceSession, author: _Author) -> None:
    """Readiness looked at twice, with something to do, something done, and a check that somebody has begun."""
    by, ids = author.by, author.place.ids
    for everything in (Answer.NOT_STARTED, Answer.IN_A_HEAD):
        check = readiness.take(session, by=by, answers=dict.fromkeys(Statement, everything))
    done, waiting = (
        readiness.add_task(check, by=by, statement=statement, title=author.say(title))
        for statement, title in ((Statement.MONEY_BUDGET, "Set a sum"), (Statement.TIME_HOURS, "Keep Friday free"))
    )
    readiness.tick(done, by=by)
    readiness.save(session, by=by, answers={Statement.NEED_DONE: Answer.PARTLY_WRITTEN})
    ids.update(check_id=check.id, task_id=waiting.id)


def _custom_fields(session: WorkspaceSession, vendor: Vendor, author: _Author) -> None:
    """One of each kind with something in it, one more of a list that is empty, and one that is put away."""
    say, by, ids = author.say, author.by, author.place.ids
    fields = {
        kind: custom_fields.define(
            session,
            by=by,
            name=say(f"Asked as {kind}"),
            kind=kind,
            help_line=say("As the contract says"),
            choices=[say("Net 30"), say("Net 60")] if kind is FieldKind.CHOICE else [],
        )
        for kind in FieldKind
    }
    choice = next(field for field in field_queries.fields(session) if field.kind is FieldKind.CHOICE)
    ids.update(field_id=fields[FieldKind.TEXT].id, option_id=choice.options[0].id)
    old = custom_fields.define(session, by=by, name=say("Asked before"), kind=FieldKind.TEXT)
    values: dict[FieldKind, Value] = {
        FieldKind.TEXT: say("Two drafts"),
        FieldKind.NUMBER: Decimal("12.5"),
        FieldKind.DATE: author.ago(400),
        FieldKind.CHOICE: choice.options[0],
        FieldKind.URL: "https://copperbeech.example/terms",
        FieldKind.MONEY: Money(120050, "EUR"),
    }
    custom_fields.set_values(vendor, {fields[kind].id: value for kind, value in values.items()})
    custom_fields.archive(old, by=by)


def _needs(session: WorkspaceSession, author: _Author) -> None:
    say, by, ids = author.say, author.by, author.place.ids
    wanted = NeedTerms(
        outcome=say("Two product films a month"),
        category_id=ids["category_id"],
        deliverables=say("Two films of thirty seconds"),
        volume=say("Two a month"),
        budget_amount=120_000,
        budget_currency="GBP",
        starts_from=author.ahead(20),
        acceptance=say("Used in the shop without a change"),
        importance=Importance.STRATEGIC,
        owner_id=by.user_id,
    )
    small = replace(wanted, outcome=say("A film of the new candle"), importance=Importance.USEFUL, is_small=True)
    needs.add(session, by=by, terms=small)
    given = needs.add(session, by=by, terms=replace(small, outcome=say("A film of the old candle")))
    parked = session.get_one(Vendor, author.place.at_stage[Stage.PARKED])
    task = small_tasks.give(given, parked, by=by, due_on=author.ahead(14))
    delegated_works.accept(task, by=by, verdict=Verdict(), delivered_on=author.today)
    ids["small_need_id"] = given.id
    page = needs.add(session, by=by, terms=NeedTerms(outcome=say("A page that sells")))
    need = needs.add(session, by=by, terms=wanted)
    ids["prerequisite_id"] = needs.require_first(need, by=by, whats=[say("A brand guide")])[0].id
    needs.require_first(need, by=by, other_id=page.id)
    ids["need_id"] = need.id
    ids["need_move_id"] = needs.move(need, by=by, to=NeedStatus.SOURCING, why=say("Spring is coming")).id


def _briefs(session: WorkspaceSession, author: _Author) -> None:
    """A brief in full for the need, which a vendor has and knows nothing of yet."""
    say, by, ids = author.say, author.by, author.place.ids
    terms = BriefTerms(
        title=say("Three product pages"),
        body=say("Rewrite the pages of the **balm**, the soap and the candle."),
        need_id=ids["need_id"],
        category_id=ids["category_id"],
        skill=say("Whether it sounds like us"),
        deliverable=say("Three texts in one document"),
        given=say("Our style sheet"),
        paid_amount=12_000,
        paid_currency="GBP",
        hours=6,
        revision_rounds=1,
        conditions=(Condition(say("No invented facts")), Condition(say("Under 120 words each"), is_must=False)),
        criteria=(Criterion(say("Sounds like us"), 3), *trial_briefs.usual_criteria()),
        reviewer_ids=(by.user_id, author.place.business.member.user_id),
    )
    brief = trial_briefs.write(session, by=by, terms=terms)
    vendor = vendors.add(session, by=by, name=say("Larkspur Copy"), person=say("Ines Falk"), despite_doubles=True)
    brief_giving.give(brief, by=by, vendor_ids=[vendor.id], due_on=author.ahead(5))
    ids["brief_id"] = brief.id
    _scored(session, brief, author)


def _scored(session: WorkspaceSession, brief: TrialBrief, author: _Author) -> None:
    """Another vendor has delivered on the brief, both reviewers say what they saw, and one condition is not met."""
    say, by = author.say, author.by
    vendor = vendors.add(session, by=by, name=say("Teasel Texts"), what_they_do=say("Labels"), despite_doubles=True)
    brief_giving.give(brief, by=by, vendor_ids=[vendor.id], due_on=author.ahead(5))
    [trial] = trials.open_trials(session, vendor)
    trial_work.deliver(trial, by=by, on=author.today)
    conditions = [row.id for row in brief_queries.conditions_of(session, brief.id)]
    trial_work.check(trial, by=by, met={conditions[0]: True, conditions[1]: False})
    numbers = [row.id for row in brief_queries.criteria_of(session, brief.id)]
    for who in (by, author.place.business.member):
        given = {number: trial_reviews.Given(4, say("It reads well")) for number in numbers}
        trial_reviews.save(trial, by=who, version=0, given=given, remark=say("I would sign it"), hand_in=True)


def _standings(session: WorkspaceSession, vendor: Vendor, author: _Author) -> None:
    """One that holds, one that is to be reviewed, and one that ended."""
    say, by, ids = author.say, author.by, author.place.ids
    held = standings.give(vendor, by=by, level=StandingLevel.PREFERRED, category_id=ids["category_id"])
    ids["standing_id"] = held.id
    for level in (StandingLevel.CONDITIONAL, StandingLevel.SUSPENDED):
        standings.give(vendor, by=by, level=level, reason=say("Two dates missed"), valid_until=author.today)
    due = session.scalars(select(Standing).where(Standing.category_id.is_(None), Standing.ended_at.is_(None))).one()
    due.valid_until = author.ago(1)
    touches.refresh(session, vendor)


def _calls(vendor: Vendor, author: _Author) -> None:
    """A teammate calls the owner in a note."""
    first_name = author.say("Olive Owner").split()[0]
    body = f"@{first_name} {author.say('can you look at the bill')}"
    notes.write(vendor, by=author.place.business.member, body=body)


def _puts_off(session: WorkspaceSession, author: _Author) -> None:
    """One late check-in is put off, another one left out; a third waits."""
    say, by, ids = author.say, author.by, author.place.ids
    acts: list[Callable[[Reminder], None]] = [
        lambda late: ids.update(snooze_id=reminders.snooze(session, late, by=by, choice=author.ahead(7)).id),
        lambda late: ids.update(skip_id=reminders.skip(session, late, by=by).id),
        lambda late: None,
    ]
    for name, act in zip(("Ledgerwood", "Tidewater Post", "Larch and Co"), acts, strict=True):
        vendor = vendors.add(session, by=by, name=say(name), stage=Stage.ACTIVE, tier=Tier.A, despite_doubles=True)
        interactions.log(
            vendor, by=by, kind=InteractionKind.CALL, occurred_on=author.ago(300), summary=say("How are you?")
        )
        touches.refresh(session, vendor, began_on=author.ago(400))
        act(session.scalars(select(Reminder).where(Reminder.vendor_id == vendor.id, _is_open(by))).one())


def _doubles(session: WorkspaceSession, vendor: Vendor, author: _Author) -> None:
    """One vendor is here twice, one was and is merged, and two of much the same name are not the same."""
    say, by, ids = author.say, author.by, author.place.ids

    def add(name: str, **more: Any) -> Vendor:
        return vendors.add(session, by=by, name=say(name), despite_doubles=True, **more)

    second = add("Copperbeech Words Ltd", website="https://copperbeech.example", location=say("York"))
    third = add("Copperbeech Woods", what_they_do=say("Fences"))
    doubles.tell_apart(session, vendor.id, third.id, by=by)
    kept = add("Rosehip Print", website="https://rosehip.example", location=say("Hull"), person=say("Ann Bell"))
    gone = add("Rosehip Printers", website="https://rosehip-print.example", location=say("Goole"))
    notes.write(gone, by=by, body=say("They bind books too."))
    row = merges.merge(kept, gone, by=by, versions=(kept.version, gone.version), theirs={"location"})
    ids.update(other_id=second.id, merge_id=row.id)


def _is_open(person: Membership) -> ColumnElement[bool]:
    return and_(Reminder.user_id == person.user_id, Reminder.ended_at.is_(None))


def _uploads(session: WorkspaceSession, author: _Author) -> None:
    """Three files taken in. A file is in its place once the transaction is over, and only then it can be read."""
    say = author.say
    table = "\r\n".join(
        (
            ",".join(_columns(say)),
            f"{say('Copperbeech Words')},https://copperbeech.example/other,{say('Newsletters')}",
            f",https://nameless.example,{say('Nobody knows')}",
            f"{say('Dunlin Paper')},https://dunlin.example,{say('Paper')}",
        )
    ).encode()
    for name in ("uploaded", "checked", "done"):
        row = imports.upload(
            session,
            by=author.by,
            content=io.BytesIO(table),
            name=f"{say(name)}.csv",
            folder=author.settings.uploads,
        )
        author.place.ids[f"{name}_import_id"] = row.id


def _columns(say: Say) -> dict[str, ImportField]:
    fields = (ImportField.NAME, ImportField.WEBSITE, ImportField.SERVICES)
    return dict(zip(map(say, ("Supplier", "Web page", "What for")), fields, strict=True))


def _imports(session: WorkspaceSession, author: _Author) -> None:
    """One of the files stays as it is, one is looked through, and one is imported."""
    columns, folder = _columns(author.say), author.settings.uploads
    for name in ("checked", "done"):
        row = imports.find(session, author.place.ids[f"{name}_import_id"])
        with import_reading.reading(imports.original(row, folder), columns) as reading:
            imports.check(row, by=author.by, columns=columns, reading=reading, folder=folder)
        if name == "done":
            with import_reading.reading(imports.original(row, folder), columns) as reading:
                imports.carry_out(
                    row, by=author.by, reading=reading, usually=DoubleChoice.FILL, by_line={}, folder=folder
                )


def _lists(session: WorkspaceSession, vendor: Vendor, author: _Author) -> None:
    """A filter that is shared, and an act on many of which one was so already."""
    say, ids = author.say, author.place.ids
    saved = saved_filters.save(
        session, by=author.by, name=say("Those nearby"), address=urlencode({"location": say("Leeds")}), is_shared=True
    )
    others = [author.place.at_stage[Stage.PROSPECT], author.place.at_stage[Stage.PARKED]]
    terms = bulk_acts.tagging([say("by train")])
    act = bulk_acts.begin(session, by=author.by, kind=BulkKind.TAG, terms=terms, vendor_ids=[vendor.id, *others])
    ids.update(saved_filter_id=saved.id, act_id=act.id)


def _reminders(session: WorkspaceSession, author: _Author) -> None:
    by, place = author.by, author.place
    mine = select(Reminder).where(_is_open(by)).order_by(Reminder.id)
    found = session.scalars(mine.where(Reminder.shown_on <= author.today)).first()
    assert found is not None, "nothing is due: the pages of reminders would have nothing to show"
    place.ids["reminder_id"] = found.id
    links = Tokens(author.settings, by, found.id, author.today)
    place.tokens["reminder_links.done"], place.tokens["reminder_links.snooze"] = links.done, links.snooze
    told = readiness_reminders.due(session, by, date.max)
    assert told is not None, "nobody is told to look again at how ready the business is"
    place.tokens["reminder_links.recheck"] = Tokens(author.settings, by, told.id, told.due_on).recheck
    place.tokens["resets.edit"] = resets.token_for(author.settings, by.user)
    newcomer = place.business.stranger.user
    place.tokens["email_changes.edit"] = email_changes.token_for(author.settings, newcomer, "silas@rook.example")
    place.tokens["reminder_links.leaving"] = reminder_links.unsubscribe_token(author.settings, by)
