"""A row becomes a vendor or says why not, and is matched with the vendor that it is."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core import limits
from crm.core.csv_files import open_table
from crm.domain.amounts import Pay
from crm.domain.import_columns import ImportField, guess_columns, knows_header
from crm.domain.import_rows import (
    BadRow,
    Match,
    Matcher,
    PersonDraft,
    RowPlan,
    VendorDraft,
    Why,
    are_near,
    draft_vendor,
    find_emails,
    loose_name,
    normalised_name,
    normalised_website,
    same_email,
    split_list,
    web_domain,
)
from crm.models.enums import RatePeriod, VendorKind
from tests.support.shared_data import shared_folder


@pytest.fixture(scope="module")
def shared() -> Path:
    return shared_folder()


def plan(*fields: str) -> RowPlan:
    """A plan for a row whose cells are these fields, in this order."""
    places: dict[ImportField, tuple[int, ...]] = {}
    for index, name in enumerate(fields):
        field = ImportField(name)
        places[field] = (*places.get(field, ()), index)
    return RowPlan(len(fields), places, {index: name.title() for index, name in enumerate(fields)})


def draft(**cells: str) -> VendorDraft:
    """The draft of a row with these cells, which must be one."""
    found = draft_vendor(list(cells.values()), plan(*cells))
    assert isinstance(found, VendorDraft), found
    return found


def reason(cells: Sequence[str], *fields: str) -> str:
    """Why the row is refused, which it must be."""
    found = draft_vendor(cells, plan(*fields))
    assert isinstance(found, BadRow), found
    return found.reason


class TestDrafts:
    def test_a_full_row(self) -> None:
        assert draft(
            name="  Fern &\tFlint ",
            kind="Agentur",
            website="www.Fern.example/",
            services="Brand design",
            category="Design; Print",
            niche="Packaging",
            tags="#fast, calm,Fast",
            person="Eva Fern",
            role="Owner",
            email="Eva@Fern.example",
            phone="+49 30  123",
            city="Berlin",
            postal_code="10115",
            country="Germany",
            time_zone="europe/berlin",
            languages="de, en",
            source="A fair",
            notes="Met in May.\r\nKind.",
        ) == VendorDraft(
            name="Fern & Flint",
            kind=VendorKind.AGENCY,
            website="https://www.fern.example",
            services="Brand design",
            categories=("Design", "Print"),
            niches=("Packaging",),
            tags=("fast", "calm"),
            people=(PersonDraft("Eva Fern", "Owner", ("eva@fern.example",), ("+49 30 123",)),),
            location="10115 Berlin, Germany",
            time_zone="Europe/Berlin",
            languages="de, en",
            source="A fair",
            notes="Met in May.\nKind.",
        )

    def test_a_rate_is_what_its_column_or_its_own_words_say_it_is_for(self) -> None:
        assert draft(name="Fern", daily_rate="450 EUR").rate == Pay(45_000, "EUR", RatePeriod.DAY)
        assert draft(name="Fern", rate="60", rate_currency="€", rate_period="hour").rate == Pay(
            6_000, "EUR", RatePeriod.HOUR
        )
        assert draft(name="Fern", rate="60/h", minimum="500").minimum == Pay(50_000, "GBP")

    def test_a_price_that_cannot_be_kept_goes_to_the_notes(self) -> None:
        found = draft(name="Fern", rate="60", hourly_rate="varies", daily_rate="450", monthly_rate="9000")
        assert found.rate == Pay(45_000, "GBP", RatePeriod.DAY)
        assert found.notes == "Rate: 60\n\nHourly_Rate: varies\n\nMonthly_Rate: 9000"
        assert [remark.split("”")[0] for remark in found.remarks] == ["“60", "“varies"]

    def test_a_name_alone_is_enough(self) -> None:
        assert draft(name="Fern") == VendorDraft(name="Fern")

    def test_where_no_company_is_told_the_vendor_bears_the_persons_name(self) -> None:
        found = draft(name="", first_name="Eva", last_name="Fern", email="e@fern.example")
        assert (found.name, found.people[0].name) == ("Eva Fern", "Eva Fern")

    def test_an_address_that_belongs_to_nobody_is_kept(self) -> None:
        assert draft(name="Fern", email="office@fern.example").people == (
            PersonDraft("", emails=("office@fern.example",)),
        )

    def test_two_contacts_with_one_address_stay_two(self) -> None:
        found = draft(name="Fern", person="Eva", email="o@f.example", person_2="Jo", email_2="o@f.example")
        assert [(person.name, person.emails) for person in found.people] == [
            ("Eva", ("o@f.example",)),
            ("Jo", ("o@f.example",)),
        ]
        assert found.emails == ("o@f.example",)

    def test_one_contact_told_twice_is_one(self) -> None:
        found = draft(name="Fern", person="Eva", email="a@f.example", person_2=" EVA ", email_2="b@f.example")
        assert found.people == (PersonDraft("Eva", emails=("a@f.example", "b@f.example")),)

    def test_several_columns_and_several_values_in_a_cell_add_up(self) -> None:
        cells = ["Fern", "a@f.example; b@f.example", "c@f.example, A@F.example", "030 1 / 030 2", "0301"]
        found = draft_vendor(cells, plan("name", "email", "email", "phone", "phone"))
        assert isinstance(found, VendorDraft)
        assert found.people[0].emails == ("a@f.example", "b@f.example", "c@f.example")
        assert found.people[0].phones == ("030 1", "030 2")

    def test_an_american_address_is_put_together_its_own_way(self) -> None:
        found = draft(name="Fern", address="1 Oak Road\nSuite 2", city="Bowie", region="MD", postal_code="20743")
        assert found.location == "1 Oak Road, Suite 2, Bowie, MD 20743"

    @pytest.mark.parametrize("nothing", ["", " ", "-", "n/a", "None", "k.A."])
    def test_words_for_nothing_are_nothing(self, nothing: str) -> None:
        found = draft(name="Fern", website=nothing, email=nothing, phone=nothing, person=nothing)
        assert found == VendorDraft(name="Fern")
        assert not found.remarks

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("email", "eva at fern", "“eva at fern” is not an e-mail address."),
            ("phone", "ask Eva", "“ask Eva” is not a phone number."),
            ("website", "javascript:alert(1)", "“javascript:alert(1)” is not a web address."),
            ("time_zone", "CET-ish", "“CET-ish” is not a time zone."),
            ("kind", "Bank", "“Bank” is not a kind of vendor."),
        ],
    )
    def test_a_wrong_value_costs_no_row_and_is_not_lost(self, field: str, value: str, words: str) -> None:
        found = draft(name="Fern", **{field: value})
        assert found.remarks == (words,)
        assert found.notes == f"{field.title()}: {value}"

    def test_what_is_too_long_for_its_field_is_whole_in_the_notes(self) -> None:
        services = "x" * (limits.LINE_LENGTH + 1)
        found = draft(name="Fern", services=services)
        assert len(found.services) == limits.LINE_LENGTH
        assert services in found.notes

    def test_control_characters_are_dropped(self) -> None:
        assert draft(name="Fe\0rn\x07 Flint\u2028Ltd").name == "Fern Flint Ltd"

    @given(st.lists(st.text(max_size=40), min_size=len(ImportField), max_size=len(ImportField)))
    def test_any_row_is_a_vendor_within_the_limits_or_has_a_reason(self, cells: list[str]) -> None:
        found = draft_vendor(cells, plan(*ImportField))
        if isinstance(found, BadRow):
            assert found.reason
            return
        assert 0 < len(found.name) <= limits.NAME_LENGTH
        assert len(found.location) <= limits.LINE_LENGTH
        assert not re.search("[\0\ud800-\udfff]", f"{found.name}{found.notes}{found.services}")


class TestReasons:
    def test_no_name(self) -> None:
        assert reason(["  ", "e@fern.example"], "name", "email") == "The row has no name."

    def test_a_name_at_the_limit_is_taken_and_one_above_is_not(self) -> None:
        assert len(draft(name="x" * limits.NAME_LENGTH).name) == limits.NAME_LENGTH
        assert reason(["x" * 5000], "name") == "The name has 5000 characters; 200 are the most."
        assert reason(["x" * (limits.NAME_LENGTH + 1)], "name").startswith("The name has 201 characters")

    def test_a_cell_at_the_limit_is_taken_and_one_above_is_not(self) -> None:
        assert len(draft(name="Fern", notes="x" * limits.TEXT_LENGTH).notes) == limits.TEXT_LENGTH
        words = "The column “Notes” holds 100001 characters; 100000 are the most."
        assert reason(["Fern", "x" * (limits.TEXT_LENGTH + 1)], "name", "notes") == words

    def test_notes_that_are_too_long_together(self) -> None:
        half = "x" * (limits.TEXT_LENGTH // 2)
        assert "100000 characters of notes" in reason(["Fern", half, half], "name", "notes", "notes")

    def test_more_cells_than_the_header(self) -> None:
        words = "The row has 3 cells, the header 2. Is a value with a delimiter not quoted?"
        assert reason(["Fern", "Ulm", "1"], "name", "city") == words


class TestValues:
    @pytest.mark.parametrize(
        ("cell", "found"),
        [
            ("EVA@FERN.EXAMPLE", ("eva@fern.example",)),
            ("Eva <eva@fern.example>, mailto:jo@fern.example", ("eva@fern.example", "jo@fern.example")),
            ("post@müller.example", ("post@müller.example",)),
            ("da\u00adten@vrb.example", ("daten@vrb.example",)),
            ("eva@fern.example.", ("eva@fern.example",)),
            ("eva@fern", ()),
            ("@fern.example", ()),
            ("eva@.fern.example", ()),
            ("x" * 300 + "@fern.example", ()),
        ],
    )
    def test_emails(self, cell: str, found: tuple[str, ...]) -> None:
        assert find_emails(cell) == found

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("fern.example", "https://fern.example"),
            ("HTTP://WWW.Fern.Example/Work/", "http://www.fern.example/Work/"),
            ("https://fern.example/?q=1#top", "https://fern.example/?q=1#top"),
            ("fern.example:8080/x", "https://fern.example:8080/x"),
            ("//fern.example", "https://fern.example"),
            ("müller.example", "https://müller.example"),
            ("javascript:alert(1)", ""),
            ("data:text/html,x", ""),
            ("ftp://fern.example", ""),
            ("https://user:pw@fern.example", ""),
            ("http://fern", ""),
            ("https://[::1", ""),
            ("https://fern.example:99999", ""),
            ("fern", ""),
            ("https://fern.example/" + "x" * limits.URL_LENGTH, ""),
        ],
    )
    def test_web_addresses(self, typed: str, kept: str) -> None:
        assert normalised_website(typed) == kept

    @given(st.text(max_size=60))
    def test_a_kept_web_address_is_kept_as_it_is(self, typed: str) -> None:
        kept = normalised_website(typed)
        assert normalised_website(kept) == kept

    @pytest.mark.parametrize(
        ("cell", "parts"),
        [
            ("Design, print", ("Design", "print")),
            ("Hotels, Resorts & Cruise Lines", ("Hotels, Resorts & Cruise Lines",)),
            ("a; b|c\nd", ("a", "b", "c", "d")),
            ("a, b; c", ("a, b", "c")),
            (" , ;", ()),
        ],
    )
    def test_lists(self, cell: str, parts: tuple[str, ...]) -> None:
        assert split_list(cell) == parts


class TestNames:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Office of Sport", "Office  Of\u00a0Sport "),
            ("MacAulay-Brown, Inc", "MacAulay-Brown, Inc."),
            ("Ｆｅｒｎ", "fern"),
            ("Straße", "STRASSE"),
        ],
    )
    def test_equal_when_normalised(self, one: str, other: str) -> None:
        assert normalised_name(one) == normalised_name(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Fern Ltd", "Fern Limited"),
            ("Fern", "Fern GmbH"),
            ("Fern & Flint", "Fern and Flint"),
            ("Café Söhne B.V.", "Cafe Sohne BV"),
            ("BrightPixel", "Bright-Pixel"),
        ],
    )
    def test_near(self, one: str, other: str) -> None:
        assert are_near(one, other)
        assert are_near(other, one)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Engility LLC", "Engility Corporation"),
            ("Vencore, Inc.", "Vencore Services and Solutions, Inc."),
            ("Fern", "Flint"),
            ("Ltd", "GmbH"),
        ],
    )
    def test_not_near(self, one: str, other: str) -> None:
        assert not are_near(one, other)

    def test_loose_drops_accents_marks_and_legal_forms(self) -> None:
        assert loose_name("Müller-Söhne & Co. KG") == "muller sohne"
        assert loose_name("Ltd.") == "ltd"

    @given(st.text())
    def test_normalising_twice_is_normalising_once(self, name: str) -> None:
        once = normalised_name(name)
        assert normalised_name(once) == once

    def test_an_endless_cell_is_searched_in_one_pass(self) -> None:
        for cell in ("a" * 100_000 + " @", "a@" * 50_000, "a." * 50_000 + "@x", "x@" + "a." * 50_000):
            assert find_emails(cell) == ()
            assert normalised_website(cell) == ""

    def test_same_email(self) -> None:
        assert same_email(" Eva@Fern.example", "eva@FERN.example")
        assert not same_email("eva@fern.example", "jo@fern.example")


class TestDomains:
    @pytest.mark.parametrize(
        ("address", "domain"),
        [
            ("https://www.Fern.example/work?x=1", "fern.example"),
            ("eva@Fern.example", "fern.example"),
            ("shop.fern.example", "shop.fern.example"),
            ("https://müller.example", "xn--mller-kva.example"),
            ("www.example", "www.example"),
            ("", ""),
            ("nonsense", ""),
        ],
    )
    def test_tell_a_company(self, address: str, domain: str) -> None:
        assert web_domain(address) == domain

    @pytest.mark.parametrize(
        "address",
        [
            "a@gmail.com",
            "a@yahoo.com",
            "a@yahoo.co.uk",
            "a@aol.com",
            "a@hotmail.com",
            "a@hotmail.fr",
            "a@comcast.net",
            "a@verizon.net",
            "a@outlook.com",
            "a@outlook.de",
            "a@icloud.com",
            "a@gmx.de",
            "a@web.de",
            "a@t-online.de",
            "a@proton.me",
            "https://www.facebook.com/fern",
            "https://de.linkedin.com/in/fern",
            "sites.google.com/x",
        ],
    )
    def test_of_providers_and_shared_sites_tell_nobody(self, address: str) -> None:
        assert web_domain(address) == ""

    @pytest.mark.parametrize(
        "address", ["a@live-design.de", "https://gmx-design.de", "https://me.example", "a@x-gmail.com"]
    )
    def test_that_only_look_like_a_provider_tell_a_company(self, address: str) -> None:
        assert web_domain(address)


def known(*vendors: Mapping[str, object]) -> Matcher:
    """A matcher that knows these vendors as 1, 2, 3, ..."""
    matcher = Matcher()
    for number, vendor in enumerate(vendors, start=1):
        matcher.add(number, **vendor)  # type: ignore[arg-type]
    return matcher


FERN = {"name": "Fern & Flint Ltd", "emails": ["eva@fern.example"], "website": "https://fern.example"}


class TestTheSameVendor:
    @pytest.mark.parametrize(
        ("row", "why"),
        [
            ({"name": "FERN & FLINT LTD."}, Why.NAME),
            ({"name": "Fern & Flint Ltd", "website": "www.fern.example/about"}, Why.NAME_AND_WEBSITE),
            ({"name": "Fern & Flint Ltd", "website": "shop.fern.example"}, Why.NAME),
            ({"name": "Fern & Flint Ltd", "emails": ["EVA@fern.example"]}, Why.NAME_AND_EMAIL),
            (
                {"name": "Fern & Flint Ltd", "emails": ["eva@fern.example"], "website": "flint.example"},
                Why.NAME_AND_EMAIL,
            ),
            ({"name": "Fern and Flint", "emails": ["eva@fern.example"]}, Why.EMAIL),
            ({"name": "Fern and Flint Limited", "website": "fern.example"}, Why.WEBSITE),
            ({"name": "Fern & Flint", "emails": ["jo@fern.example"]}, Why.WEBSITE),
        ],
    )
    def test_is_found(self, row: dict[str, object], why: Why) -> None:
        assert known(FERN).find(**row) == Match(1, why)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("row", "alike"),
        [
            ({"name": "Flint", "emails": ["eva@fern.example"]}, (1,)),
            ({"name": "Flint", "website": "fern.example"}, (1,)),
            ({"name": "Fern & Flint Ltd", "website": "flint.example"}, ()),
            ({"name": "Fern & Flint GmbH", "emails": ["eva@fern.example"]}, (1,)),
            ({"name": "Fern & Flint"}, ()),
            ({"name": "Oak"}, ()),
        ],
    )
    def test_is_not_made_of_two(self, row: dict[str, object], alike: tuple[int, ...]) -> None:
        assert known(FERN).find(**row) == Match(None, alike=alike)  # type: ignore[arg-type]

    def test_a_providers_domain_joins_nobody(self) -> None:
        matcher = known({"name": "Fern Ltd", "emails": ["fern@gmail.com"]})
        assert matcher.find(name="Fern", emails=["other@gmail.com"]) == Match(None)

    def test_of_equal_names_the_one_with_the_same_site_or_address_is_it(self) -> None:
        brands = [{"name": "Meet SAS", "website": f"meet.{land}"} for land in ("es", "it", "nl")]
        matcher = known(*brands, {"name": "Meet SAS", "emails": ["x@meet.pt"]})
        assert matcher.find(name="Meet SAS", website="https://www.meet.it").vendor == 2
        assert matcher.find(name="meet sas", emails=["x@meet.pt"]).vendor == 4
        assert matcher.find(name="Meet SAS").vendor == 1
        assert matcher.find(name="Meet SAS", website="meet.pt").vendor == 4

    def test_what_a_vendor_gets_later_counts_too(self) -> None:
        matcher = known({"name": "Fern"})
        matcher.add(1, name="Fern", emails=["eva@fern.example"], website="fern.example")
        assert matcher.find(name="Fern Ltd", emails=["eva@fern.example"]).vendor == 1
        assert matcher.find(name="Fern", website="other.example").vendor is None

    def test_names_of_which_nothing_is_left_are_not_all_the_same(self) -> None:
        assert known({"name": "..."}).find(name=";;") == Match(None)
        assert known({"name": "..."}).find(name="...").vendor == 1

    def test_a_crowd_behind_one_address_stays_quick_and_apart(self) -> None:
        matcher = Matcher()
        for number in range(20_000):
            row = {"name": f"Fern {number}", "emails": ["all@fern.example"], "website": f"fern{number}.example"}
            assert matcher.find(**row).vendor is None  # type: ignore[arg-type]
            matcher.add(number, **row)  # type: ignore[arg-type]
        assert matcher.find(name="Fern 77", emails=["all@fern.example"]).vendor == 77


# Real files


def read(path: Path) -> tuple[list[VendorDraft], list[str]]:
    """The drafts of a file with guessed columns, and the reasons of its bad rows."""
    with open_table(path, knows_header=knows_header) as table:
        guesses = guess_columns(table.columns, has_header=table.has_header)
        mapping = {column: guess.field for column, guess in guesses.items()}
        rows = RowPlan.of(table.columns, mapping, width=table.width)
        found = [draft_vendor(cells, rows) for _line, cells in table.rows()]
    drafts = [each for each in found if isinstance(each, VendorDraft)]
    return drafts, [each.reason for each in found if isinstance(each, BadRow)]


def vendors_made(drafts: Iterable[VendorDraft], matcher: Matcher) -> int:
    """How many new vendors the rows give; the matcher learns them."""
    new = 0
    for each in drafts:
        match = matcher.find(name=each.name, emails=each.emails, website=each.website)
        vendor = match.vendor
        if vendor is None:
            new += 1
            vendor = hash((each.name, each.website, new))
        matcher.add(vendor, name=each.name, emails=each.emails, website=each.website)
    return new


def emails(drafts: Iterable[VendorDraft]) -> list[str]:
    return [email for each in drafts for person in each.people for email in person.emails]


REAL = [
    # file, rows, bad rows, vendors, e-mail addresses, different ones
    ("us-maryland-mbe-directory.csv", 1000, 0, 1000, 961, 959),
    # 761 names; three cells list so many suppliers that they are no name.
    ("au-act-contracts-2025.csv", 1293, 3, 758, 0, 0),
    ("uk-cabinet-office-spend-2019-07.csv", 223, 0, 94, 0, 0),
    ("uk-cabinet-office-spend-2020-09.csv", 807, 0, 161, 0, 0),
    ("uk-gateshead-spend-2017-08.csv", 3649, 0, 679, 0, 0),
    ("uk-leeds-spend-2011-06.csv", 9485, 0, 2238, 0, 0),
    ("us-sp500-companies.csv", 503, 0, 503, 0, 0),
    ("us-medical-device-corps.csv", 1148, 0, 1147, 0, 0),
    ("us-fedramp-p-ato-sample.csv", 5, 0, 5, 5, 5),
    ("at-austria/banken.csv", 91, 0, 91, 91, 90),
    ("at-austria/auskunfteien.csv", 15, 0, 15, 15, 14),
    ("at-austria/verkehr.csv", 10, 0, 10, 10, 10),
    ("at-austria/staatsnahe_staatseigene_unternehmen.csv", 26, 0, 26, 26, 26),
    # 1,523 names, some of them borne by several companies with sites of their own.
    ("derived-eu-companies/eu-companies-a.utf8.csv", 1536, 0, 1533, 1481, 1407),
    ("derived-eu-companies/eu-companies-a.utf8bom-crlf.csv", 1536, 0, 1533, 1481, 1407),
    ("derived-eu-companies/eu-companies-a.semicolon-cp1252.csv", 1536, 0, 1533, 1481, 1407),
    ("derived-eu-companies/eu-companies-a.utf16le-tab.txt", 1536, 0, 1533, 1481, 1407),
]


class TestRealFiles:
    @pytest.mark.parametrize(("name", "rows", "bad", "vendors", "all_emails", "different"), REAL)
    def test_gives_its_vendors_and_addresses_and_nothing_more_the_second_time(
        self, shared: Path, name: str, rows: int, bad: int, vendors: int, all_emails: int, different: int
    ) -> None:
        drafts, reasons = read(shared / "vendors" / name)
        assert (len(drafts), len(reasons)) == (rows, bad)
        assert (len(emails(drafts)), len(set(emails(drafts)))) == (all_emails, different)
        matcher = Matcher()
        assert vendors_made(drafts, matcher) == vendors
        assert vendors_made(drafts, matcher) == 0

    def test_the_pools_one_after_the_other_give_77_vendors(self, shared: Path) -> None:
        matcher = Matcher()
        drafts: list[VendorDraft] = []
        new = []
        for path in sorted((shared / "vendors" / "us-gsa-oasis").glob("*.csv")):
            found, reasons = read(path)
            assert not reasons
            new.append(vendors_made(found, matcher))
            drafts += found
        assert (len(drafts), sum(new)) == (234, 77)
        assert len(set(emails(drafts))) == 98
        assert {len(each.people) for each in drafts} == {2}
        assert vendors_made(drafts, matcher) == 0

    def test_two_firms_of_maryland_with_one_address_stay_two(self, shared: Path) -> None:
        drafts, _reasons = read(shared / "vendors" / "us-maryland-mbe-directory.csv")
        twice = [email for email, count in Counter(emails(drafts)).items() if count == 2]
        assert sorted(twice) == ["rdbtlr1@aol.com", "robertwallace@bithgroup.com"]

    def test_the_forms_of_one_table_give_the_same_drafts(self, shared: Path) -> None:
        folder = shared / "vendors" / "derived-eu-companies"
        plain, *others = (
            read(folder / f"eu-companies-a.{form}")[0]
            for form in ("utf8.csv", "utf8bom-crlf.csv", "utf16le-tab.txt", "semicolon-cp1252.csv")
        )
        assert others[0] == others[1] == plain
        assert sum(one != other for one, other in zip(plain, others[2], strict=True)) <= 10

    @pytest.mark.parametrize(
        ("name", "vendors", "addresses"),
        [
            ("csv/linkedin-connections.csv", 10, 7),
            ("csv/google-shared-contacts-client-outlook.csv", 3, 5),
            ("csv/atomic-crm-contacts_export.csv", 1, 4),
            ("csv/shared-contacts-admin-sample1.csv", None, 16),
            ("thunderbird/basic_csv_addressbook.csv", 2, 2),
            ("thunderbird/csv_semicolon.csv", 2, 2),
            ("thunderbird/quote.csv", 1, 0),
            # Their addresses (contact1@invalid) could not be written to; the notes keep them.
            ("thunderbird/export.csv", 2, 0),
        ],
    )
    def test_address_books_can_be_read_too(self, shared: Path, name: str, vendors: int | None, addresses: int) -> None:
        drafts, reasons = read(shared / "contacts" / name)
        assert not reasons
        assert len(emails(drafts)) == addresses
        assert vendors is None or vendors_made(drafts, Matcher()) == vendors

    def test_every_naughty_string_is_kept_or_refused_in_words(self, shared: Path) -> None:
        for text in json.loads((shared / "hostile" / "blns.json").read_text("utf-8")):
            found = draft_vendor([text, text, text], plan("name", "website", "notes"))
            if isinstance(found, BadRow):
                assert found.reason
            else:
                assert found.website == "" or found.website.startswith(("http://", "https://"))
                cleaned = re.search(r"[\x00-\x1f\x7f-\x9f\ufffe]", text) is not None
                assert cleaned or found.name == " ".join(text.split())

    def test_no_script_becomes_a_website(self, shared: Path) -> None:
        for name in ("xss-JHADDIX_XSS.txt", "xss-RSNAKE_XSS.txt", "xss-XSS_Polyglots.txt"):
            for line in (shared / "hostile" / name).read_text("utf-8").splitlines():
                assert re.fullmatch(r"(https?://[^\s<>\"\\]+)?", normalised_website(line)), line

    def test_addresses_that_the_standards_allow_in_practice_are_found(self, shared: Path) -> None:
        lines = (shared / "hostile" / "addresses" / "mailbox_valid.txt").read_text("utf-8").splitlines()
        plain = [line for line in lines if re.fullmatch(r"[A-Za-z0-9.+_-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}", line)]
        assert plain
        assert [line for line in plain if find_emails(line) != (line.casefold(),)] == []
