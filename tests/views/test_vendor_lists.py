"""The list by its address: every filter, what is foolish in it, columns, chips, saved filters, acts on many, files."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from crm.core.csv_files import open_table
from crm.domain import bulk_acts, custom_fields, interactions, people, saved_filters, stages, standings, vendors
from crm.domain.parking_terms import ParkingTerms
from crm.domain.rhythms import Rhythm
from crm.models.enums import (
    Availability,
    BulkState,
    CadenceChoice,
    FieldKind,
    InteractionKind,
    ParkingReason,
    RatePeriod,
    Stage,
    StandingLevel,
    Tier,
    VendorKind,
)
from crm.models.lists import BulkAct, ListPreference, SavedFilter
from crm.models.vendors import Vendor, VendorTag
from crm.queries import custom_fields as custom_field_queries
from crm.queries.categories import tree
from tests.support.browsing import soup, words

pytestmark = pytest.mark.usefixtures("database")

TODAY = date(2026, 10, 5)


@pytest.fixture
def place(clock_at, inside, business) -> dict[str, int]:
    """Four vendors who differ in everything, and one of another business that would fit every filter."""
    clock_at("2026-09-01 09:00")
    ids: dict[str, int] = {}
    with inside(business) as session:
        film = tree(session).children(None)[3]
        ids["film"], ids["niche"] = film.id, tree(session).children(film.id)[1].id
        for kind, name, choices in (
            (FieldKind.TEXT, "Studio dog", ()),
            (FieldKind.NUMBER, "Team size", ()),
            (FieldKind.DATE, "Contract ends", ()),
            (FieldKind.CHOICE, "NDA", ("Signed", "Not yet")),
            (FieldKind.MONEY, "Budget", ()),
            (FieldKind.URL, "Portfolio", ()),
        ):
            custom_fields.define(session, by=business.owner, name=name, kind=kind, choices=choices)
        own = {field.name: field for field in custom_field_queries.fields(session)}
        ids |= {name: field.id for name, field in own.items()}

        ann = vendors.add(
            session,
            by=business.owner,
            name="Ann",
            tags=["Print", "By train"],
            kind=VendorKind.AGENCY,
            tier=Tier.A,
            what_they_do="Product films",
            category_ids=[ids["niche"]],
            availability=Availability.OPEN,
            location="Leeds",
            languages="Danish",
            source="A fair",
            rate_amount=4550,
            rate_period=RatePeriod.HOUR,
            minimum_amount=100000,
            currency="GBP",
            backup_id=business.member.user_id,
        )
        people.add(ann, by=business.owner, name="Ann Wren", emails=["ann@wren.example"])
        typed = {
            "Studio dog": "Biscuit",
            "Team size": "12",
            "Contract ends": "2027-01-31",
            "NDA": "Signed",
            "Budget": "500 GBP",
            "Portfolio": "https://ann.example",
        }
        values = {own[name].id: custom_fields.parse(own[name], said, currency="GBP") for name, said in typed.items()}
        custom_fields.set_values(ann, values)
        standings.give(ann, by=business.owner, level=StandingLevel.APPROVED, category_id=ids["niche"])
        clock_at("2026-10-05 09:00")
        bo = vendors.add(
            session,
            by=business.member,
            name="Bo",
            owner_id=business.member.user_id,
            stage=Stage.ACTIVE,
            do_not_contact=True,
            cadence_choice=CadenceChoice.OWN,
            cadence_every=6,
            cadence_unit="weeks",
        )
        interactions.log(bo, by=business.owner, kind=InteractionKind.CALL, occurred_on=TODAY - timedelta(days=3))
        cy = vendors.add(session, by=business.owner, name="Cy", owner_id=None, cadence_choice=CadenceChoice.NONE)
        di = vendors.add(session, by=business.owner, name="Di")
        stages.move(
            di,
            by=business.owner,
            to=Stage.PARKED,
            parking=ParkingTerms(
                ParkingReason.NO_BUDGET, until=TODAY + timedelta(days=20), rhythm=Rhythm(CadenceChoice.NONE)
            ),
        )
        ids |= {"Ann": ann.id, "Bo": bo.id, "Cy": cy.id, "Di": di.id, "member": business.member.user_id}
    with inside(business.stranger) as session:
        vendors.add(session, by=business.stranger, name="Zed", tags=["Print"], tier=Tier.A, kind=VendorKind.AGENCY)
    return ids


def listed(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row.get_text() for row in soup(answer).select("tbody th a")]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", ["Ann", "Bo", "Cy", "Di"]),
        ("stage=parked", ["Di"]),
        ("q=film", ["Ann"]),
        ("owner=mine", ["Ann", "Di"]),
        ("owner=nobody", ["Cy"]),
        ("owner={member}", ["Bo"]),
        ("backup={member}", ["Ann"]),
        ("backup=nobody&tier=none", ["Bo", "Cy", "Di"]),
        ("does={film}", ["Ann"]),
        ("does=none", ["Bo", "Cy", "Di"]),
        ("tag=print", ["Ann"]),
        ("tag=Print&tag=by+train", ["Ann"]),
        ("tag=print&tag=else", []),
        ("tag=none", ["Bo", "Cy", "Di"]),
        ("kind=agency", ["Ann"]),
        ("tier=A", ["Ann"]),
        ("availability=open", ["Ann"]),
        ("availability=unknown", ["Bo", "Cy", "Di"]),
        ("location=leeds", ["Ann"]),
        ("language=dan", ["Ann"]),
        ("source=fair", ["Ann"]),
        ("rate=40..50", ["Ann"]),
        ("rate=45.5", ["Ann"]),
        ("rate=..50+GBP+hour", ["Ann"]),
        ("rate=..50+GBP+day", []),
        ("rate=40..50+EUR", []),
        ("minimum=1000..", ["Ann"]),
        ("cadence=own", ["Bo"]),
        ("cadence=none", ["Cy", "Di"]),
        ("cadence=usual", ["Ann"]),
        ("spoke=..7", ["Bo"]),
        ("spoke=never", ["Ann", "Cy", "Di"]),
        ("in_stage=30..", ["Ann"]),
        ("added=2026-09-01", ["Ann"]),
        ("added=2026-10-01..", ["Bo", "Cy", "Di"]),
        ("added_by={member}", ["Bo"]),
        ("do_not_contact=yes", ["Bo"]),
        ("do_not_contact=no", ["Ann", "Cy", "Di"]),
        ("due=late", ["Ann"]),
        ("due=month", ["Di"]),
        ("due=none", ["Bo", "Cy"]),
        ("due_kind=revisit", ["Di"]),
        ("standing=approved", ["Ann"]),
        ("standing=none", ["Bo", "Cy", "Di"]),
        ("standing=review_due", []),
        ("cf.studio-dog=biscuit", ["Ann"]),
        ("cf.team-size=10..20", ["Ann"]),
        ("cf.team-size=13..", []),
        ("cf.contract-ends=..2027-02-01", ["Ann"]),
        ("cf.nda=signed", ["Ann"]),
        ("cf.nda=not+yet", []),
        ("cf.budget=400..600", ["Ann"]),
        ("cf.budget=400..600+EUR", []),
        ("cf.portfolio=ann.example", ["Ann"]),
        ("cf.{NDA}=signed", ["Ann"]),
        ("cf.nda=none", ["Bo", "Cy", "Di"]),
        ("cf.nda=any", ["Ann"]),
        ("sort=-name", ["Di", "Cy", "Bo", "Ann"]),
        ("sort=cf.team-size", ["Ann", "Bo", "Cy", "Di"]),
        ("sort=-cf.nda", ["Ann", "Bo", "Cy", "Di"]),
        ("stage=prospect&tag=print&due=late&cf.budget=100..", ["Ann"]),
    ],
)
def test_an_address_is_a_list(address, expected, place, client):
    answer = client.get(f"/vendors?{address.format(**place)}")
    assert listed(answer) == expected
    assert "left out" not in words(answer, "#results .notice")


@pytest.mark.parametrize(
    "address",
    [
        "tier=Z",
        "stage=nowhere",
        "owner=999999",
        "does=abc",
        "due=someday",
        "rate=cheap",
        "rate=60..40",
        "rate=1..2+GBP+EUR",
        "rate=99999999999999999999",
        "spoke=-3",
        "spoke=3..x",
        "in_stage=1e9",
        "added=2026-13-01",
        "added=0001-01-01..9999-12-31",
        "import=1",
        "do_not_contact=perhaps",
        "standing=excellent",
        "cf.nda=maybe",
        "cf.team-size=twelve",
        "cf.budget=5+hour",
        "cf.nothing=1",
        "cf.999=1",
        "nonsense=1",
        "sort=bogus",
        "sort=-cf.gone",
    ],
)
def test_what_is_foolish_is_left_out_with_a_word(address, place, client):
    answer = client.get(f"/vendors?{address}")
    assert listed(answer) == ["Ann", "Bo", "Cy", "Di"]
    assert address.partition("=")[0] in words(answer, "#results .notice")


@pytest.mark.parametrize(
    "address",
    [
        "tag=%00%ff",
        "q=" + "x" * 5000,
        "tag=" + "&tag=".join(map(str, range(300))),
        "page=99999999999999999999",
        "page=-1",
        "page=7",
        "columns=,,,",
        "columns=name,bogus",
        "columns=tags,cf.nda,cf.gone",
        "saved=12345678901234567890",
        "rate=1..2..3",
        "rate=...",
        "rate=%C2%B2",
        "spoke=%D9%A3",
        "cf.=1",
        "cf.nda.from=1&cf.nda.to=2",
        "add=rate",
        "add=bogus",
        "add=<script>",
        "location='%20OR%201=1--",
        "stage=parked&stage=active",
    ],
)
def test_no_address_is_a_fault(address, place, client):
    answer = client.get(f"/vendors?{address}")
    while answer.status_code == 303:
        answer = client.follow(answer)
    assert answer.status_code == 200


def test_a_span_sent_in_pieces_leads_to_its_readable_address(place, client):
    answer = client.get("/vendors?tier=A&rate.from=40&rate.to=&rate.currency=GBP&rate.per=hour")
    assert answer.status_code == 303
    assert answer.location.endswith("/vendors?tier=A&rate=40..+GBP+hour")
    assert client.get("/vendors?spoke.from=&spoke.to=&spoke.known=never").location.endswith("/vendors?spoke=never")
    assert client.get("/vendors?rate.from=&rate.to=&tier=A").location.endswith("/vendors?tier=A")


def test_each_filter_that_is_set_can_be_taken_away_by_itself(place, client):
    page = soup(client.get("/vendors?tag=Print&tag=By+train&tier=A&sort=-due&page=1"))
    off = {link["aria-label"]: link["href"] for link in page.select(".set-filters a.off")}
    assert off == {
        "Take away the filter Tag: Print": "/vendors?tag=By+train&tier=A&sort=-due",
        "Take away the filter Tag: By train": "/vendors?tag=Print&tier=A&sort=-due",
        "Take away the filter Tier: A": "/vendors?tag=Print&tag=By+train&sort=-due",
    }


def test_every_filter_that_is_offered_has_a_form_that_leads_back_to_the_list(place, client):
    offered = soup(client.get("/vendors?tier=A")).select(".add-filter a")
    assert {"Tag", "Rate", "Budget", "Standing", "Came with the import"} <= {link.get_text() for link in offered}
    for link in offered:
        page = soup(client.get(link["href"]))
        [form] = page.select("form.one-filter")
        assert form["action"] == "/vendors"
        if link.get_text() != "Tier":
            assert form.select_one("input[name=tier]")["value"] == "A"
        assert form.select_one("[autofocus]") is not None


def test_stage_counts_follow_the_other_filters(place, client):
    page = soup(client.get("/vendors?due=planned&stage=parked"))
    chips = {" ".join(chip.get_text().split()) for chip in page.select("nav[aria-label=Stage] .chip")}
    assert {"All 2", "Prospect 1", "Active 0", "Parked for later 1"} <= chips


# Columns


def test_columns_are_kept_for_the_person(place, client, browser_of, business):
    client.get("/vendors")
    answer = client.post("/list-columns", column=["tags", "rate", f"cf.{place['NDA']}"], address="tier=A")
    assert answer.location.endswith("/vendors?tier=A")
    page = client.follow(answer)
    assert [head.get_text() for head in soup(page).select("thead th")] == ["Vendor", "Tags", "Rate", "NDA"]
    assert words(page, "tbody td[data-label]").split() == "By train, Print £45.50 an hour Signed".split()
    other = browser_of(business.member).get("/vendors")
    assert "Tags" not in [head.get_text() for head in soup(other).select("thead th")]
    client.post("/list-columns", usual="1", address="")
    assert "Next check-in" in words(client.get("/vendors"), "thead")


def test_columns_stand_in_the_order_that_was_chosen(place, client):
    def heads(answer) -> list[str]:
        return [head.get_text() for head in soup(answer).select("thead th")]

    client.post("/list-columns", column=["tags", "rate", "owner"], address="tier=A")
    moved = client.post("/list-columns", column=["tags", "rate", "owner"], up="owner", address="tier=A")
    assert moved.location == "/vendors?tier=A&add=columns#column-owner"
    page = client.follow(moved)
    assert heads(page) == ["Vendor", "Tags", "Looked after by", "Rate"]
    assert soup(page).select_one("details[open] [name=column]")["value"] == "tags", "those that are shown come first"
    as_offered = [box["value"] for box in soup(page).select("[name=column][checked]")]
    client.post("/list-columns", column=as_offered, down="tags", address="")
    assert heads(client.get("/vendors?tier=A")) == ["Vendor", "Looked after by", "Tags", "Rate"]
    for way, column in (("up", "owner"), ("down", "rate"), ("up", "bogus")):
        client.post("/list-columns", column=["owner", "tags", "rate"], **{way: column}, address="")
        assert heads(client.get("/vendors?tier=A")) == ["Vendor", "Looked after by", "Tags", "Rate"]


def test_every_column_can_be_shown_at_once(place, client):
    page = soup(client.get("/vendors"))
    every = [box["value"] for box in page.select("input[name=column]")]
    client.post("/list-columns", column=every, address="")
    page = client.get("/vendors?tier=A")
    shown = {cell["data-label"]: cell.get_text(" ", strip=True) for cell in soup(page).select("tbody td[data-label]")}
    assert shown["Standing"].startswith("Approved (")
    assert shown["Stay in touch"] == "Every 30 days"
    assert shown["Person"] == "Ann Wren"
    assert shown["In this stage"] == "34 days"
    assert shown["Budget"] == "£500"
    assert shown["Team size"] == "12"
    assert shown["Minimum"] == "£1,000"
    assert shown["Added by"] == "Olive Owner"


def test_whatever_is_shown_and_asked_the_list_takes_the_same_few_queries(place, client, count_queries):
    every = [box["value"] for box in soup(client.get("/vendors")).select("input[name=column]")]
    client.post("/list-columns", column=every, address="")
    counts = set()
    for address in ("", "tier=A&tag=print&cf.budget=1..&standing=approved&sort=-cf.nda", "add=rate", "page=2"):
        with count_queries() as statements:
            client.get(f"/vendors?{address}")
        counts.add(len(statements))
    assert len(counts) == 1, statements
    assert counts <= {5, 6}, statements


# Saved filters


def saved(inside, business) -> list[SavedFilter]:
    with inside(business) as session:
        return list(session.scalars(select(SavedFilter).order_by(SavedFilter.id)))


def test_a_filter_is_saved_shared_and_stands_beside_the_list_of_the_team(place, browser_of, business, inside):
    milo, vera = browser_of(business.member), browser_of(business.viewer)
    asked = milo.get("/saved-filters/new?address=tier%3DA%26cf.nda%3Dsigned%26bogus%3D1")
    assert asked.status_code == 200
    answer = milo.post("/saved-filters", name="Top printers", address="tier=A&cf.nda=signed", is_shared="y")
    assert answer.status_code == 303
    [row] = saved(inside, business)
    assert row.address == f"tier=A&cf.{place['NDA']}=Signed", "own fields are kept by their ids"
    page = milo.follow(answer)
    assert listed(page) == ["Ann"]
    assert words(page, "h1") == "Top printers"
    [chip] = soup(vera.get("/vendors")).select("nav[aria-label='Saved filters'] a")
    assert listed(vera.get(chip["href"])) == ["Ann"]


def test_an_own_filter_is_nobody_else_s(place, browser_of, business, inside):
    milo, ada, stranger = browser_of(business.member), browser_of(business.admin), browser_of(business.stranger)
    milo.post("/saved-filters", name="Mine", address="owner=mine")
    [row] = saved(inside, business)
    for other in (ada, stranger):
        assert "Mine" not in words(other.get("/vendors"), "main")
        for path in (f"/saved-filters/{row.id}",):
            assert other.get(path).status_code == 404
            assert other.post(path, name="Yours", version="1").status_code == 404
        assert other.post(f"/saved-filters/{row.id}/delete").status_code == 404
        assert other.post(f"/saved-filters/{row.id}/address", address="tier=A").status_code == 404


def test_a_shared_one_is_changed_by_its_owner_and_admins_alone(place, browser_of, business, inside):
    milo, ada, vera = browser_of(business.member), browser_of(business.admin), browser_of(business.viewer)
    ada.post("/saved-filters", name="Ours", address="tier=A", is_shared="y")
    [row] = saved(inside, business)
    path = f"/saved-filters/{row.id}"
    for other in (milo, vera):
        assert other.post(f"{path}/address", address="tier=B").status_code == 403
        assert other.post(f"{path}/delete").status_code == 403
        other.post(path, name="Theirs", version=str(row.version))
    assert [(each.name, each.address) for each in saved(inside, business)] == [("Ours", "tier=A")]
    assert browser_of(business.owner).post(f"{path}/address", address="tier=B").status_code == 303
    assert saved(inside, business)[0].address == "tier=B"


def test_a_viewer_saves_for_herself_and_cannot_share(place, browser_of, business, inside):
    vera = browser_of(business.viewer)
    assert vera.post("/saved-filters", name="Hers", address="tier=A").status_code == 303
    assert vera.post("/saved-filters", name="All", address="tier=A", is_shared="y").status_code == 403
    assert [row.name for row in saved(inside, business)] == ["Hers"]
    assert soup(vera.get("/saved-filters/new?address=tier%3DA")).select("[name=is_shared]") == []


def test_changes_can_replace_what_is_saved_and_two_names_are_two(place, client, inside, business):
    client.post("/saved-filters", name="Top", address="tier=A")
    [row] = saved(inside, business)
    page = soup(client.get(f"/vendors?tier=A&tag=print&saved={row.id}"))
    [form] = page.select(f"form[action='/saved-filters/{row.id}/address']")
    client.post(form["action"], address=form.select_one("[name=address]")["value"])
    assert saved(inside, business)[0].address == "tag=Print&tier=A"
    assert (
        soup(client.get(f"/vendors?tag=Print&tier=A&saved={row.id}")).select(f"form[action='{form['action']}']") == []
    )
    assert client.post("/saved-filters", name=" TOP ", address="tier=B").status_code == 422
    client.post(f"/saved-filters/{row.id}", name="Best", version=str(saved(inside, business)[0].version))
    assert saved(inside, business)[0].name == "Best"
    assert client.post(f"/saved-filters/{row.id}", name="Late", version="1").status_code == 409
    client.post(f"/saved-filters/{row.id}/delete")
    assert saved(inside, business) == []


def test_the_list_opens_with_the_filter_that_the_reader_likes(place, client, browser_of, business, inside):
    browser_of(business.admin).post("/saved-filters", name="Ours", address="tier=A", is_shared="y")
    [row] = saved(inside, business)
    client.post(f"/saved-filters/{row.id}", opens="y", name="Ours", is_shared="y", version=str(row.version))
    answer = client.get("/vendors")
    assert answer.location.endswith(f"/vendors?tier=A&saved={row.id}")
    assert listed(client.get("/vendors?show=all")) == ["Ann", "Bo", "Cy", "Di"]
    browser_of(business.admin).post(
        f"/saved-filters/{row.id}", name="Ours", version=str(saved(inside, business)[0].version)
    )
    assert listed(client.get("/vendors")) == ["Ann", "Bo", "Cy", "Di"], "what is shared no more opens nobody's list"
    with inside(business) as session:
        assert session.scalar(select(ListPreference.opens_with_id)) is None


def test_a_saved_filter_over_a_renamed_field_still_finds(place, client, inside, business):
    client.post("/saved-filters", name="Signed", address="cf.nda=Signed&columns=name,cf.nda&sort=-cf.nda")
    with inside(business) as session:
        field = custom_fields.at(session, place["NDA"])
        custom_fields.rename(field, by=business.owner, name="Secrecy")
    [chip] = soup(client.get("/vendors")).select("nav[aria-label='Saved filters'] a")
    page = client.get(chip["href"])
    assert listed(page) == ["Ann"]
    assert [head.get_text() for head in soup(page).select("thead th")] == ["Vendor", "Secrecy"]


# Many at once, without script


def test_those_ticked_are_tagged_and_undone(place, client, inside, business):
    page = soup(client.get(f"/bulk-acts/new?act=tag&address=tier%3DA&vendor={place['Ann']}&vendor={place['Bo']}"))
    assert page.select_one("h1").get_text() == "Tag 2 vendors"
    answer = client.post("/bulk-acts", act="tag", address="tier=A", vendor=[place["Ann"], place["Bo"]], tags="spring")
    assert answer.location.endswith("/vendors?tier=A")
    shown = client.follow(answer)
    assert "2 vendors changed." in words(shown)
    undo = next(form["action"] for form in soup(shown).select("form[action*=undo]"))
    assert listed(client.get("/vendors?tag=spring")) == ["Ann", "Bo"]
    client.post(undo)
    assert listed(client.get("/vendors?tag=spring")) == []
    assert client.post(undo).status_code == 422, "once"


def test_all_that_match_are_those_of_this_moment(place, client, inside, business):
    asked = client.get("/bulk-acts/new?act=tier&address=tier%3Dnone&scope=all")
    assert words(asked, "h1") == "The tier of 3 vendors"
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Eve")
    client.post("/bulk-acts", act="tier", address="tier=none", scope="all", tier="B")
    assert listed(client.get("/vendors?tier=B")) == ["Bo", "Cy", "Di", "Eve"]


def test_ids_of_another_business_are_nobody(place, browser_of, business, inside):
    stranger = browser_of(business.stranger)
    asked = stranger.get(f"/bulk-acts/new?act=tag&vendor={place['Ann']}")
    assert "No vendor is ticked" in words(asked)
    assert stranger.post("/bulk-acts", act="tag", vendor=[place["Ann"]], tags="x").status_code == 422
    with inside(business) as session:
        assert session.scalar(select(func.count()).select_from(VendorTag)) == 2


def test_parking_many_asks_for_the_reason_once(place, client):
    picked = {"act": "stage", "vendor": [place["Ann"], place["Cy"]]}
    where = client.post("/bulk-acts", **picked, to="parked")
    assert where.status_code == 200
    assert soup(where).select("input[name=reason]")
    refused = client.post("/bulk-acts", **picked, to="parked", asked="1", rhythm="default", unit="weeks")
    assert refused.status_code == 422
    done = client.post(
        "/bulk-acts",
        **picked,
        to="parked",
        asked="1",
        reason="no_budget",
        rhythm="default",
        unit="weeks",
        until="2026-12-01",
    )
    assert done.status_code == 303
    assert listed(client.get("/vendors?stage=parked")) == ["Ann", "Cy", "Di"]


def test_what_could_not_be_done_is_named_on_the_page_of_the_act(place, client, inside, business):
    answer = client.post("/bulk-acts", act="owner", vendor=[place["Ann"], place["Cy"]], owner_id=str(place["member"]))
    page = client.follow(answer)
    assert "/bulk-acts/" in answer.location
    assert "Ann Choose somebody else to stand in." in words(page, "main")
    assert listed(client.get(f"/vendors?owner={place['member']}")) == ["Bo", "Cy"]


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "bogus"},
        {"act": "tag", "tags": ""},
        {"act": "tag", "tags": "x" * 5000},
        {"act": "owner", "owner_id": "999999"},
        {"act": "owner", "owner_id": ""},
        {"act": "stage", "to": "bogus"},
        {"act": "stage", "to": "ended", "asked": "1", "why": ""},
        {"act": "stage", "to": "trial", "asked": "1", "what": "A page", "due_on": "2020-01-01"},
        {"act": "tier", "tier": "Z"},
        {"act": "cadence", "rhythm": "other", "every": "0", "unit": "days"},
        {"act": "export", "file": "exe"},
    ],
)
def test_nothing_foolish_is_done_to_many(fields, place, client, inside, business):
    answer = client.post("/bulk-acts", vendor=[place["Ann"], "x", "-1", "9" * 30], **fields)
    assert answer.status_code == 422
    with inside(business) as session:
        assert session.scalar(select(func.count()).select_from(BulkAct)) == 0


def test_more_than_a_few_wait_with_a_page_that_opens_itself_again(place, client, inside, business):
    with inside(business) as session:
        session.add_all(
            Vendor(name=f"V{n}", normal_name=f"v{n}", stage_since=TODAY, cadence_began_on=TODAY)
            for n in range(bulk_acts.AT_ONCE_USUALLY)
        )
    answer = client.post("/bulk-acts", act="tier", scope="all", address="", tier="C")
    page = client.follow(answer)
    assert "Being done: 0 of" in words(page, "#progress")
    assert soup(page).select_one("a.no-script").get_text() == "Look again"
    with inside(business) as session:
        assert session.scalar(select(BulkAct.state)) is BulkState.WAITING


def test_a_viewer_sees_no_boxes_and_no_acts(place, browser_of, business):
    vera = browser_of(business.viewer)
    page = soup(vera.get("/vendors"))
    assert page.select("[data-tick], .bulk") == []
    assert vera.post("/bulk-acts", act="tag", vendor=[place["Ann"]], tags="x").status_code == 403


# Files


def fetched(client, **fields) -> bytes:
    answer = client.post("/bulk-acts", act="export", **fields)
    page = client.follow(answer)
    [link] = [each["href"] for each in soup(page).select("main a") if each["href"].endswith("/file")]
    file = client.client.get(link)
    assert file.status_code == 200
    assert file.headers["Content-Disposition"].startswith("attachment")
    body = file.get_data()
    file.close()
    return body


def test_the_list_as_shown_is_a_table(place, client):
    body = fetched(client, scope="all", address="tier=A&columns=name,tags,rate,cf.budget", file="columns")
    assert body.startswith(b"\xef\xbb\xbf")
    with open_table(io.BytesIO(body)) as table:
        names = [column.name for column in table.columns]
    assert names == ["Vendor", "Tags", "Rate", "Rate in", "Rate for", "Budget", "Good Terms record"]
    assert '"Ann","By train; Print","45.50","GBP","hour","500.00 GBP"' in body.decode("utf-8-sig")


def test_cards_for_an_address_book(place, client):
    body = fetched(client, vendor=[place["Ann"], place["Bo"]], address="", file="vcard").decode()
    assert body.count("BEGIN:VCARD") == 2
    assert "FN:Ann Wren\r\nORG:Ann\r\nN:Wren;Ann;;;\r\n" in body
    assert "EMAIL:ann@wren.example\r\n" in body


def test_a_file_is_only_for_whoever_made_it(place, client, browser_of, business):
    answer = client.post("/bulk-acts", act="export", vendor=[place["Ann"]], file="columns")
    path = answer.location + "/file"
    assert browser_of(business.admin).get(path).status_code == 404
    assert browser_of(business.stranger).get(path).status_code == 404
    assert client.post(answer.location + "/undo").status_code == 422, "a file is not taken back"


def test_who_keeps_too_many_filters_is_told(place, client, inside, business, monkeypatch):
    monkeypatch.setattr("crm.core.limits.SAVED_FILTERS", 1)
    with inside(business) as session:
        saved_filters.save(session, by=business.owner, name="One", address="tier=A")
        session.execute(update(SavedFilter).values(version=1))
    assert client.post("/saved-filters", name="Two", address="tier=B").status_code == 422
