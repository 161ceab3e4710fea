"""Columns are matched with fields by their words and their values, or as a person says."""

from pathlib import Path

import pytest

from crm.core.csv_files import open_table
from crm.core.errors import Refused
from crm.domain.import_columns import (
    REPEATABLE,
    ImportField,
    guess_columns,
    knows_header,
    read_mapping,
    require_name,
)
from tests.support.shared_data import shared_folder


@pytest.fixture(scope="module")
def shared() -> Path:
    return shared_folder()


def guessed(source: str | Path) -> dict[str, str]:
    """Which column was guessed to be which field, in the file's order."""
    with open_table(source.encode() if isinstance(source, str) else source, knows_header=knows_header) as table:
        found = guess_columns(table.columns, has_header=table.has_header)
        return {name: guess.field.value for name, guess in found.items()}


def columns(header: str) -> object:
    with open_table(f"{header}\n1,2,3\n".encode(), header=True) as table:
        return table.columns


class TestWords:
    @pytest.mark.parametrize(
        ("header", "field"),
        [
            ("Supplier", "name"),
            ("Company Name", "name"),
            ("OASIS Pool 1 Contractor Name", "name"),
            ("Firma", "name"),
            ("Lieferantenname", "name"),
            ("Organization 1 - Name", "name"),
            ("E-Mail", "email"),
            ("E-mail 2 Address", "email"),
            ("contact_email_address", "email"),
            ("workEmail", "email"),
            ("Telefonnummer", "phone"),
            ("Phone", "phone"),
            ("Mobile Number", "phone"),
            ("Website URL", "website"),
            ("Homepage", "website"),
            ("Branche", "category"),
            ("GICS Sub-Industry", "niche"),
            ("Schlagwörter", "tags"),
            ("Straße", "address"),
            ("PLZ", "postal_code"),
            ("Zip Code", "postal_code"),
            ("Stadt", "city"),
            ("County", "region"),
            ("Land", "country"),
            ("Headquarters Location", "location"),
            ("Time zone", "time_zone"),
            ("Sprachen", "languages"),
            ("Quelle", "source"),
            ("Bemerkungen", "notes"),
            ("Leistungen", "services"),
            ("Ansprechpartner", "person"),
            ("Contact 1 Name", "person"),
        ],
    )
    def test_in_english_and_german_with_whatever_stands_around_them(self, header: str, field: str) -> None:
        assert guessed(f"No,{header}\n1,\n2,\n") == {header: field}

    @pytest.mark.parametrize(
        "header",
        [
            "Fax",
            "Company size",
            "Nickname",
            "Linkedin URL",
            "Address 2 - Type",
            "Contract Number",
            "Birth Year",
            "Title",
            "Expense Type",
            "Conversation Title",
            "Status",
            "DUNS Number",
        ],
    )
    def test_what_only_sounds_familiar_is_left_out(self, header: str) -> None:
        assert guessed(f"No,{header}\n1,\n2,\n") == {}

    def test_no_field_is_given_twice_unless_it_may_repeat(self) -> None:
        text = "Company,Supplier,City,Town,Email,Email,Phone,Mobile,Notes,Comments\na,b,c,d,,,,,e,f\n"
        found = list(guessed(text).values())
        assert all(found.count(field) == 1 for field in found if ImportField(field) not in REPEATABLE)
        assert found.count("phone") == 2

    def test_name_is_the_person_where_a_company_has_a_column(self) -> None:
        assert guessed("Name,Company,Job Title\nEva Fern,Fern,Owner\n") == {
            "Name": "person",
            "Company": "name",
            "Job Title": "role",
        }

    def test_name_is_the_vendor_elsewhere(self) -> None:
        assert guessed("id,name,email\n1,Fern,e@fern.example\n") == {"name": "name", "email": "email"}

    def test_a_title_is_a_role_only_where_there_is_a_person(self) -> None:
        assert guessed("supplier,title\nFern,Paint\n") == {"supplier": "name"}
        assert guessed("supplier,contact,title\nFern,Eva,Owner\n")["title"] == "role"

    def test_three_contacts_each_keep_what_is_theirs(self) -> None:
        header = "Vendor,Contact 1 Name,Contact 1 Email,Contact 2 Name,Contact 2 Email,Contact 3 Name,Contact 3 Phone"
        assert list(guessed(f"{header}\nFern,Eva,e@f.example,Jo,j@f.example,Al,030 123456\n").values()) == [
            "name", "person", "email", "person_2", "email_2", "person_3", "phone_3",
        ]  # fmt: skip

    def test_our_own_fields_are_our_own_words(self) -> None:
        header = ",".join(ImportField)
        found = guessed(f"{header}\n" + ",".join("" for _field in ImportField) + ",\n")
        assert found == {field.value: field.value for field in ImportField}


class TestValues:
    def test_addresses_are_known_without_a_familiar_word(self) -> None:
        text = "supplier,reach at\nFern,e@fern.example\nMoss,m@moss.example\n"
        assert guessed(text) == {"supplier": "name", "reach at": "email"}

    def test_a_file_without_a_header_is_known_by_its_values(self) -> None:
        text = (
            "Fern & Flint,e@fern.example,https://fern.example,+49 30 123456\n"
            "Moss,m@moss.example,https://moss.example,+49 40 654321\n"
        )
        assert list(guessed(text).values()) == ["name", "email", "website", "phone"]

    def test_values_overrule_words_that_they_contradict(self) -> None:
        assert guessed("vendor,email\nFern,yes\nMoss,no\n") == {"vendor": "name"}
        assert guessed("Supplier ID,Supplier name\nV-1,Fern\nV-2,Moss\n") == {"Supplier name": "name"}

    def test_links_into_one_register_are_nobodys_website(self) -> None:
        text = "vendor,url\n" + "".join(f"Fern {n},https://register.example/{n}\n" for n in range(4))
        assert guessed(text) == {"vendor": "name"}

    def test_a_web_address_that_cannot_be_parsed_does_no_harm(self) -> None:
        assert guessed("vendor,website\nFern,http://[::1\nMoss,[x.y\nOak,z.example\n")["website"] == "website"

    def test_a_type_is_a_kind_only_if_it_says_our_kinds(self) -> None:
        assert guessed("vendor,type\nFern,Agency\nMoss,freelancer\n")["type"] == "kind"
        assert "type" not in guessed("vendor,type\nFern,Bank\nMoss,Insurer\n")

    def test_words_of_a_header_tell_it_from_data(self) -> None:
        assert knows_header(["Firma", "Ort"])
        assert knows_header(["Name"])
        assert not knows_header(["Merck Sharp & Dohme Corporation"])
        assert not knows_header(["Fern & Flint", "Berlin", "Acme Web Design"])


class TestMapping:
    def test_is_taken_as_told_whatever_the_case(self) -> None:
        told = {"firma ": "Name", "MAIL": "e-mail", "Rest": ""}
        assert read_mapping(told, columns("Firma,Mail,Rest")) == {  # type: ignore[arg-type]
            "Firma": ImportField.NAME,
            "Mail": ImportField.EMAIL,
        }

    @pytest.mark.parametrize(
        ("told", "words"),
        [
            ({"Firm": "name"}, "The file has no column “Firm”. Its columns are: Firma, Mail, Rest."),
            ({"Firma": "nom"}, "“nom”, told for column “Firma”, is no field. The fields are: name, kind"),
            ({"Firma": "name", "Rest": "name"}, "Two columns cannot both be “name”."),
            ({}, "No column is matched with a field."),
            ({"Firma": "ignore"}, "No column is matched with a field."),
        ],
    )
    def test_what_cannot_be_is_told_in_words(self, told: dict[str, str], words: str) -> None:
        with pytest.raises(Refused) as refusal:
            read_mapping(told, columns("Firma,Mail,Rest"))  # type: ignore[arg-type]
        assert str(refusal.value).startswith(words)

    def test_several_columns_may_hold_addresses(self) -> None:
        told = {"Mail": "email", "Rest": "email"}
        assert list(read_mapping(told, columns("Firma,Mail,Rest")).values()) == ["email", "email"]  # type: ignore[arg-type]

    def test_something_must_name_the_vendor(self) -> None:
        require_name([ImportField.LAST_NAME])
        with pytest.raises(Refused, match="No column is the vendor’s name"):
            require_name([ImportField.EMAIL])


MARYLAND = {
    "zip": "postal_code",
    "products_services": "services",
    "address": "address",
    "city": "city",
    "phone_phone_number": "phone",
    "contact": "person",
    "name": "name",
    "state": "region",
    "contact_email_address": "email",
    "website_url": "website",
}
AUSTRIA = {
    "Name": "name",
    "Branche": "category",
    "Adresse": "address",
    "PLZ": "postal_code",
    "E-Mail": "email",
    "Homepage": "website",
    "Tel": "phone",
}
EU = {
    "name": "name",
    "categories": "category",
    "address": "address",
    "phone": "phone",
    "email": "email",
    "web": "website",
    "comments": "notes",
}
LINKEDIN = {
    "First Name": "first_name",
    "Last Name": "last_name",
    "Email Address": "email",
    "Company": "name",
    "Position": "role",
}


class TestRealFiles:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("vendors/us-maryland-mbe-directory.csv", MARYLAND),
            ("vendors/au-act-contracts-2025.csv", {"suppliers": "name"}),
            ("vendors/uk-cabinet-office-spend-2019-07.csv", {"Supplier": "name"}),
            ("vendors/uk-cabinet-office-spend-2020-09.csv", {"Supplier": "name"}),
            ("vendors/uk-gateshead-spend-2017-08.csv", {"Supplier ID(T)": "name"}),
            ("vendors/uk-leeds-spend-2011-06.csv", {"Supplier name": "name"}),
            (
                "vendors/us-sp500-companies.csv",
                {
                    "Security": "name",
                    "GICS Sector": "category",
                    "GICS Sub-Industry": "niche",
                    "Headquarters Location": "location",
                },
            ),
            ("vendors/us-medical-device-corps.csv", {"column 1": "name"}),
            (
                "vendors/us-fedramp-p-ato-sample.csv",
                {
                    "CSP Name": "name",
                    "Website URL": "website",
                    "Package Services Description": "services",
                    "CSP POC": "person",
                    "CSP POC Email": "email",
                },
            ),
            ("vendors/at-austria/banken.csv", AUSTRIA),
            ("vendors/at-austria/verkehr.csv", AUSTRIA),
            ("vendors/derived-eu-companies/eu-companies-a.utf8.csv", EU),
            ("vendors/derived-eu-companies/eu-companies-a.utf8bom-crlf.csv", EU),
            ("vendors/derived-eu-companies/eu-companies-a.semicolon-cp1252.csv", EU),
            ("vendors/derived-eu-companies/eu-companies-a.utf16le-tab.txt", EU),
            ("contacts/csv/linkedin-connections.csv", LINKEDIN),
            # Messages are no contacts: nothing names a vendor, so that they are not taken in silence.
            ("contacts/csv/linkedin-messages.csv", {}),
        ],
    )
    def test_gives_its_columns(self, shared: Path, name: str, expected: dict[str, str]) -> None:
        assert guessed(shared / name) == expected

    @pytest.mark.parametrize("pool", ["1", "2", "3", "4", "5a", "5b", "6"])
    def test_each_pool_has_a_contractor_and_two_contacts(self, shared: Path, pool: str) -> None:
        assert guessed(shared / "vendors" / "us-gsa-oasis" / f"oasis-pool-{pool}.csv") == {
            f"OASIS Pool {pool.upper()} Contractor Name": "name",
            "COCM Name": "person",
            "COCM Phone": "phone",
            "COCM Email": "email",
            "COPM Name": "person_2",
            "COPM Phone": "phone_2",
            "COPM Email": "email_2",
        }


class TestMoney:
    @pytest.mark.parametrize(
        ("text", "field"),
        [
            ("vendor,Hourly rate\nFern,60\n", "hourly_rate"),
            ("vendor,Day rate (EUR)\nFern,450\n", "daily_rate"),
            ("vendor,Stundensatz netto\nFern,60\n", "hourly_rate"),
            ("vendor,Rate\nFern,60 EUR/h\nMoss,£45 an hour\n", "rate"),
            ("vendor,Minimum\nFern,500\n", "minimum"),
        ],
    )
    def test_a_price_is_known_by_its_header(self, text, field) -> None:
        assert list(guessed(text).values()) == ["name", field]

    @pytest.mark.parametrize(
        "text",
        [
            "vendor,Rate\nFern,60\n",
            "vendor,Success rate\nFern,60\n",
            "vendor,Tax rate per hour of work\nFern,20\n",
            "vendor,Hourly rate\nFern,varies\n",
            "vendor,Currency\nFern,EUR\n",
        ],
    )
    def test_what_only_sounds_like_one_is_left_out(self, text) -> None:
        assert list(guessed(text).values()) == ["name"]

    def test_a_rate_is_known_where_another_column_says_what_it_is_for(self) -> None:
        found = guessed("vendor,Rate,Currency,Rate period\nFern,60,EUR,hour\n")
        assert list(found.values()) == ["name", "rate", "rate_currency", "rate_period"]
