"""The audit log on its page: for admins and owners, filtered, as a table, and with what was exported."""

from __future__ import annotations

import pytest

from crm.core import clock
from crm.domain import audit, members
from crm.models.enums import AuditKind, BinKind, Role
from crm.queries.audit import AuditLine
from crm.web import audit_words
from tests.support.browsing import soup, words


@pytest.fixture(autouse=True)
def _morning(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def owner(browser_of, business):
    return browser_of(business.owner)


def lines(answer) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in soup(answer).select("tbody tr")]


def test_an_owner_reads_who_signed_in_from_where_and_how(owner, business):
    name = business.owner.user.name
    assert lines(owner.get("/audit")) == [f"Signed in {name} 127.0.0.1 Password Mon 5 Oct 2026, 09:00"]


def test_a_change_of_role_reads_as_a_sentence(owner, business, inside):
    with inside(business) as session:
        members.change_role(session, business.member.user_id, by=business.owner, role=Role.VIEWER)
    newest, *_rest = lines(owner.get("/audit"))
    who, whom = business.owner.user.name, business.member.user.name
    assert newest == f"Role changed {who} {whom}, Member before, now Viewer Mon 5 Oct 2026, 09:00"


@pytest.mark.parametrize("kind", BinKind)
def test_what_goes_into_the_bin_is_said_in_words(kind):
    line = AuditLine(1, clock.now(), AuditKind.RESTORED, "Ona", "Kettle & Crane", {"what": kind.value}, "")
    said = audit_words.what(line)
    assert "Kettle & Crane" in said
    assert said != "Kettle & Crane"


def test_it_is_filtered_by_kind_and_person(owner, business, inside):
    with inside(business) as session:
        members.invite(session, by=business.admin, email="new@example.org", role=Role.VIEWER)
    assert [line.split()[0] for line in lines(owner.get("/audit?kind=invited"))] == ["Invited"]
    assert len(lines(owner.get(f"/audit?who={business.admin.user_id}"))) == 1
    assert "Nothing like that happened" in words(owner.get(f"/audit?who={business.viewer.user_id}"), "main")
    assert len(lines(owner.get("/audit?kind=nonsense&who=999999&page=-3"))) == 2


def test_an_export_is_told_once_it_is_made_also_that_of_the_log_itself(owner):
    assert owner.get("/goodwill.csv").mimetype == "text/csv"
    table = owner.get("/audit.csv").get_data(as_text=True)
    assert table.splitlines()[0].lstrip("\ufeff") == '"When (UTC)","What","Who","About","Address"'
    assert "goodwill.csv" in table
    told = lines(owner.get("/audit?kind=exported"))
    assert ["audit.csv" in told[0], "goodwill.csv" in told[1], len(told)] == [True, True, 2]


def test_a_head_request_exports_nothing(owner):
    owner.client.head("/goodwill.csv")
    assert lines(owner.get("/audit?kind=exported")) == []


def test_only_owners_say_how_long_it_is_kept(owner, browser_of, business):
    assert owner.post("/audit/keeping", days="90").status_code == 303
    assert soup(owner.get("/audit")).select_one("#days")["value"] == "90"
    refused = owner.post("/audit/keeping", days="7")
    assert refused.status_code == 422
    assert soup(refused).select_one("#days")["value"] == "7"
    assert "from 30 to" in words(refused, "main")
    admin = browser_of(business.admin)
    assert not soup(admin.get("/audit")).select("#days")
    assert admin.post("/audit/keeping", days="30").status_code == 403


@pytest.mark.parametrize("who", ["member", "viewer"])
def test_the_others_do_not_read_it(browser_of, business, who):
    browser = browser_of(getattr(business, who))
    assert [browser.get(path).status_code for path in ("/audit", "/audit.csv")] == [403, 403]


def test_another_business_is_not_in_it(owner, browser_of, business):
    browser_of(business.stranger)
    assert not [line for line in lines(owner.get("/audit")) if business.stranger.user.name in line]


def test_a_thousand_lines_are_paged_with_as_many_questions(owner, business, inside, count_queries, engine):
    with count_queries(engine) as few:
        owner.get("/audit")
    with inside(business) as session:
        for number in range(1_000):
            audit.record_here(session, AuditKind.DELETED, by=business.owner.user_id, about=str(number), what="vendor")
    with count_queries(engine) as many:
        answer = owner.get("/audit")
    assert len(lines(answer)) == 50
    assert len(many) == len(few)
