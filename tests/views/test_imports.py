"""The pages of an import: choose a file, match its columns, check for doubles, import, choose a rhythm."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from crm.core import limits
from crm.core.csv_files import open_table
from crm.domain import vendors
from crm.models.enums import CadenceChoice
from crm.models.vendors import Vendor
from crm.queries import custom_fields
from tests.support.shared_data import shared_folder

pytestmark = pytest.mark.usefixtures("database")

FORM = "application/x-www-form-urlencoded"
FILE = "Supplier;Type of work;E-Mail\nFern;Logos;eva@fern.example\n;;nobody@fern.example\n"


class Importing:
    """One person on the way through the four steps."""

    def __init__(self, browser) -> None:
        self.browser = browser

    def send(self, content: bytes | str, name: str = "vendors.csv"):
        """Chooses a file."""
        data = content.encode() if isinstance(content, str) else content
        return self.browser.post("/imports", file=(io.BytesIO(data), name))

    def match(self, answer, **columns: str):
        """Sends the columns as they are matched on the page, but for those named: column_1="services"."""
        page = self.browser.follow(answer)
        soup = BeautifulSoup(page.text, "html.parser")
        chosen = {box["name"]: _selected(box) for box in soup.select(".map select")}
        return self.browser.post(soup.select_one("form.with-aside")["action"], **{**chosen, **columns})

    def run(self, answer, **choices: str):
        """Imports, with the choices that the page shows, but for those named: line_2="skip"."""
        page = self.browser.follow(answer)
        soup = BeautifulSoup(page.text, "html.parser")
        form = soup.select_one("form.twins")
        chosen = {box["name"]: box["value"] for box in form.select("input[checked], input[type=hidden]")}
        chosen.pop("csrf_token")
        return self.browser.follow(self.browser.post(form["action"], **{**chosen, **choices}))

    def whole(self, content: bytes | str):
        """All of it."""
        return self.run(self.match(self.send(content)))


def _selected(box) -> str:
    option = box.find("option", selected=True)
    return option["value"] if option else ""


def words(answer) -> str:
    return " ".join(BeautifulSoup(answer.text, "html.parser").main.text.split())


@pytest.fixture
def importing(client):
    return Importing(client)


def stored_names(inside, business) -> list[str]:
    with inside(business) as session:
        return list(session.scalars(select(Vendor.name).order_by(Vendor.id)))


def test_the_way_through(importing, inside, business, client):
    answer = importing.send(FILE)
    assert re.fullmatch(r"/imports/\d+/columns", answer.location)
    assert "vendors.csv has 2 rows." in words(client.follow(answer))
    assert stored_names(inside, business) == []

    answer = importing.match(answer, column_1="services")
    assert answer.location.endswith("/check")
    assert "1 row will be left out." in words(client.follow(answer))
    assert stored_names(inside, business) == []

    page = importing.run(answer)
    assert "1 new vendor" in words(page)
    with inside(business) as session:
        vendor = session.scalars(select(Vendor)).one()
        assert (vendor.name, vendor.what_they_do) == ("Fern", "Logos")

    soup = BeautifulSoup(page.text, "html.parser")
    left_out = client.get(soup.select_one("a[href$=left-out]")["href"])
    assert left_out.headers["Content-Disposition"] == "attachment; filename=vendors-left-out.csv"
    with open_table(left_out.data) as table:
        assert [cells[1:] for _line, cells in table.rows()] == [["", "", "nobody@fern.example"]]
    left_out.close()

    done = client.post(soup.select_one("form.form")["action"], rhythm="6 weeks", every="", unit="weeks")
    assert 'form class="form' not in client.follow(done).text, "it is asked once"
    with inside(business) as session:
        vendor = session.scalars(select(Vendor)).one()
        assert (vendor.cadence_choice, vendor.cadence_every) == (CadenceChoice.OWN, 6)
    assert "1 new vendor, 1 left out" in words(client.get("/imports"))


OWN = "Supplier;E-Mail;Hourly rate;Since;Colour\nFern;a@fern.example;60 EUR;13/02/2026;blue\n"


def test_a_column_becomes_a_field_and_what_goes_nowhere_is_named(importing, client, inside, business):
    answer = importing.send(OWN)
    soup = BeautifulSoup(client.follow(answer).text, "html.parser")
    offered = soup.select_one("select[name=column_3] optgroup[label='A new field of your own']")
    assert offered.option["value"] == "new:date", "what it looks like comes first"
    assert "Rate: €60 an hour" in words(client.follow(answer))

    checked = importing.match(answer, column_3="new:date")
    assert "1 column goes nowhere. Colour" in words(client.follow(checked))
    assert "Colour" in words(importing.run(checked))
    with inside(business) as session:
        vendor = session.scalars(select(Vendor)).one()
        assert (vendor.rate_amount, vendor.currency, vendor.rate_period) == (6_000, "EUR", "hour")
        [field] = custom_fields.fields(session)
        assert custom_fields.values_of(session, [vendor.id])[vendor.id] == {field.id: date(2026, 2, 13)}

    preview = words(client.follow(importing.send(OWN)))
    assert "Since: Fri 13 Feb" in preview, "now it is a field, whose value is shown"


def test_who_defines_no_fields_is_offered_none(browser_of, business):
    importing = Importing(browser_of(business.member))
    answer = importing.send(OWN)
    assert "A new field of your own" not in importing.browser.follow(answer).text
    assert importing.match(answer, column_3="new:date").status_code == 422


def test_the_same_file_again_brings_nothing_new(importing, inside, business):
    importing.whole(FILE)
    assert "Nobody new" in words(importing.whole(FILE))
    assert stored_names(inside, business) == ["Fern"]


@pytest.mark.parametrize(("choice", "names"), [("fill", ["Fern"]), ("skip", ["Fern"]), ("second", ["Fern", "Fern"])])
def test_a_double_is_shown_and_decided_about(choice, names, importing, inside, business, client):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Fern", website="https://fern.example")
    checked = importing.match(importing.send(FILE))
    page = words(client.follow(checked))
    assert "1 looks like a vendor you have" in page
    assert "In your file, line 2: same name" in page

    importing.run(checked, line_2=choice)

    assert stored_names(inside, business) == names


def test_two_columns_cannot_be_the_name(importing):
    answer = importing.match(importing.send(FILE), column_1="name")
    assert answer.status_code == 422
    assert "“Supplier” goes there already" in words(answer)


def test_some_column_must_be_the_name(importing):
    answer = importing.match(importing.send(FILE), column_0="")
    assert answer.status_code == 422
    assert "No column is the vendor’s name" in words(answer)


def test_a_forged_field_or_choice_is_refused(importing, client):
    sent = importing.send(FILE)
    assert importing.match(sent, column_0="owner_id").status_code == 422
    importing.match(sent)
    assert client.post(sent.location.replace("columns", "run"), usually="everything").status_code == 422


def test_a_file_must_be_chosen(client):
    answer = client.post("/imports")
    assert answer.status_code == 422
    assert "Choose a file" in words(answer)


def test_the_step_before_is_not_skipped(importing, client):
    sent = importing.send(FILE).location
    show = sent.removesuffix("/columns")
    assert client.get(show).location == sent
    assert client.get(show + "/check").location == show
    assert client.post(show + "/run", usually="fill").location == show
    assert client.post(show + "/cadence", rhythm="default", every="", unit="weeks").location == show
    assert client.get(show + "/left-out").status_code == 404


def test_what_has_run_does_not_run_again(importing, client, inside, business):
    checked = importing.match(importing.send(FILE))
    importing.run(checked)
    show = checked.location.removesuffix("/check")

    for step in ("/run", "/columns"):
        assert client.post(show + step, usually="fill").status_code == 303
    assert client.post(show + "/discard").status_code == 422
    assert stored_names(inside, business) == ["Fern"]


def test_a_file_can_be_forgotten(importing, client, settings):
    show = importing.send(FILE).location.removesuffix("/columns")
    assert client.post(show + "/discard").location == "/imports"
    assert client.get(show).status_code == 404
    assert list(settings.uploads.iterdir()) == []


def test_uploads_are_gone_when_they_are_done(importing, settings):
    importing.whole("Supplier\nFern\n")
    assert list(settings.uploads.iterdir()) == []


def test_an_import_of_another_business_is_not_there(importing, browser_of, business):
    show = importing.send(FILE).location.removesuffix("/columns")
    stranger = browser_of(business.stranger)
    for path in ("", "/columns", "/check", "/left-out"):
        assert stranger.get(show + path).status_code == 404
    for path in ("/columns", "/run", "/discard", "/cadence"):
        assert stranger.post(show + path).status_code == 404


def test_viewers_import_nothing(browser_of, business):
    viewer = browser_of(business.viewer)
    assert viewer.get("/imports").status_code == viewer.get("/imports/new").status_code == 403
    assert Importing(viewer).send(FILE).status_code == 403


def test_a_body_may_be_large_here_and_nowhere_else(importing, client):
    line = b"Fern," + b"x" * 9_994 + b"\n"
    content = b"Supplier,Notes\n" + line * (limits.BODY_BYTES // len(line) + 10)
    assert importing.send(content).status_code == 303
    for path, most in (("/openings", limits.BODY_BYTES), ("/imports", limits.IMPORT_PAGE_BYTES + limits.MIB)):
        body = b"business=" + b"x" * most
        assert client.client.post(path, data=body, content_type=FORM).status_code == 413


def test_a_file_that_is_too_large_is_said_beside_its_box(importing):
    answer = importing.send(b"Supplier\n" + b"x\n" * (limits.IMPORT_PAGE_BYTES // 2))
    assert answer.status_code == 422
    assert "Choose a file of up to 50 MB" in words(answer)


@pytest.mark.parametrize(
    "content",
    [
        b'Supplier,Notes\n"' + b"Fern,x\n" * 2000,
        b"Supplier,Notes\nFe\x00rn,\xed\xa0\x80\n",
        b"Supplier,Website\n<script>alert(1)</script>,javascript:alert(1)\n",
    ],
)
def test_a_strange_file_breaks_nothing(content, importing):
    answer = importing.send(content)
    assert answer.status_code == 303
    answer = importing.match(answer)
    assert answer.status_code == 303
    assert importing.run(answer).status_code == 200


def test_hostile_words_break_nothing(importing):
    path = shared_folder() / "hostile" / "blns.txt"
    answer = importing.match(importing.send(path.read_bytes()))
    assert answer.status_code == 303
    assert importing.run(answer).status_code == 200
