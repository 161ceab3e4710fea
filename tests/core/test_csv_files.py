"""Tables are read right whoever wrote them, and what we write comes back as it was."""

import io
import json
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core import limits
from crm.core.csv_files import (
    Evidence,
    Table,
    TableWriter,
    UnreadableTable,
    find_delimiter,
    looks_like,
    open_table,
    protected,
    unprotected,
    write_rows,
)
from tests.support.shared_data import shared_folder

MARK = "ours"


@pytest.fixture(scope="module")
def shared() -> Path:
    return shared_folder()


def rows_of(source: bytes | str, **choices: object) -> list[list[str]]:
    data = source.encode() if isinstance(source, str) else source
    with open_table(data, **choices) as table:  # type: ignore[arg-type]
        return [cells for _line, cells in table.rows()]


def table_of(source: bytes | str, **choices: object) -> Table:
    data = source.encode() if isinstance(source, str) else source
    return open_table(data, **choices)  # type: ignore[arg-type]


def names_of(table: Table) -> list[str]:
    return [column.name for column in table.columns]


class TestEncodings:
    TEXT = "Name;Stadt;Nr\r\nMüller & Söhne;Köln;1\r\nÉtoile;Besançon;2\r\n"

    @pytest.mark.parametrize(
        ("data", "encoding", "evidence"),
        [
            (TEXT.encode("utf-8"), "utf-8", Evidence.VALID),
            (TEXT.encode("utf-8-sig"), "utf-8-sig", Evidence.MARK),
            (TEXT.encode("utf-16"), "utf-16", Evidence.MARK),
            (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16", Evidence.MARK),
            (TEXT.encode("utf-16-le"), "utf-16-le", Evidence.ZEROS),
            (TEXT.encode("utf-16-be"), "utf-16-be", Evidence.ZEROS),
            (TEXT.encode("cp1252"), "cp1252", Evidence.LETTERS),
            (TEXT.encode("mac_roman"), "mac_roman", Evidence.LETTERS),
            (TEXT.encode("cp850"), "cp850", Evidence.LETTERS),
        ],
    )
    def test_each_gives_the_same_rows_and_says_what_it_was_known_by(
        self, data: bytes, encoding: str, evidence: Evidence
    ) -> None:
        table = table_of(data)
        assert (table.encoding, table.evidence) == (encoding, evidence)
        assert names_of(table) == ["Name", "Stadt", "Nr"]
        assert [cells for _line, cells in table.rows()] == [
            ["Müller & Söhne", "Köln", "1"],
            ["Étoile", "Besançon", "2"],
        ]

    def test_one_damaged_byte_does_not_turn_utf_8_into_something_else(self) -> None:
        data = ("name,no\n" + "Müller,1\n" * 40).encode() + b"Caf\xe9,2\n"
        table = table_of(data)
        assert table.evidence is Evidence.MOSTLY_VALID
        assert [cells for _line, cells in table.rows()][-1] == ["Caf\ufffd", "2"]

    def test_a_character_cut_by_the_end_of_a_block_is_whole(self) -> None:
        head = "name,no\n"
        data = (head + "x" * (65535 - len(head)) + "ü,1\n").encode()
        assert rows_of(data)[0][0].endswith("xü")

    def test_the_five_holes_of_cp1252_are_no_error(self) -> None:
        assert rows_of(b"name,no\nCaf\xe9 \x81,1\n") == [["Café \x81", "1"]]

    def test_the_caller_may_say_it(self) -> None:
        assert rows_of("имя,no\nМир,1\n".encode("cp1251"), encoding="cp1251") == [["Мир", "1"]]
        with pytest.raises(UnreadableTable, match="no encoding called “utf-99”"):
            table_of("a,b\n1,2\n", encoding="utf-99")

    def test_nul_characters_stay(self) -> None:
        assert rows_of("name,no\nFe\0rn & Flint of London,1\n") == [["Fe\0rn & Flint of London", "1"]]


class TestWhatIsNoTable:
    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "empty"),
            (b"\xef\xbb\xbf", "empty"),
            (b" \r\n \r\n", "empty"),
            (b",,,\n,,,\n", "no rows"),
            (b"PK\x03\x04rest", "XLSX"),
            (b"\xd0\xcf\x11\xe0rest", "XLS"),
            (b"%PDF-1.7", "PDF"),
            (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "vCard"),
            (b"\n<html><table>", "HTML"),
            (bytes(range(32)) * 40, "not a text file"),
        ],
    )
    def test_is_refused_in_words(self, data: bytes, words: str) -> None:
        with pytest.raises(UnreadableTable, match=words):
            table_of(data)

    def test_a_line_at_the_limit_is_read_and_one_above_is_refused(self) -> None:
        line = "y," + "x" * (limits.TABLE_RECORD_LENGTH - 3)
        assert len(rows_of(f"name,notes\n{line}\n")[0][1]) == limits.TABLE_RECORD_LENGTH - 3
        with pytest.raises(UnreadableTable, match="Line 2 is longer than 1000000 characters"):
            rows_of(f"name,notes\n{line}x\n")

    def test_a_line_too_long_far_down_is_told_with_its_number(self) -> None:
        text = "name,no\n" + "Fern,1\n" * 50_000 + "x" * (limits.TABLE_RECORD_LENGTH + 1)
        with pytest.raises(UnreadableTable, match="Line 50002"):
            rows_of(text)

    def test_columns_at_the_limit_are_read_and_one_more_is_refused(self) -> None:
        header = ",".join(f"c{number}" for number in range(limits.TABLE_COLUMNS))
        assert len(table_of(f"{header}\n{header}\n").columns) == limits.TABLE_COLUMNS
        with pytest.raises(UnreadableTable, match="1001 columns"):
            table_of(f"{header},more\n")


class TestDelimiters:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_each_is_found(self, delimiter: str) -> None:
        lines = ["name|town|no", "Fern|Berlin|1", "Moss|Wien|2"]
        assert find_delimiter([line.replace("|", delimiter) for line in lines]) == delimiter

    def test_decimal_commas_do_not_win_over_semicolons(self) -> None:
        assert find_delimiter(["name;rate;day", "Fern;1,5;12,0", "Moss;2,5;13,0", "Oak;3,5;14,0"]) == ";"

    def test_semicolons_in_cells_do_not_win_over_commas(self) -> None:
        assert find_delimiter(["name,tags,no", "Fern,a;b;c,1", "Moss,d;e;f,2", "Oak,g;h;i,3"]) == ","

    def test_quoted_delimiters_do_not_count(self) -> None:
        assert find_delimiter(['"a;b";"c"', '"Smith, J;K";"x"', '"Doe, J;L";"y"']) == ";"

    def test_names_with_a_comma_here_and_there_are_one_column(self) -> None:
        names = ["Fern", "Moss, Inc", "Oak and Sons", "Elm", "Ash, Ltd", "Yew", "Fir", "Box"]
        with open_table("\n".join(names).encode()) as table:
            assert [cells for _line, cells in table.rows()] == [[name] for name in names]

    def test_blanks_before_a_quote_belong_to_the_delimiter(self) -> None:
        assert rows_of('id, name\n1, "Fern, Flint"\n2, "Moss"\n') == [["1", "Fern, Flint"], ["2", "Moss"]]


class TestLines:
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_any_line_end_will_do(self, end: str) -> None:
        table = table_of(end.join(["name,no", "Fern,1", '"Moss', 'and Co",2', "Oak,3", ""]))
        assert list(table.rows()) == [(2, ["Fern", "1"]), (3, [f"Moss{end}and Co", "2"]), (5, ["Oak", "3"])]

    def test_line_ends_may_be_mixed_and_the_last_one_missing(self) -> None:
        assert rows_of("name,no\nFern,1\r\nMoss,2\rOak,3") == [["Fern", "1"], ["Moss", "2"], ["Oak", "3"]]

    def test_blank_rows_are_no_rows(self) -> None:
        table = table_of("name,no\n\nFern,1\n,\n  , \t\nMoss,2\n")
        assert list(table.rows()) == [(3, ["Fern", "1"]), (6, ["Moss", "2"])]

    def test_short_rows_are_filled_up_and_long_ones_show_it(self) -> None:
        assert rows_of("name,no,town\nFern,1,Bonn\nMoss\nOak,2,Ulm,,\nElm,3,Jena,,spare\n") == [
            ["Fern", "1", "Bonn"],
            ["Moss", "", ""],
            ["Oak", "2", "Ulm"],
            ["Elm", "3", "Jena", "", "spare"],
        ]

    def test_it_can_be_read_twice(self) -> None:
        table = table_of("name,no\nFern,1\n")
        assert list(table.rows()) == list(table.rows()) != []

    def test_an_unfinished_reading_does_no_harm(self, tmp_path: Path) -> None:
        path = tmp_path / "vendors.csv"
        path.write_text("name,no\nFern,1\nMoss,2\n")
        with open_table(path) as table:
            unfinished = table.rows()
            next(unfinished)
            assert [cells[0] for _line, cells in table.rows()] == ["Fern", "Moss"]
        del unfinished

    def test_a_stream_that_cannot_be_wound_back_is_read_all_the_same(self) -> None:
        class Pipe(io.BytesIO):
            def seekable(self) -> bool:
                return False

            def seek(self, offset: int, whence: int = 0) -> int:
                raise io.UnsupportedOperation

        with open_table(Pipe(b"name,no\nFern,1\n")) as table:
            assert [cells for _line, cells in table.rows()] == [["Fern", "1"]]

    def test_a_stream_stays_open_and_ours_is_closed(self, tmp_path: Path) -> None:
        stream = io.BytesIO(b"name,no\nFern,1\n")
        with open_table(stream) as table:
            assert len(list(table.rows())) == 1
        assert not stream.closed

    def test_memory_does_not_grow_with_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "long.csv"
        with path.open("w") as out:
            out.write("name,email,notes\n")
            out.writelines(f"Fern {n},f{n}@fern.example,{'x' * 80}\n" for n in range(60_000))
        tracemalloc.start()
        with open_table(path) as table:
            count = sum(1 for _row in table.rows())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == 60_000
        assert peak < path.stat().st_size


class TestBrokenQuotes:
    def test_a_quote_that_nobody_closes_costs_only_its_own_cell(self) -> None:
        rows = "".join(f"Oak {n},{n},Bonn\n" for n in range(30))
        assert rows_of(f'name,no,town\nFern,"1,Ulm\n{rows}')[:2] == [["Fern", '"1', "Ulm"], ["Oak 0", "0", "Bonn"]]

    def test_neither_does_one_that_a_later_quote_closes_by_chance(self) -> None:
        text = 'name,no,town\nFern,"1,Ulm\nMoss,2,Bonn\nOak,3,"Jena"\nElm,4,"Gera"\n'
        assert [cells[0] for cells in rows_of(text)] == ["Fern", "Moss", "Oak", "Elm"]

    def test_a_good_quoted_cell_in_the_same_line_stays_whole(self) -> None:
        assert rows_of('name,town,no\n"Fern, Flint","Ulm,1\nMoss,Bonn,2\n')[0] == ["Fern, Flint", '"Ulm', "1"]

    def test_quotes_within_a_cell_are_kept(self) -> None:
        assert rows_of('name,no\nThe 5" disk,1\n"said ""hi""",2\n') == [['The 5" disk', "1"], ['said "hi"', "2"]]

    def test_a_sloppy_cell_of_two_lines_stays_one(self) -> None:
        assert rows_of('name,no\nFern,1\n"one\n"two" three",2\nMoss,3\n')[1] == ['one\ntwo" three"', "2"]

    def test_a_file_of_nothing_but_open_quotes_is_read_in_reasonable_steps(self) -> None:
        assert len(rows_of("name,no\n" + 'x","\n' * 20_000)) > 1


class TestHeaders:
    def test_notes_before_the_header_are_set_apart(self) -> None:
        table = table_of("Notes:\nAll of it is made up.\n\nFirst,Mail,No\nEva,e@fern.example,1\nJo,j@fern.example,2\n")
        assert table.preamble == ("Notes:", "All of it is made up.")
        assert names_of(table) == ["First", "Mail", "No"]
        assert next(table.rows()) == (5, ["Eva", "e@fern.example", "1"])

    def test_a_title_over_a_padded_table_is_no_header(self) -> None:
        table = table_of("Vendors of 2025,,\n,,\nName,Town,No\nFern,Ulm,1\nMoss,Bonn,2\n")
        assert names_of(table) == ["Name", "Town", "No"]

    @pytest.mark.parametrize(
        "text",
        [
            "Fern,e@fern.example\nMoss,m@moss.example\n",
            "1,a,2\n3,b,4\n",
            "Fern\nMoss\nOak\n",
            "x,Berlin\ny,Berlin\nz,Berlin\n",
        ],
    )
    def test_a_first_line_like_the_others_is_data(self, text: str) -> None:
        table = table_of(text)
        assert not table.has_header
        assert len(list(table.rows())) == text.count("\n")
        assert names_of(table)[0] == "column 1"

    def test_the_caller_may_know_the_words_of_a_header(self) -> None:
        text = "Firma,Ort\nFern,Ulm\nMoss,Bonn\n"
        assert table_of(text, knows_header=lambda cells: "Firma" in cells).has_header
        assert not table_of(text, knows_header=lambda cells: False).has_header

    def test_the_caller_may_say_it(self) -> None:
        assert rows_of("Fern\nMoss\n", header=True) == [["Moss"]]
        assert rows_of("id,name\n1,Fern\n", header=False) == [["id", "name"], ["1", "Fern"]]

    def test_columns_that_the_caller_names_find_the_header(self) -> None:
        text = "Fern,Ulm\nname,town\nMoss,Bonn\n"
        assert rows_of(text, header_names=["town"]) == [["Moss", "Bonn"]]

    def test_nameless_columns_at_the_end_are_ignored_and_equal_names_told_apart(self) -> None:
        table = table_of("name,phone,phone,,\nFern,030 1234567,030 7654321,,\n")
        assert names_of(table) == ["name", "phone", "phone (2)"]
        assert table.width == 5

    def test_a_nameless_column_before_others_is_offered_if_it_holds_something(self) -> None:
        assert names_of(table_of(",name,,no\n1,Fern,,7\n2,Moss,,8\n")) == ["column 1", "name", "no"]

    def test_samples_are_different_values_cut_for_showing(self) -> None:
        table = table_of("name,no\n" + "Fern,1\nFern,2\n" + "x" * 200 + ",3\n")
        assert table.columns[0].samples == ("Fern", "x" * 80)

    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            ("eva@fern.example", "email"),
            ("https://fern.example", "web"),
            ("2025-01-31", "date"),
            ("31.01.2025", "date"),
            ("1,234.50", "number"),
            ("+49 (30) 1234-567", "phone"),
            ("Fern & Flint", None),
            ("", None),
        ],
    )
    def test_what_a_value_looks_like(self, value: str, kind: str | None) -> None:
        assert looks_like(value) == kind


class TestWriting:
    @pytest.mark.parametrize("value", ["=1+1", "+49 30 1", "-5", "@SUM(1)", "\tx", "\rx", "\0x"])
    def test_what_a_spreadsheet_would_run_gets_a_quote(self, value: str) -> None:
        assert protected(value) == f"'{value}"

    @pytest.mark.parametrize("value", ["", "Fern", "'tis", "1=1", " =1", "'"])
    def test_all_else_is_left_alone(self, value: str) -> None:
        assert protected(value) == value

    @given(st.text())
    def test_protecting_loses_nothing(self, value: str) -> None:
        assert unprotected(protected(value)) == value

    @given(st.text(alphabet="'=+-@\t\r\0x"))
    def test_protecting_loses_nothing_of_what_looks_protected(self, value: str) -> None:
        assert unprotected(protected(value)) == value
        assert protected(value)[:1] not in set("=+-@\t\r\0")

    @given(
        st.integers(1, 5).flatmap(
            lambda width: st.lists(
                st.lists(st.text(max_size=30), min_size=width, max_size=width).filter(
                    lambda row: any(cell.strip() for cell in row)
                ),
                min_size=1,
                max_size=8,
            )
        )
    )
    def test_written_and_read_is_the_same_whatever_the_text(self, body: list[list[str]]) -> None:
        out = io.BytesIO()
        header = [MARK, *(f"c{number}" for number in range(1, len(body[0])))]
        assert write_rows(out, [header, *body]) == len(body) + 1
        with open_table(out.getvalue(), header_names=[MARK], own_marks=[MARK]) as table:
            assert table.own_export
            assert [cells for _line, cells in table.rows()] == body

    def test_a_foreign_file_keeps_its_quotes(self) -> None:
        assert rows_of("name,no\n'=x,1\n") == [["'=x", "1"]]

    def test_a_file_of_ours_that_went_through_a_spreadsheet_still_loses_them(self) -> None:
        data = f"{MARK};name;no\r\nbad;'+49 30 1;1\r\n".encode("cp1252")
        table = table_of(data, own_marks=[MARK])
        assert next(table.rows())[1] == ["bad", "+49 30 1", "1"]
        assert table.columns[1].samples == ("+49 30 1",)

    def test_lone_surrogates_do_not_stop_the_writer(self) -> None:
        out = io.BytesIO()
        write_rows(out, [["a\ud800b"]])
        assert b"a?b" in out.getvalue()

    def test_a_writer_leaves_its_stream_open(self) -> None:
        out = io.BytesIO()
        writer = TableWriter(out)
        writer.write(["name", "no"])
        writer.finish()
        assert out.getvalue() == b'\xef\xbb\xbf"name","no"\r\n'


# Real files: encoding, delimiter, header, rows, width, as measured by whoever collected them.

REAL = [
    ("vendors/us-maryland-mbe-directory.csv", "utf-8", ",", True, 1000, 19),
    ("vendors/au-act-contracts-2025.csv", "utf-8", ",", True, 1296, 13),
    ("vendors/uk-cabinet-office-spend-2019-07.csv", "cp1252", ",", True, 223, 8),
    ("vendors/uk-cabinet-office-spend-2020-09.csv", "utf-8", ",", True, 807, 8),
    ("vendors/uk-gateshead-spend-2017-08.csv", "utf-8-sig", ",", True, 3649, 9),
    ("vendors/uk-leeds-spend-2011-06.csv", "utf-8", ",", True, 9485, 30),
    ("vendors/us-sp500-companies.csv", "utf-8", ",", True, 503, 8),
    ("vendors/us-medical-device-corps.csv", "utf-8", ",", False, 1148, 1),
    ("vendors/us-fedramp-p-ato-sample.csv", "utf-8", ",", True, 5, 39),
    ("vendors/us-gsa-oasis/oasis-pool-1.csv", "utf-8", ",", True, 45, 9),
    ("vendors/us-gsa-oasis/oasis-pool-2.csv", "utf-8", ",", True, 25, 9),
    ("vendors/us-gsa-oasis/oasis-pool-3.csv", "utf-8", ",", True, 42, 9),
    ("vendors/us-gsa-oasis/oasis-pool-4.csv", "utf-8", ",", True, 42, 9),
    ("vendors/us-gsa-oasis/oasis-pool-5a.csv", "utf-8", ",", True, 21, 9),
    ("vendors/us-gsa-oasis/oasis-pool-5b.csv", "utf-8", ",", True, 21, 9),
    ("vendors/us-gsa-oasis/oasis-pool-6.csv", "utf-8", ",", True, 38, 9),
    ("vendors/at-austria/banken.csv", "utf-8", ",", True, 91, 13),
    ("vendors/at-austria/auskunfteien.csv", "utf-8", ",", True, 15, 13),
    ("vendors/at-austria/verkehr.csv", "utf-8", ",", True, 10, 13),
    ("vendors/at-austria/staatsnahe_staatseigene_unternehmen.csv", "utf-8", ",", True, 26, 13),
    ("vendors/derived-eu-companies/eu-companies-a.utf8.csv", "utf-8", ",", True, 1536, 10),
    ("vendors/derived-eu-companies/eu-companies-a.utf8bom-crlf.csv", "utf-8-sig", ",", True, 1536, 10),
    ("vendors/derived-eu-companies/eu-companies-a.semicolon-cp1252.csv", "cp1252", ";", True, 1536, 10),
    ("vendors/derived-eu-companies/eu-companies-a.utf16le-tab.txt", "utf-16", "\t", True, 1536, 10),
    ("matching/childcare-sites-with-true-ids.csv", "utf-8", ",", True, 3337, 33),
    ("contacts/thunderbird/basic_csv_addressbook.csv", "utf-8", ",", True, 2, 37),
    ("contacts/thunderbird/csv_semicolon.csv", "utf-8", ";", True, 2, 4),
    ("contacts/thunderbird/quote.csv", "utf-8", ",", True, 1, 37),
    ("contacts/thunderbird/export.csv", "utf-8", ",", True, 2, 37),
    ("contacts/csv/linkedin-connections.csv", "utf-8", ",", True, 10, 7),
    ("contacts/csv/linkedin-messages.csv", "utf-8", ",", True, 11, 8),
    ("contacts/csv/google-shared-contacts-client-outlook.csv", "utf-8", ",", True, 3, 22),
    ("contacts/csv/shared-contacts-admin-sample1.csv", "utf-8", ",", True, 16, 129),
    ("contacts/csv/atomic-crm-contacts_export.csv", "utf-8", ",", True, 2, 18),
    ("csv-quirks/messytables/utf-16le_encoded.csv", "utf-16", ",", True, 327, 19),
    ("csv-quirks/messytables/simple.psv", "utf-8", "|", True, 28, 6),
    ("csv-quirks/messytables/simple.ssv", "utf-8", ";", True, 6, 3),
    ("csv-quirks/messytables/skip_initials.csv", "utf-8", ",", True, 2, 2),
    # 21 records: two lines of title, two blank ones and the header are no rows.
    ("csv-quirks/messytables/excel_pasting.csv", "utf-8", ",", True, 16, 9),
    ("csv-quirks/messytables/null.csv", "utf-8", ",", False, 10, 4),
    ("csv-quirks/messytables/complex.csv", "utf-8", ",", True, 3, 4),
    # A long text in front, semicolons, and a table whose first column has no name.
    ("csv-quirks/messytables/weird_head_padding.csv", "utf-8", ";", True, 76, 11),
    ("csv-quirks/messytables/mixedGLB.csv", "utf-8", ",", True, 133, 19),
    ("csv-quirks/tabulator/bom.csv", "utf-8-sig", ",", True, 2, 2),
    ("csv-quirks/tabulator/latin1.csv", "cp1252", ",", True, 2, 2),
    ("csv-quirks/tabulator/accent.csv", "utf-8", ";", True, 2, 17),
    ("csv-quirks/tabulator/doublequote.csv", "utf-8", ",", True, 5, 17),
    ("csv-quirks/tabulator/escaping.csv", "utf-8", ",", True, 3, 2),
    ("csv-quirks/tabulator/skip-rows-before-headers.csv", "utf-8", ",", True, 2, 2),
]


class TestRealFiles:
    @pytest.mark.parametrize(
        ("name", "encoding", "delimiter", "has_header", "rows", "width"), REAL, ids=[real[0] for real in REAL]
    )
    def test_is_found_out_as_it_was_measured(
        self, shared: Path, name: str, encoding: str, delimiter: str, has_header: bool, rows: int, width: int
    ) -> None:
        with open_table(shared / name) as table:
            assert (table.encoding, table.delimiter, table.has_header) == (encoding, delimiter, has_header)
            assert table.width == width
            widths = [len(cells) for _line, cells in table.rows()]
        assert widths == [width] * rows

    def test_no_table_among_them_is_forgotten(self, shared: Path) -> None:
        folders = ("vendors", "contacts/csv", "contacts/thunderbird", "csv-quirks/messytables", "csv-quirks/tabulator")
        there = {str(path.relative_to(shared)) for each in folders for path in (shared / each).rglob("*.?sv")}
        assert there <= {real[0] for real in REAL}

    def test_the_spectrum_of_small_files_reads_as_expected(self, shared: Path) -> None:
        folder = shared / "csv-quirks" / "csv-spectrum"
        names = sorted(path.stem for path in folder.glob("*.csv"))
        assert len(names) == 12
        for name in names:
            with open_table(folder / f"{name}.csv") as table:
                found = [dict(zip(table.header, cells, strict=True)) for _line, cells in table.rows()]
            expected = json.loads((folder / f"{name}.json").read_text("utf-8"))
            if name == "location_coordinates":  # its two files do not tell the same phone number
                expected = [expected | {"Contact Phone Number": "2095257564"}]
            assert found == expected, name

    def test_the_mark_before_the_first_column_is_no_part_of_its_name(self, shared: Path) -> None:
        with open_table(shared / "vendors/uk-gateshead-spend-2017-08.csv") as table:
            assert table.columns[0].name == "Strgrpcc(T)"

    def test_eighteen_nameless_columns_are_ignored(self, shared: Path) -> None:
        with open_table(shared / "vendors/uk-leeds-spend-2011-06.csv") as table:
            assert len(table.columns) == 12

    def test_leading_zeros_stay(self, shared: Path) -> None:
        with open_table(shared / "vendors/us-gsa-oasis/oasis-pool-2.csv") as table:
            numbers = [cells[2] for _line, cells in table.rows()]
        assert "007901598" in numbers

    def test_the_forms_of_one_table_give_the_same_rows(self, shared: Path) -> None:
        folder = shared / "vendors" / "derived-eu-companies"

        def rows(name: str, change: Callable[[str], str] = str) -> list[list[str]]:
            with open_table(folder / f"eu-companies-a.{name}") as table:
                return [[change(cell) for cell in cells] for _line, cells in table.rows()]

        def lf(cell: str) -> str:
            return cell.replace("\r\n", "\n")

        plain = rows("utf8.csv")
        assert rows("utf8bom-crlf.csv", lf) == plain
        assert rows("utf16le-tab.txt", lf) == plain
        poorer = rows("semicolon-cp1252.csv", lf)
        different = [
            (a, b) for one, two in zip(plain, poorer, strict=True) for a, b in zip(one, two, strict=True) if a != b
        ]
        assert len(different) == 15
        assert all("?" in cell for _rich, cell in different)

    def test_every_naughty_string_comes_back(self, shared: Path) -> None:
        strings: Sequence[str] = json.loads((shared / "hostile" / "blns.json").read_text("utf-8"))
        formulas = (shared / "hostile" / "csv-injection-payloadbox.txt").read_text("utf-8").splitlines()
        body = [[f"{number}", text] for number, text in enumerate([*strings, *formulas])]
        out = io.BytesIO()
        write_rows(out, [[MARK, "text"], *body])
        with open_table(out.getvalue(), own_marks=[MARK]) as table:
            assert [cells for _line, cells in table.rows()] == body
        with open_table(out.getvalue()) as foreign:
            assert not [cells for _line, cells in foreign.rows() if cells[1][:1] in tuple("=+-@\t\r\0")]
