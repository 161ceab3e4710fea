"""What the search finds, on both databases: the same words, the same order, nothing that the reader may not see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from crm.domain import (
    attachments,
    categories,
    custom_fields,
    flaws,
    interactions,
    notes,
    people,
    promises,
    tags,
    trust_entries,
    vendors,
)
from crm.domain.trust_entries import Observation
from crm.models.custom_fields import CustomChoice
from crm.models.enums import (
    Dimension,
    Direction,
    FieldKind,
    InteractionKind,
    PromiseKind,
    Role,
    SearchKind,
    Visibility,
    Weight,
)
from crm.models.log import TimelineEntry
from crm.models.vendors import Vendor
from crm.queries import custom_fields as field_queries
from crm.queries import search

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def network(inside, business) -> dict[str, int]:
    """Vendors of ours, and one of a stranger who has the same words."""
    with inside(business) as session:
        kettle = vendors.add(session, by=business.owner, name="Kettle & Crane", what_they_do="Press for beauty")
        people.add(kettle, by=business.owner, name="Inês Duarte", role="Publicist", emails=["ines@kettle.example"])
        hire = vendors.add(session, by=business.owner, name="Crane Hire", person="Ann Wren", email="ann@wren.example")
        zoe = vendors.add(session, by=business.owner, name="Straße 100% Zoë", what_they_do="Words about cranes")
        plain = vendors.add(session, by=business.owner, name="Crane")
        ids = {"kettle": kettle.id, "hire": hire.id, "zoe": zoe.id, "plain": plain.id}
    with inside(business.stranger) as session:
        vendors.add(session, by=business.stranger, name="Crane Secret", person="Ann Hidden", email="ann@wren.example")
    return ids


@pytest.fixture
def ask(inside, business):
    """ask("words", by=business.viewer): what that reader finds; the owner, where nobody is named."""

    def find(typed: str, *, by: Any = None, **wishes: Any) -> search.Results:
        reader = by or business.owner
        with inside(reader) as session:
            return search.find(session, reader, typed, **wishes)

    return find


@pytest.fixture
def write(inside, business, network):
    """write("a note's words", by=…): a note about Kettle & Crane."""

    def note(words: str, *, by: Any = None, visibility: Visibility = Visibility.TEAM, about: str = "kettle") -> int:
        with inside(business) as session:
            vendor = session.get_one(Vendor, network[about])
            return notes.write(vendor, by=by or business.owner, body=words, visibility=visibility).id

    return note


def names(results: search.Results) -> list[str]:
    """The vendors that were found, each once, in their order."""
    return list(dict.fromkeys(row.name for row in results.rows))


def marked(pieces: search.Marked) -> list[str]:
    return [piece for piece, is_found in pieces if is_found]


# Vendors and people


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("kett", ["Kettle & Crane"]),
        ("CRANE kettle", ["Kettle & Crane"]),
        ("crane", ["Crane", "Crane Hire", "Kettle & Crane", "Straße 100% Zoë"]),
        ("ines", ["Kettle & Crane"]),
        ("duarte kettle", ["Kettle & Crane"]),
        ("publicist beauty", ["Kettle & Crane"]),
        ("wren", ["Crane Hire"]),
        ("ann w", ["Crane Hire"]),
        ("ann@wren.example", ["Crane Hire"]),
        ("ann@wr", ["Crane Hire"]),
        ("@wren", ["Crane Hire"]),
        ("wren.ex", ["Crane Hire"]),
        ("strasse zoe", ["Straße 100% Zoë"]),
        ("beauty", ["Kettle & Crane"]),
        ("c", ["Crane", "Crane Hire"]),
        ("%", []),
        ("", []),
        ("  \x00 ", []),
        ("nobody", []),
        ("100%", ["Straße 100% Zoë"]),
        ("x" * 100_000, []),
    ],
)
def test_words_are_found_by_their_beginnings(typed, expected, network, ask):
    assert names(ask(typed)) == expected


def test_who_was_found_is_said(network, ask):
    [row] = ask("ines@").rows
    assert (row.kind, row.person, search.words_of(row.snippet)) == (
        SearchKind.PEOPLE,
        "Inês Duarte",
        "ines@kettle.example",
    )


@pytest.mark.parametrize("typed", ["+44 20 7946 0018", "020 7946 0018", "442079", "(020) 7946-0018"])
def test_a_number_is_found_however_it_is_written(typed, network, ask, inside, business):
    with inside(business) as session:
        vendor = session.get_one(Vendor, network["plain"])
        people.add(vendor, by=business.owner, name="Tom Reed", phones=["+44 20 7946 0018"])
    assert [row.person for row in ask(typed).rows] == ["Tom Reed"]


def test_tags_categories_and_places_lead_to_their_vendors(network, ask, inside, business):
    with inside(business) as session:
        niche = categories.add(session, name="Aerial photography")
        vendors.add(
            session,
            by=business.owner,
            name="Saltmarsh",
            location="Łódź",
            tags=["Spring launch"],
            category_ids=[niche.id],
        )
    for typed in ("spring", "launches", "aerial", "photograph", "lodz", "aerial lodz", "spring saltmarsh"):
        assert names(ask(typed)) == ["Saltmarsh"], typed
    with inside(business) as session:
        [tag] = tags.known(session, ["Spring launch"])
        tags.rename(tag, name="Autumn launch")
    assert names(ask("spring")) == []
    assert names(ask("autumn")) == ["Saltmarsh"]


# What happened


def test_a_result_says_what_it_is_whose_when_and_who_wrote_it(write, ask, network, business):
    note_id = write("The video studio we could **not** afford")
    [row] = ask("afford").rows
    assert (row.kind, row.name, row.vendor_id) == (SearchKind.NOTES, "Kettle & Crane", network["kettle"])
    assert (row.on, row.author) == (business.workspace.today, business.owner.user.name)
    assert row.line is not None
    assert row.line.anchor == f"note-{note_id}"
    assert search.words_of(row.snippet) == "The video studio we could not afford"
    assert marked(row.snippet) == ["afford"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("studio", ["studios"]),
        ("studios", ["studios"]),
        ("budget", ["budgeted"]),
        ("budgeting", ["budgeted"]),
        ("agency", ["agencies"]),
        ("cafe", ["Café"]),
        ("CAFÉ", ["Café"]),
        ("smorrebrod", ["smørrebrød"]),
        ("negotiate", ["Negotiations"]),
        ("studios kettle", ["studios"]),
        ("beauty agencies", ["agencies"]),
        ("bud", ["budgeted"]),
    ],
)
def test_all_forms_of_a_word_are_found_and_marked(typed, found, write, ask):
    write("Negotiations: two studios budgeted, agencies did not. Café with smørrebrød")
    [row] = [row for row in ask(typed).rows if row.kind is SearchKind.NOTES]
    assert marked(row.snippet) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("bugdet", "budget"),
        ("budgt", "budget"),
        ("buddget", "budget"),
        ("ubdget", "budget"),
        ("phtographer", "photographer"),
        ("photografer", "photographer"),
        ("photogarph", "photographer"),
        ("kettel photographer", "photographer"),
        ("saltmrash", "saltmarsh"),
    ],
)
def test_typing_errors_are_forgiven(typed, found, write, ask):
    write("The photographer of saltmarsh has no budget")
    results = ask(typed)
    rows = [row for row in results.rows if row.kind is SearchKind.NOTES]
    assert [found in [word.lower() for word in marked(row.snippet)] for row in rows] == [True], results
    assert results.is_guessed


def test_what_is_spelt_right_is_not_guessed_at(write, ask):
    for number in range(3):
        write(f"A budget of {number}")
    write("A gadget")
    results = ask("budget")
    assert (len(results.rows), results.is_guessed) == (3, False)


def test_trust_notes_promises_flaws_and_files_are_found(network, ask, inside, business):
    with inside(business) as session:
        kettle = session.get_one(Vendor, network["kettle"])
        by, today = business.owner, business.workspace.today
        interactions.log(kettle, by=by, kind=InteractionKind.CALL, occurred_on=today, summary="Talked of zebras")
        flaws.accept(kettle, by=by, flaw="Slow with okapis", workaround="Ask for walruses early")
        promises.make(kettle, by=by, kind=PromiseKind.THEIRS, what="Deliver the narwhals", due_on=today)
        seen = Observation(
            dimension=Dimension.ABILITY,
            direction=Direction.POSITIVE,
            weight=Weight.MINOR,
            occurred_on=today,
            what_happened="Drew the quokka well",
            our_response="We sent a lemur",
        )
        trust_entries.observe(kettle, by=by, seen=seen)
        attachments.add_link(kettle, by=by, url="https://ocelot.example/work", title="Portfolio of capybaras")
    kinds = {
        typed: [row.kind for row in ask(typed).rows]
        for typed in ("zebra", "okapi", "walrus", "narwhal", "quokka", "lemur", "capybara", "ocelot")
    }
    assert kinds == {
        "zebra": [SearchKind.CONVERSATIONS],
        "okapi": [SearchKind.HISTORY],
        "walrus": [SearchKind.HISTORY],
        "narwhal": [SearchKind.HISTORY],
        "quokka": [SearchKind.TRUST],
        "lemur": [SearchKind.TRUST],
        "capybara": [SearchKind.FILES],
        "ocelot": [SearchKind.FILES],
    }


def test_results_are_narrowed_by_kind(write, ask):
    write("Crane again")
    assert {row.kind for row in ask("crane").rows} == {SearchKind.VENDORS, SearchKind.NOTES}
    assert [row.kind for row in ask("crane", kind=SearchKind.NOTES).rows] == [SearchKind.NOTES]
    assert [row.kind for row in ask("wren", kind=SearchKind.PEOPLE).rows] == [SearchKind.PEOPLE]
    assert ask("wren", kind=SearchKind.VENDORS).rows == []
    assert ask("ann@", kind=SearchKind.NOTES).rows == []


def test_the_nearest_comes_first_and_of_equals_the_newest(network, ask, inside, business):
    with inside(business) as session:
        kettle = session.get_one(Vendor, network["kettle"])
        today = business.workspace.today
        for days, words in (
            (200, "On the launch film"),
            (2, "On the launch film"),
            (1, "The film came after the launch"),
        ):
            interactions.log(
                kettle,
                by=business.owner,
                kind=InteractionKind.CALL,
                occurred_on=today - timedelta(days=days),
                summary=words,
            )
    rows = ask("launch film").rows
    assert [(today - row.on).days for row in rows] == [2, 200, 1]


# Hostile words


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        '"budget',
        "budget*",
        "NEAR(budget afford)",
        "NEAR(",
        "title:budget",
        "-budget",
        "{title} : budget",
        "budget AND",
        "OR budget",
        "NOT budget",
        "^budget",
        "budget'",
        "budget); DROP TABLE vendors",
        "budget & !afford",
        "budget | ' :*",
        "budget\\",
        "budget%",
        "_____",
        "w1k2",
        "'w1~2'",
    ],
)
def test_the_language_of_the_index_is_not_spoken_by_readers(typed, write, ask):
    write("Our budget")
    found = [row.kind for row in ask(typed).rows]
    assert found in ([], [SearchKind.NOTES])


@pytest.mark.parametrize("typed", ["budget*", '"budget"', "-budget", "^budget", "budget%", "(budget)"])
def test_signs_around_a_word_do_not_matter(typed, write, ask):
    write("Our budget")
    assert len(ask(typed).rows) == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(st.sampled_from("abw1 \"'*:()-^{}~&|!<>\\%_.@ßéı\u0301ж"), max_size=24))
def test_nothing_that_is_typed_breaks_it(typed, network, ask):
    ask(typed)


def test_words_keep_their_signs_when_they_are_marked(write, ask):
    write("<script>alert('budget')</script> & <b>")
    [row] = ask("budget").rows
    assert search.words_of(row.snippet) == "<script>alert('budget')</script> & <b>"
    assert marked(row.snippet) == ["budget"]


# Who may see it


def test_a_private_note_is_found_by_its_author_alone(write, ask, business):
    write("Between us: the marmoset", by=business.member, visibility=Visibility.AUTHOR)
    for typed in ("marmoset", "marmo", "marmosett", "kettle marmoset"):
        assert len(ask(typed, by=business.member).rows) == 1, typed
        for reader in (business.owner, business.admin, business.viewer, business.stranger):
            results = ask(typed, by=reader)
            assert [row for row in results.rows if row.kind is SearchKind.NOTES] == [], (typed, reader.role)
            assert "marmoset" not in str(results).lower()


def test_what_is_for_admins_is_found_by_admins_and_its_author(write, ask, business):
    write("About the okapi", by=business.member, visibility=Visibility.ADMINS)
    seen = {
        name: len(ask("okapi", by=getattr(business, name)).rows)
        for name in ("owner", "admin", "member", "viewer", "stranger")
    }
    assert seen == {"owner": 1, "admin": 1, "member": 1, "viewer": 0, "stranger": 0}


def test_hidden_notes_leave_no_gap_and_no_count(write, ask, business):
    for number in range(search.FOUND + 30):
        write(f"Marmoset {number}", visibility=Visibility.AUTHOR)
    write("Marmoset for all", by=business.member)
    results = ask("marmoset", by=business.viewer)
    assert (len(results.rows), results.has_more) == (1, False)


def test_whoever_was_an_admin_sees_no_more(write, ask, business, inside):
    write("About the okapi", visibility=Visibility.ADMINS)
    assert len(ask("okapi", by=business.admin).rows) == 1
    demoted = replace_role(business.admin, Role.MEMBER)
    assert ask("okapi", by=demoted).rows == []


def replace_role(member, role):
    """The membership as it stands after its role was changed; in no session."""
    return type(member)(
        id=member.id, workspace_id=member.workspace_id, user_id=member.user_id, role=role, workspace=member.workspace
    )


# What others keep to themselves changes nothing


def alphabet(beginning: str, count: int) -> list[str]:
    return [f"{beginning}{letter}" for letter in "bcdefghijklmnopqrstuvwyz"[:count]]


@pytest.mark.parametrize("visibility", [Visibility.AUTHOR, Visibility.ADMINS])
def test_a_word_in_somebody_elses_note_takes_no_place_of_a_word_that_counts(visibility, write, ask, business):
    words = alphabet("glimbrok", 14)
    for word in words[2:]:
        write(f"The {word} of ours")
    before = ask("glimbrox", by=business.viewer)
    assert len(before.rows) == 12
    for word in ("glimbroka", *words[:2]):
        write(f"Between us: {word}", visibility=visibility)
    assert ask("glimbrox", by=business.viewer) == before


def test_the_words_of_another_business_leave_ours_forgiven(write, ask, inside, business):
    write("The glimmbroks have come")
    before = ask("glimbrox")
    assert len(before.rows) == 1
    with inside(business.stranger) as session:
        vendor = vendors.add(session, by=business.stranger, name="Theirs")
        notes.write(vendor, by=business.stranger, body=" ".join(alphabet("glimbro", 24)))
        notes.write(vendor, by=business.stranger, body=" ".join(alphabet("glimbr", 24)))
    assert ask("glimbrox") == before
    assert before.is_guessed


NEAR = st.sampled_from(
    [*alphabet("glimbrok", 14), *alphabet("glimbro", 14), "glimbr", "house", "hous", "hou", "housed", "houze", "mouse"]
)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ours=st.lists(NEAR, max_size=16), hidden=st.lists(NEAR, min_size=1, max_size=16), typed=NEAR)
def test_what_is_found_is_a_function_of_what_the_reader_may_see(
    ours, hidden, typed, write, inside, business, network, engine
):
    """Notes that this reader may not see, and those of another business, make no difference to anything."""
    asked = (f"{typed}x", "glimbrox", "huose")

    def found() -> list[tuple[search.Results, list[int]]]:
        with inside(business) as session:
            return [
                (
                    search.find(session, business.viewer, words),
                    sorted(
                        session.scalars(
                            select(Vendor.id).where(search.leads_to_vendor(session, business.viewer, words))
                        )
                    ),
                )
                for words in asked
            ]

    with inside(business) as session:
        session.execute(delete(TimelineEntry))
    for word in ours:
        write(f"Our {word}")
    before = found()
    for place, word in enumerate(hidden):
        write(word, visibility=Visibility.ADMINS if place % 2 else Visibility.AUTHOR)
    with inside(business.stranger) as session:
        theirs = vendors.add(session, by=business.stranger, name="Theirs", despite_doubles=True)
        notes.write(theirs, by=business.stranger, body=" ".join(hidden))
    assert found() == before


def test_a_word_whose_stem_is_no_stem_of_itself_is_forgiven_too(write, ask):
    write("The purchase of a house")
    for typed in ("purhcase", "huose"):
        assert [row.kind for row in ask(typed).rows] == [SearchKind.NOTES], typed


# As a condition


def test_all_vendors_are_led_to_however_many_hits_each_has(inside, business, network):
    with inside(business) as session:
        ids = []
        for number in range(30):
            vendor = vendors.add(session, by=business.owner, name=f"Marmoset {number:02}", despite_doubles=True)
            ids.append(vendor.id)
        for _time in range(60):
            notes.write(vendor, by=business.owner, body="The marmoset")
        for typed in ("marmoset", "marmosset", "MARMO"):
            condition = search.leads_to_vendor(session, business.viewer, typed)
            assert sorted(session.scalars(select(Vendor.id).where(condition))) == ids, typed


@pytest.mark.parametrize(
    "typed",
    (
        "kett|CRANE kettle|crane|ann w|publicist beauty|ann@wr|@wren|strasse zoe|c|%||krane|launches|spring crane"
        "|spring kettle ma|marmo|okapi|wren.ex|nobody|a"
    ).split("|"),
)
def test_a_condition_holds_for_what_a_list_finds(typed, write, inside, business, network):
    with inside(business) as session:
        tags.put_on(session.get_one(Vendor, network["kettle"]), ["Spring launch"])
    write("The marmoset")
    write("Hidden okapi", visibility=Visibility.AUTHOR)
    with inside(business) as session:
        listed = {row.vendor_id for row in search.find(session, business.viewer, typed).rows}
        condition = search.leads_to_vendor(session, business.viewer, typed)
        assert set(session.scalars(select(Vendor.id).where(condition))) == listed


# Vendors for a list


def test_vendors_are_found_by_what_is_known_of_them(write, inside, business, network):
    write("The marmoset")
    write("Hidden okapi", visibility=Visibility.AUTHOR)
    with inside(business) as session:
        found = {
            typed: list(
                session.scalars(select(Vendor.id).where(search.leads_to_vendor(session, business.viewer, typed)))
            )
            for typed in ("marmoset", "okapi", "wren", "nothing", "")
        }
    assert found == {"marmoset": [network["kettle"]], "okapi": [], "wren": [network["hire"]], "nothing": [], "": []}


# Counting


def test_a_search_takes_few_queries_however_much_there_is(inside, business, count_queries, engine, network):
    def counted(typed: str) -> int:
        with inside(business) as session, count_queries(engine) as statements:
            search.find(session, business.owner, typed)
        return len(statements)

    asked = ("crane", "cranne", "ann@wren.example", "crane wren", "one two three four five six seven eight nine ten")
    few = {typed: counted(typed) for typed in asked}
    with inside(business) as session:
        for number in range(60):
            vendor = vendors.add(
                session, by=business.owner, name=f"Crane {number:02}", person="Crane", despite_doubles=True
            )
            notes.write(vendor, by=business.owner, body=f"Crane {number}")
    many = {typed: counted(typed) for typed in asked}
    assert max([*few.values(), *many.values()]) <= 24, (few, many)
    assert many["crane"] <= few["crane"]
    with inside(business) as session:
        results = search.find(session, business.owner, "crane")
    assert (len(results.rows), results.has_more, results.rows[0].name) == (search.FOUND, True, "Crane")


# What stands in the business's own fields


@pytest.fixture
def own(inside, business, network) -> dict[FieldKind, int]:
    """A field of each kind that holds words, filled for one vendor; the stranger has the same words."""
    ours: dict[FieldKind, int] = {}
    for person, vendor_id in ((business.owner, network["plain"]), (business.stranger, None)):
        with inside(person) as session:
            for kind in (FieldKind.TEXT, FieldKind.CHOICE, FieldKind.URL):
                choices = ["Otter blue", "Heron grey"] if kind is FieldKind.CHOICE else []
                custom_fields.define(session, by=person, name=f"Our {kind}", kind=kind, choices=choices)
            known = {field.kind: field for field in field_queries.fields(session)}
            vendor = session.get_one(Vendor, vendor_id or session.scalars(select(Vendor.id)).one())
            said = {FieldKind.TEXT: "Two drafts, sent by courier", FieldKind.CHOICE: "otter BLUE"}
            said[FieldKind.URL] = "https://kingfisher.example/terms"
            values = {
                known[kind].id: custom_fields.parse(known[kind], typed, currency="GBP") for kind, typed in said.items()
            }
            custom_fields.set_values(vendor, values)
            ours = ours or {kind: field.id for kind, field in known.items()}
    return ours


@pytest.mark.parametrize("typed", ["courier", "couriers", "otter", "kingfisher", "couirer", "crane courier"])
def test_texts_options_and_addresses_in_own_fields_are_found(typed, ask, own, network, business):
    for reader in (business.owner, business.viewer):
        found = ask(typed, by=reader)
        assert [(row.vendor_id, row.kind) for row in found.rows] == [(network["plain"], SearchKind.FIELDS)]
    assert [row.vendor_id for row in ask(typed, kind=SearchKind.FIELDS).rows] == [network["plain"]]
    assert network["plain"] not in [row.vendor_id for row in ask(typed, by=business.stranger).rows]


def test_what_is_chosen_follows_its_options_name_and_an_archived_field_is_silent(ask, own, network, inside, business):
    with inside(business) as session:
        [otter] = session.scalars(select(CustomChoice).where(CustomChoice.name == "Otter blue"))
        custom_fields.rename_option(otter, by=business.owner, name="Badger black")
    assert ask("otter").rows == []
    assert [row.vendor_id for row in ask("badger").rows] == [network["plain"]]
    with inside(business) as session:
        custom_fields.archive(custom_fields.at(session, own[FieldKind.CHOICE]), by=business.owner)
    assert ask("badger").rows == []
    with inside(business) as session:
        custom_fields.restore(custom_fields.at(session, own[FieldKind.CHOICE]), by=business.owner)
    assert [row.vendor_id for row in ask("badger").rows] == [network["plain"]]
    with inside(business) as session:
        custom_fields.delete_field(custom_fields.at(session, own[FieldKind.CHOICE]), by=business.owner)
    assert ask("badger").rows == []
