"""Briefs as people write them, give them to vendors and send them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from crm.domain import categories, needs, people, trial_briefs, trials, vendors
from crm.domain.needs import NeedTerms
from crm.domain.trial_briefs import BriefTerms, Condition
from crm.domain.trials import TrialTerms
from crm.models.enums import Importance, NeedStatus, SentHow, Stage
from crm.models.log import Interaction
from crm.models.needs import Need
from crm.models.outbox import OutboxMessage
from crm.models.trials import TrialBrief, TrialCriterion, TrialReview, TrialScore, TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace
from crm.queries import trial_briefs as reading
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

FORM = "#brief-form"
DUE = "2026-10-19"
TERMS = BriefTerms(
    title="Three product pages",
    body="Rewrite the **three** pages.",
    skill="Whether it sounds like us",
    paid_amount=12_000,
    paid_currency="GBP",
    hours=6,
    conditions=(Condition("No invented facts"), Condition("Under 120 words each", is_must=False)),
)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def settings(settings_with, smtp_sink):
    """Mail is set up."""
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")


@pytest.fixture
def add(inside, business):
    """add(name) is a vendor with a person and an address."""

    def make(name: str, stage: Stage = Stage.PROSPECT, email: str = "", **more) -> int:
        with inside(business) as session:
            session.get_one(Workspace, business.workspace.id).postal_address = "12 Fern Lane"
            vendor = vendors.add(session, by=business.owner, name=name, stage=stage, **more)
            if email:
                people.add(vendor, by=business.owner, name=f"Ana of {name}", emails=[email])
            return vendor.id

    return make


@pytest.fixture
def brief(inside, business) -> int:
    with inside(business) as session:
        return trial_briefs.write(session, by=business.owner, terms=TERMS).id


@pytest.fixture
def give(inside, business, brief):
    """give(vendor_id) gives the brief to a vendor and answers with the task."""
    from crm.domain import brief_giving

    def act(*vendor_ids: int) -> list[int]:
        with inside(business) as session:
            row = trial_briefs.find(session, brief)
            given = brief_giving.give(row, by=business.owner, vendor_ids=vendor_ids, due_on=date(2026, 10, 19))
            return [trial.id for trial in given.trials]

    return act


@pytest.fixture
def read(inside, business):
    """read(Table, id) is a row as it is stored."""

    def one(table, row_id):
        with inside(business) as session:
            return session.get(table, row_id)

    return one


def typed(page, **changes):
    return {**as_shown(page, FORM), **changes}


def conditions(inside, business, brief_id) -> list[tuple[str, bool]]:
    with inside(business) as session:
        return [(row.what, row.is_must) for row in reading.conditions_of(session, brief_id)]


def criteria(inside, business, brief_id) -> list[tuple[str, int, bool]]:
    with inside(business) as session:
        return [(row.name, row.counts, row.is_fit) for row in reading.criteria_of(session, brief_id)]


def count(inside, business, table) -> int:
    with inside(business) as session:
        return session.scalar(select(func.count(table.id)))


def only_brief(inside, business) -> int:
    with inside(business) as session:
        return session.scalars(select(TrialBrief.id)).one()


# Writing one


def test_a_brief_is_written_and_given_to_several_at_once(client, inside, business, add, read):
    first, second = add("Bluebell Words"), add("Copper Lane Copy")
    form = typed(client.get(f"/trial-briefs/new?vendor={first}&vendor={second}"))
    answer = client.post(
        "/trial-briefs",
        **{
            **form,
            "title": "Three product pages",
            "body": "Rewrite the three pages.",
            "condition_new1": "No invented facts",
            "condition_new2": "Under 120 words each",
            "condition_new2_kind": "should",
            "criterion_new7": "Sounds like us",
            "criterion_new7_counts": "3",
            "paid": "120",
            "hours": "6",
            "revision_rounds": "1",
            "vendor_ids": [str(first), str(second)],
            "due_on": DUE,
        },
    )
    assert answer.status_code == 303, words(answer, ".error-summary")
    brief_id = only_brief(inside, business)
    stored = read(TrialBrief, brief_id)
    assert (stored.title, stored.paid_amount, stored.paid_currency, stored.hours) == (
        "Three product pages",
        12_000,
        "GBP",
        6,
    )
    assert conditions(inside, business, brief_id) == [("No invented facts", True), ("Under 120 words each", False)]
    assert criteria(inside, business, brief_id)[-2:] == [("Fit", 1, True), ("Sounds like us", 3, False)]
    with inside(business) as session:
        assert session.scalars(select(Vendor.stage).order_by(Vendor.id)).all() == [Stage.TRIAL, Stage.TRIAL]
        assert session.scalars(select(TrialTask.brief_id)).all() == [brief_id, brief_id]
    page = client.follow(answer)
    assert "Given to 2 vendors." in words(page, "body")


class TestTheSameFormOnceMore:
    @pytest.fixture
    def send(self, client, add):
        """send(…) sends the form of a brief for Bluebell Words, and for those in ``also``, as it was filled in; what is
        named is changed."""
        vendor_id = add("Bluebell Words")
        said = {"title": "Three pages", "body": "Rewrite them.", "condition_new1": "No inventions", "paid": "120"}
        form = typed(client.get(f"/trial-briefs/new?vendor={vendor_id}"), **said, due_on=DUE)

        def post(*also: int, **changes: str):
            return client.post("/trial-briefs", **{**form, **changes}, vendor_ids=[str(vendor_id), *map(str, also)])

        form.pop("vendor_ids")
        return post

    def test_leads_to_the_brief_that_stands(self, client, inside, business, send):
        first, again = send(), send()
        assert again.location == first.location
        assert "You have just written this down." in words(client.follow(again), "body")
        assert (count(inside, business, TrialBrief), count(inside, business, TrialTask)) == (1, 1)

    def test_gives_it_to_whoever_was_added(self, inside, business, add, send):
        send()
        assert send(add("Copper Lane Copy")).status_code == 303
        assert (count(inside, business, TrialBrief), count(inside, business, TrialTask)) == (1, 2)

    @pytest.mark.parametrize(
        "changes", [{"body": "Rewrite both."}, {"condition_new1": "No dashes"}, {"paid": "130"}, {"hours": "3"}]
    )
    def test_with_other_words_is_another_brief(self, inside, business, send, changes):
        send()
        send(**changes)
        assert count(inside, business, TrialBrief) == 2

    def test_is_another_brief_from_a_colleague_and_later(self, inside, business, browser_of, clock_at, send, add):
        send()
        clock_at("2026-10-05 09:16")
        send()
        assert count(inside, business, TrialBrief) == 2
        colleague, other_id = browser_of(business.member), add("Copper Lane Copy")
        form = typed(colleague.get(f"/trial-briefs/new?vendor={other_id}"), title="Three pages", body="Rewrite them.")
        for _press in range(2):
            answer = colleague.post(
                "/trial-briefs", **{**form, "condition_new1": "No inventions", "paid": "120", "due_on": DUE}
            )
            assert answer.status_code == 303, words(answer, ".error-summary")
        assert count(inside, business, TrialBrief) == 3


def test_undo_takes_the_giving_back_and_keeps_the_brief(client, inside, business, add, read):
    vendor = add("Bluebell Words")
    form = typed(client.get(f"/trial-briefs/new?vendor={vendor}"), title="Pages", body="Three.", due_on=DUE)
    shown = client.follow(client.post("/trial-briefs", **form))
    undo = soup(shown).select_one(".toast form")["action"]
    assert client.post(undo).status_code == 303
    assert (count(inside, business, TrialTask), read(Vendor, vendor).stage) == (0, Stage.PROSPECT)
    assert only_brief(inside, business)
    assert client.post(undo).status_code == 422
    assert count(inside, business, TrialTask) == 0


def test_a_brief_may_wait_for_its_vendors(client, inside, business):
    form = typed(client.get("/trial-briefs/new"), title="Pages", body="Three.")
    page = client.follow(client.post("/trial-briefs", **form))
    assert "Brief written. Nobody has it yet." in words(page, "body")
    assert count(inside, business, TrialTask) == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "Say what the trial task is."),
        ({"body": ""}, "Write what you ask for."),
        ({"paid": "much"}, "Type an amount, such as 120, or choose Unpaid."),
        ({"paid": "0"}, "Type an amount, such as 120, or choose Unpaid."),
        ({"is_paid": "unpaid"}, "Say why it is unpaid."),
        ({"hours": "0"}, "Type a number from 1 to 1000."),
        ({"revision_rounds": "21"}, "Type a number from 0 to 20."),
        ({"criterion_new1": "Fit"}, "“Fit” is there twice."),
        ({"criterion_new1_counts": "4"}, "Choose one of the list."),
        ({"condition_new1": "x" * 501}, "Keep it under 500 characters."),
        ({"need_id": "987654"}, "Choose one of the list."),
        ({"reviewer_ids": "987654"}, "Choose"),
        ({"other_id": "VENDOR"}, "Pick the day it is due."),
        ({"other_id": "VENDOR", "due_on": "2026-10-04"}, "Pick a day from today on."),
        ({"vendor_ids": "987654", "due_on": DUE}, "Choose"),
    ],
)
def test_a_mistake_is_said_and_what_was_typed_stays(client, inside, business, add, changes, sentence):
    vendor = add("Little Anvil", Stage.ACTIVE)
    changes = {name: str(vendor) if value == "VENDOR" else value for name, value in changes.items()}
    form = typed(client.get("/trial-briefs/new"), title="Pages", body="Three.", skill="Tone")
    answer = client.post("/trial-briefs", **{**form, "condition_new2": "No lies", **changes})
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert soup(answer).select_one("input[name=skill]")["value"] == "Tone"
    assert soup(answer).select_one("input[name=condition_new2]")["value"] == "No lies"
    assert count(inside, business, TrialBrief) == 0


def test_more_lines_come_without_losing_what_was_typed_and_nothing_is_stored(client, inside, business):
    form = typed(client.get("/trial-briefs/new"), title="Pages", condition_new3="Short", more="condition")
    again = client.post("/trial-briefs/draft", **form)
    boxes = {box["name"]: box.get("value", "") for box in soup(again).select("[name^=condition_new]:not(select)")}
    assert boxes == {
        **dict.fromkeys((f"condition_new{number}" for number in range(1, 7)), ""),
        "condition_new3": "Short",
    }
    assert len(soup(again).select("input[name^=criterion_new]:not([type=checkbox])")) == 9
    assert soup(again).select_one("input[name=title]")["value"] == "Pages"
    assert count(inside, business, TrialBrief) == 0


def test_an_unpaid_one_keeps_its_reason_and_an_open_amount_is_allowed(client, inside, business, read):
    form = typed(client.get("/trial-briefs/new"), title="Pages", body="Three.")
    client.post("/trial-briefs", **{**form, "is_paid": "unpaid", "unpaid_why": "They offered it"})
    stored = read(TrialBrief, only_brief(inside, business))
    assert (stored.paid_amount, stored.unpaid_why) == (0, "They offered it")
    page = client.get(f"/trial-briefs/{stored.id}/brief")
    assert "Unpaid: They offered it" in words(page)


# What to begin with


def test_a_template_fills_the_boxes(client):
    page = client.get("/trial-briefs/new?template=words")
    form = as_shown(page, FORM)
    assert form["title"] == "Three texts that sound like us"
    assert form["condition_new1"] == "No invented facts, and none left out that we marked"
    assert (form["criterion_new1"], form["criterion_new1_counts"]) == ("Sounds like us", "3")
    assert form["criterion_new7"] == "Fit"
    chosen = soup(page).select_one("select[name=category_id] option[selected]")
    assert chosen.get_text() == "Words"


def test_an_earlier_brief_is_begun_from_and_left_as_it_was(client, inside, business, brief):
    form = as_shown(client.get(f"/trial-briefs/new?like={brief}"), FORM)
    assert (form["title"], form["condition_new2"], form["condition_new2_kind"]) == (
        "Three product pages",
        "Under 120 words each",
        "should",
    )
    client.post("/trial-briefs", **{**form, "title": "Four pages"})
    assert conditions(inside, business, brief) == [("No invented facts", True), ("Under 120 words each", False)]
    assert count(inside, business, TrialBrief) == 2


def test_a_need_brings_its_result_its_work_and_what_counts(client, inside, business, add):
    with inside(business) as session:
        films = categories.add(session, name="Films")
        terms = NeedTerms(
            outcome="Two films", category_id=films.id, acceptance="- Sharp\n- Bright", deliverables="Files"
        )
        need = needs.add(session, by=business.owner, terms=terms)
        need_id, films_id = need.id, films.id
    maker = add("Saltmarsh Films", category_ids=[films_id])
    page = client.get(f"/trial-briefs/new?need={need_id}")
    form = as_shown(page, FORM)
    assert (form["title"], form["need_id"], form["category_id"]) == ("Two films", str(need_id), str(films_id))
    assert (form["condition_new1"], form["condition_new2"], form["deliverable"]) == ("Sharp", "Bright", "Files")
    assert [box["value"] for box in soup(page).select("input[name=vendor_ids]")] == [str(maker)]
    client.post("/trial-briefs", **{**form, "body": "Make two.", "vendor_ids": str(maker), "due_on": DUE})
    with inside(business) as session:
        assert session.get_one(Need, need_id).status is NeedStatus.IN_TRIAL


# Plain words


def test_plain_words_stand_on_the_form_and_block_nothing(client, inside, business, add):
    with inside(business) as session:
        films, sound, words_, ads = (
            categories.add(session, name=name) for name in ("Films", "Sound", "Prose", "Adverts")
        )
        terms = NeedTerms(outcome="Two films", category_id=films.id, importance=Importance.STRATEGIC)
        need = needs.add(session, by=business.owner, terms=terms)
        needs.require_first(need, by=business.owner, whats=["A brand guide"])
        need_id, other_ids = need.id, [sound.id, words_.id, ads.id]
    vendor = add("Little Anvil", Stage.ACTIVE, category_ids=other_ids, do_not_contact=True)
    page = client.get(f"/trial-briefs/new?need={need_id}&vendor={vendor}")
    form = {**as_shown(page, FORM), "hours": "9", "body": "Make two.", "vendor_ids": str(vendor)}
    said = words(client.post("/trial-briefs/draft", **form), "#worth")
    for sentence in (
        "This need is not defined yet.",
        "Something has to come first.",
        "Little Anvil: Their niche is another. They do a bit of everything, and much depends on this.",
        "Little Anvil asked to be left alone.",
        "Little Anvil is active.",
        "That is a long trial task.",
    ):
        assert sentence in said
    assert client.post("/trial-briefs", **{**form, "due_on": DUE}).status_code == 303
    assert count(inside, business, TrialTask) == 1


def test_eight_hours_are_no_word_worth(client):
    form = typed(client.get("/trial-briefs/new"), hours="8")
    assert words(client.post("/trial-briefs/draft", **form), "#worth") == ""


def test_without_a_need_the_niche_is_held_against_the_kind_of_work(client, inside, business, add):
    with inside(business) as session:
        films, sound = categories.add(session, name="Films").id, categories.add(session, name="Sound").id
    vendor = add("Halyard Sound", category_ids=[sound])
    form = typed(client.get(f"/trial-briefs/new?vendor={vendor}"), category_id=str(films))
    assert "Halyard Sound: Their niche is another." in words(client.post("/trial-briefs/draft", **form), "#worth")


# Changing one


def test_an_edit_keeps_lines_that_stay_and_takes_away_those_that_are_emptied(client, inside, business, brief):
    with inside(business) as session:
        [facts, short] = [row.id for row in reading.conditions_of(session, brief)]
    form = as_shown(client.get(f"/trial-briefs/{brief}/edit"), FORM)
    changes = {f"condition_{facts}": "", f"condition_{short}_kind": "must", "condition_new1": "Links to the shop"}
    assert client.post(f"/trial-briefs/{brief}", **{**form, **changes}).status_code == 303
    assert conditions(inside, business, brief) == [("Under 120 words each", True), ("Links to the shop", True)]


def test_whoever_saves_second_sees_both_line_by_line_and_nothing_is_lost(client, browser_of, inside, business, brief):
    with inside(business) as session:
        [facts, short] = [row.id for row in reading.conditions_of(session, brief)]
    path, colleague = f"/trial-briefs/{brief}", browser_of(business.admin)
    mine, theirs = (as_shown(each.get(f"{path}/edit"), FORM) for each in (client, colleague))
    their_changes = {f"condition_{facts}": "", "condition_new1": "Links to the shop", "title": "Four pages"}
    assert colleague.post(path, **{**theirs, **their_changes}).status_code == 303
    my_changes = {"body": "Rewrite them all.", f"condition_{short}": "Under 90 words", "condition_new1": "In one file"}
    clash = client.post(path, **{**mine, **my_changes})
    assert clash.status_code == 409
    told = words(clash, ".versions")
    for sentence in ("Four pages", "Links to the shop", "You left this as it was."):
        assert sentence in told
    kept = as_shown(clash, FORM)
    assert (kept["title"], kept["body"]) == ("Four pages", "Rewrite them all.")
    assert client.post(path, **kept).status_code == 303
    assert sorted(conditions(inside, business, brief)) == [
        ("In one file", True),
        ("Links to the shop", True),
        ("Under 90 words", False),
    ]


def test_a_scored_criterion_stays_and_it_is_said_at_its_line(client, inside, business, brief, add, give):
    [trial_id] = give(add("Bluebell Words"))
    with inside(business) as session:
        quality = reading.criteria_of(session, brief)[0].id
        review = TrialReview(trial_id=trial_id, created_by=business.member.user_id)
        session.add(review)
        session.flush()
        session.add(TrialScore(review_id=review.id, criterion_id=quality, value=5))
    form = as_shown(client.get(f"/trial-briefs/{brief}/edit"), FORM)
    answer = client.post(f"/trial-briefs/{brief}", **{**form, f"criterion_{quality}": ""})
    assert answer.status_code == 422
    assert "Reviewers have scored “Quality” already, so it stays." in words(answer, ".brief-line")
    answer = client.post(f"/trial-briefs/{brief}", **{**form, f"criterion_{quality}_counts": "3"})
    assert answer.status_code == 422
    told = "Reviewers have scored “Quality” as it stands, so it stays so. Add another one."
    assert told in words(answer, ".brief-line.bad")
    assert client.post(f"/trial-briefs/{brief}", **{**form, "skill": "Tone"}).status_code == 303
    assert count(inside, business, TrialCriterion) == 6


def test_whoever_has_it_is_named_before_it_is_changed(client, inside, business, brief, add, give):
    [trial_id] = give(add("Bluebell Words"))
    assert "It has been sent to" not in words(client.get(f"/trial-briefs/{brief}/edit"))
    with inside(business) as session:
        session.get_one(TrialTask, trial_id).sent_on = date(2026, 10, 5)
    assert "It has been sent to Bluebell Words. They are told nothing" in words(
        client.get(f"/trial-briefs/{brief}/edit")
    )


def test_a_brief_that_nobody_has_is_deleted_and_another_not(client, inside, business, brief, add, give):
    give(add("Bluebell Words"))
    assert "Delete" not in words(client.get(f"/trial-briefs/{brief}/brief"))
    assert client.post(f"/trial-briefs/{brief}/removal").status_code == 422
    form = typed(client.get("/trial-briefs/new"), title="Pages", body="Three.")
    client.post("/trial-briefs", **form)
    assert client.post(f"/trial-briefs/{brief + 1}/removal").status_code == 303
    assert only_brief(inside, business) == brief


# Giving it to more


def test_it_is_given_to_more_later_and_whoever_has_it_is_named(client, inside, business, brief, add, give):
    first, second = add("Bluebell Words"), add("Copper Lane Copy")
    give(first)
    page = client.get(f"/trial-briefs/{brief}/vendors?vendor={first}&vendor={second}")
    assert [box["value"] for box in soup(page).select("input[name=vendor_ids]")] == [str(second)]
    assert "Bluebell Words" in words(page)
    answer = client.post(f"/trial-briefs/{brief}/vendors", vendor_ids=str(second), due_on=DUE)
    assert answer.status_code == 303
    assert count(inside, business, TrialTask) == 2
    again = client.post(f"/trial-briefs/{brief}/vendors", vendor_ids=str(second), due_on=DUE)
    assert again.status_code == 422
    assert count(inside, business, TrialTask) == 2


def test_two_who_give_it_to_the_same_vendor_give_it_once(client, browser_of, inside, business, brief, add):
    vendor = add("Bluebell Words")
    colleague = browser_of(business.member)
    forms = [each.get(f"/trial-briefs/{brief}/vendors") for each in (client, colleague)]
    assert all(form.status_code == 200 for form in forms)
    answers = [
        each.post(f"/trial-briefs/{brief}/vendors", vendor_ids=str(vendor), due_on=DUE) for each in (client, colleague)
    ]
    assert [answer.status_code for answer in answers] == [303, 422]
    assert count(inside, business, TrialTask) == 1


# Sending it


def test_the_letter_is_looked_at_first_and_sent_once(client, inside, business, brief, add, give, read):
    [trial_id] = give(add("Bluebell Words", email="ana@bluebell.example"))
    path = f"/trials/{trial_id}/sending"
    form = as_shown(client.get(path), "#letter-form")
    assert form["to"].endswith(":ana@bluebell.example")
    assert form["subject"] == "A small piece of work: Three product pages"
    assert "- We need it by Mon 19 Oct." in form["body"]
    assert "sounds like us" not in form["body"]
    answers = [client.post(path, **form) for _press in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    with inside(business) as session:
        assert session.scalars(select(OutboxMessage.recipient)).all() == ["ana@bluebell.example"]
    stored = read(TrialTask, trial_id)
    assert (stored.sent_on, stored.sent_how) == (date(2026, 10, 5), SentHow.LETTER)
    assert "They have this brief already." in words(client.get(path))


def test_after_one_letter_comes_the_next_vendor_and_then_the_brief(client, inside, business, brief, add, give):
    first, second = give(
        add("Bluebell Words", email="ana@bluebell.example"), add("Copper Lane", email="bo@copper.example")
    )
    form = as_shown(client.get(f"/trials/{first}/sending"), "#letter-form")
    answer = client.post(f"/trials/{first}/sending", **form)
    assert answer.location.endswith(f"/trials/{second}/sending")
    form = as_shown(client.follow(answer), "#letter-form")
    assert form["to"].endswith(":bo@copper.example")
    assert f"/trial-briefs/{brief}" in client.post(f"/trials/{second}/sending", **form).location


def test_undo_takes_the_letter_back(client, inside, business, add, give, read):
    [trial_id] = give(add("Bluebell Words", email="ana@bluebell.example"))
    path = f"/trials/{trial_id}/sending"
    shown = client.follow(client.post(path, **as_shown(client.get(path), "#letter-form")))
    assert client.post(soup(shown).select_one(".toast form")["action"]).status_code == 303
    assert read(TrialTask, trial_id).sent_on is None
    assert client.post(path, **as_shown(client.get(path), "#letter-form")).status_code == 303
    assert read(TrialTask, trial_id).sent_on == date(2026, 10, 5)


def test_another_reader_is_greeted_and_what_was_changed_stays(client, inside, business, add, give):
    vendor = add("Bluebell Words", email="ana@bluebell.example")
    with inside(business) as session:
        people.add(session.get_one(Vendor, vendor), by=business.owner, name="Bo Reed", emails=["bo@bluebell.example"])
    [trial_id] = give(vendor)
    page = client.get(f"/trials/{trial_id}/sending")
    form = as_shown(page, "#letter-form")
    bo = next(each["value"] for each in soup(page).select("[name=to] option") if "Bo Reed" in each.text)
    changed = {**form, "to": bo, "body": form["body"] + "\nSee you."}
    again = as_shown(client.post(f"/trials/{trial_id}/sending/draft", **changed), "#letter-form")
    assert again["body"].startswith("Hi Bo,")
    assert again["body"].endswith("See you.")


@pytest.mark.parametrize(("keeps_copy", "copies"), [("y", 1), (None, 0)])
def test_it_is_noted_as_sent_by_hand_and_taken_back(client, inside, business, add, give, read, keeps_copy, copies):
    [trial_id] = give(add("Bluebell Words"))
    path = f"/trials/{trial_id}/sending"
    page = client.get(path)
    assert "No e-mail address to write to." in words(page)
    form = {**as_shown(page, "#letter-form"), "keeps_copy": keeps_copy}
    answer = client.post(f"{path}/log", **form)
    assert answer.status_code == 303
    assert read(TrialTask, trial_id).sent_how is SentHow.BY_HAND
    assert count(inside, business, Interaction) == copies
    client.post(soup(client.follow(answer)).select_one(".toast form")["action"])
    assert read(TrialTask, trial_id).sent_on is None
    with inside(business) as session:
        assert all(row.deleted_at for row in session.scalars(select(Interaction)))


def test_what_only_we_know_is_asked_for_before_it_leaves_and_blocks_nothing(client, inside, business, add, brief, give):
    with inside(business) as session:
        trial_briefs.find(session, brief).body = "We are [what you do]. See [our shop](https://fern.example)."
    [trial_id] = give(add("Bluebell Words", email="ana@bluebell.example"))
    page = client.get(f"/trials/{trial_id}/sending")
    assert "Something only you know is still missing. [what you do]" in words(page)
    assert "[our shop]," not in words(page)
    assert client.post(f"/trials/{trial_id}/sending", **as_shown(page, "#letter-form")).status_code == 303


def test_a_letter_needs_a_reader_a_subject_and_words(client, inside, business, add, give, read):
    [trial_id] = give(add("Bluebell Words", email="ana@bluebell.example"))
    path = f"/trials/{trial_id}/sending"
    form = as_shown(client.get(path), "#letter-form")
    for change in ({"to": ""}, {"to": "1:stranger@example.com"}, {"subject": ""}, {"body": ""}):
        assert client.post(path, **{**form, **change}).status_code == 422
    assert read(TrialTask, trial_id).sent_on is None


def test_whoever_asked_to_be_left_alone_gets_no_letter(client, inside, business, add, give, read):
    [trial_id] = give(add("Bluebell Words", email="ana@bluebell.example", do_not_contact=True))
    path = f"/trials/{trial_id}/sending"
    page = client.get(path)
    assert "They asked to be left alone." in words(page)
    assert client.post(path, **as_shown(page, "#letter-form")).status_code == 422
    assert read(TrialTask, trial_id).sent_on is None


# Who may


def test_who_only_reads_reads_the_brief_and_changes_nothing(browser_of, inside, business, brief, add, give, read):
    [trial_id] = give(add("Bluebell Words", email="ana@bluebell.example"))
    vera = browser_of(business.viewer)
    page = vera.get(f"/trial-briefs/{brief}/brief")
    assert "Rewrite the three pages." in words(page)
    assert "Not sent yet" in words(page)
    assert vera.get("/trial-briefs").status_code == 200
    for path in (f"/trial-briefs/{brief}/edit", "/trial-briefs/new", f"/trial-briefs/{brief}/vendors"):
        assert vera.get(path).status_code == 403
    for path in (f"/trial-briefs/{brief}", f"/trial-briefs/{brief}/removal", f"/trials/{trial_id}/sending/log"):
        assert vera.post(path, title="x").status_code == 403
    assert read(TrialBrief, brief).version == 1


def test_a_stranger_finds_nothing(browser_of, inside, business, brief, add, give):
    [trial_id] = give(add("Bluebell Words"))
    silas = browser_of(business.stranger)
    for path in (
        f"/trial-briefs/{brief}/brief",
        f"/trial-briefs/{brief}/edit",
        f"/trial-briefs/{brief}/vendors",
        f"/trial-briefs/new?like={brief}",
        f"/trials/{trial_id}/sending",
    ):
        assert silas.get(path).status_code == 404
    assert "Three product pages" not in words(silas.get("/trial-briefs"))


def test_a_task_said_in_one_line_can_become_a_brief(client, inside, business, add):
    vendor = add("Bluebell Words")
    with inside(business) as session:
        row = session.get_one(Vendor, vendor)
        brief_id = trials.start(row, by=business.owner, terms=TrialTerms("One page", date(2026, 10, 19))).brief_id
    form = as_shown(client.get(f"/trial-briefs/{brief_id}/edit"), FORM)
    assert client.post(f"/trial-briefs/{brief_id}", **{**form, "body": "Rewrite it."}).status_code == 303
    assert "One page" in words(client.get("/trial-briefs"))


# What it costs


@pytest.mark.parametrize(
    "path",
    [
        "/trial-briefs",
        "/trial-briefs/new",
        "/trial-briefs/{}/edit",
        "/trial-briefs/{}/vendors",
        "/trial-briefs/{}/brief",
    ],
)
def test_a_page_asks_the_same_number_of_questions_however_much_there_is(
    client, inside, business, brief, add, give, count_queries, path
):
    give(add("Vendor 1", email="one@vendor.example"))
    page = path.format(brief)
    client.get(page)
    with count_queries() as few:
        client.get(page)
    give(*(add(f"Vendor {number}", email=f"v{number}@vendor.example", despite_doubles=True) for number in range(2, 7)))
    with inside(business) as session:
        for number in range(5):
            trial_briefs.write(session, by=business.owner, terms=TERMS)
            needs.add(session, by=business.owner, terms=NeedTerms(outcome=f"Need {number}"))
    with count_queries() as many:
        client.get(page)
    assert len(many) == len(few), many


# Where one begins


def test_the_quick_line_and_other_pages_lead_to_a_full_brief(client, inside, business, add):
    vendor, trying = add("Bluebell Words"), add("Copper Lane Copy")
    with inside(business) as session:
        session.get_one(Vendor, trying).stage = Stage.TRIAL
        need_id = needs.add(session, by=business.owner, terms=NeedTerms(outcome="Pages that sell")).id
    ways = {
        f"/vendors/{vendor}/stage-moves/new?to=trial": f"/trial-briefs/new?vendor={vendor}",
        f"/vendors/{trying}/trials/new": f"/trial-briefs/new?vendor={trying}",
        f"/vendors/{vendor}": f"/trial-briefs/new?vendor={vendor}",
        f"/needs/{need_id}": f"/trial-briefs/new?need={need_id}",
    }
    for page, leads_to in ways.items():
        assert leads_to in [link["href"] for link in soup(client.get(page)).select("main a[href]")], page


def test_whoever_we_let_go_can_be_given_another_try(client, inside, business, add):
    vendor = add("Little Anvil", Stage.ACTIVE)
    with inside(business) as session:
        session.get_one(Vendor, vendor).stage = Stage.ENDED
        films = categories.add(session, name="Films").id
        need_id = needs.add(session, by=business.owner, terms=NeedTerms(outcome="Two films", category_id=films)).id
    page = client.get(f"/trial-briefs/new?need={need_id}&vendor={vendor}")
    assert soup(page).select_one("input[name=vendor_ids][checked]")["value"] == str(vendor)


def test_those_ticked_for_a_need_get_a_brief_of_it(client, inside, business, add):
    with inside(business) as session:
        films = categories.add(session, name="Films").id
        need_id = needs.add(session, by=business.owner, terms=NeedTerms(outcome="Two films", category_id=films)).id
    vendor = add("Saltmarsh Films", category_ids=[films])
    form = soup(client.get(f"/needs/{need_id}")).select_one("form[action='/compare']")
    [button] = [each for each in form.select("button") if each.get("formaction")]
    assert (button["formaction"], form["method"]) == ("/trial-briefs/new", "get")
    page = client.get(f"/trial-briefs/new?need={need_id}&vendor={vendor}")
    assert soup(page).select_one("input[name=vendor_ids][checked]")["value"] == str(vendor)
