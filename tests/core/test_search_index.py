"""The index of words is true whoever writes a row, on both databases, and holds what was stored before it was there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, text, update

from crm.core import migrations, search_index
from crm.core.engine import open_engine
from crm.core.unit_of_work import workspace_work
from crm.domain import (
    attachments,
    custom_fields,
    flaws,
    import_running,
    imports,
    interactions,
    notes,
    people,
    promises,
    tags,
    vendors,
)
from crm.models.custom_fields import CustomChoice, CustomField
from crm.models.enums import FieldKind, InteractionKind, PromiseKind, Visibility
from crm.models.log import Interaction, Note, TimelineEntry
from crm.models.vendors import AcceptedFlaw, Contact, Person, Tag, Vendor, VendorLink
from crm.models.workspaces import Membership, Workspace
from crm.queries import custom_fields as field_queries
from crm.queries import search

COLUMNS = "id, workspace_id, vendor_id, title, body, about, happened_on, author_id, visibility"


def entries(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.begin() as connection:
        return sorted(tuple(row) for row in connection.exec_driver_sql(f"SELECT {COLUMNS} FROM search_entries"))


def check(engine: Engine) -> list[tuple[Any, ...]]:
    """The entries are what they would be, made anew; and what is found by words is what stands in them."""
    found = entries(engine)
    with engine.begin() as connection:
        assert found == search_index.stored(connection)
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)")
        domains = "SELECT count(*) FROM contacts WHERE kind IN ('email', 'phone')"
        handles = "SELECT count(*) FROM search_handles h JOIN contacts c ON c.id = h.contact_id"
        assert connection.scalar(text(domains)) == connection.scalar(text(handles))
        assert connection.scalar(text("SELECT count(*) FROM search_handles")) == connection.scalar(text(handles))
    return found


WORDS = st.sampled_from(["budget", "Café crème", "<b>", "studios' work", "ß", "100%", "", "a b c"])
NAMES = (
    "add rename describe person reach note edit delete restore log flaw unflaw link unlink tag retag promise private"
    " drop update define say choose empty option archive ask forget"
)
ACTS = st.lists(st.tuples(st.sampled_from(NAMES.split()), WORDS, st.integers(0, 5)), max_size=14)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_after_any_acts_the_index_is_what_it_would_be_made_anew(acts, engine, business, inside, tmp_path):
    with inside(business) as session:
        first = vendors.add(session, by=business.owner, name="Kettle", despite_doubles=True)
        for act, words, place in acts:
            _act(session, business.owner, first, act, words, place, tmp_path)
            session.flush()
    check(engine)


def _act(session, by, vendor, act, words, place, folder):  # noqa: C901 - one case an act
    def some(table: Any) -> Any:
        rows = list(session.query(table).order_by(table.id))
        return rows[place % len(rows)] if rows else None

    name = words.strip() or "Wren"
    match act:
        case "add":
            vendors.add(session, by=by, name=f"{name} {place}", what_they_do=words, tags=[name], despite_doubles=True,
                        person=name, email=f"a{place}@wren.example")  # fmt: skip
        case "rename":
            some(Vendor).name = f"{name} renamed"
        case "describe":
            some(Vendor).location = words
        case "person":
            people.add(vendor, by=by, name=name, role=words, emails=[f"b{place}@wren.example"])
        case "reach" if contact := some(Contact):
            contact.value = contact.normal_value = f"c{place}@saltmarsh.example"
        case "note":
            notes.write(vendor, by=by, body=name)
        case "edit" if (note := some(Note)) and note.deleted_at is None:
            notes.edit(note, by=by, version=note.version, body=f"{name}!", visibility=Visibility.ADMINS)
        case "delete" if (note := some(Note)) and note.deleted_at is None:
            notes.delete(note, by=by)
        case "restore" if (note := some(Note)) and note.deleted_at is not None:
            notes.restore(note, by=by)
        case "log":
            interactions.log(vendor, by=by, kind=InteractionKind.CALL, summary=words,
                             occurred_on=by.workspace.today - timedelta(days=place))  # fmt: skip
        case "flaw":
            flaws.accept(vendor, by=by, flaw=name, workaround=words)
        case "unflaw" if flaw := some(AcceptedFlaw):
            flaws.take_off(flaw)
        case "link":
            attachments.add_link(vendor, by=by, url="https://wren.example", title=name)
        case "unlink" if link := some(VendorLink):
            attachments.delete_link(link)
        case "tag":
            tags.put_on(vendor, [name])
        case "retag" if tag := some(Tag):
            tag.name = f"{name} tag {place}"
        case "define":
            kind, number = (FieldKind.TEXT, FieldKind.CHOICE)[place % 2], session.query(CustomField).count()
            options = ["Red fox", "Grey wolf"] if place % 2 else []
            custom_fields.define(session, by=by, name=f"Field {number}", kind=kind, choices=options)
        case "say" if asked := [each for each in field_queries.fields(session) if each.kind is FieldKind.TEXT]:
            custom_fields.set_values(vendor, {asked[place % len(asked)].id: name})
        case "choose" if asked := [each for each in field_queries.fields(session) if each.options]:
            custom_fields.set_values(vendor, {asked[0].id: asked[0].options[place % 2]})
        case "empty" if asked := field_queries.fields(session):
            custom_fields.set_values(vendor, {asked[place % len(asked)].id: None})
        case "option" if option := some(CustomChoice):
            option.name = f"{name} option"
        case "archive" if field := some(CustomField):
            custom_fields.archive(field, by=by)
        case "ask" if field := some(CustomField):
            custom_fields.restore(field, by=by)
        case "forget" if field := some(CustomField):
            custom_fields.delete_field(field, by=by)
        case "promise":
            promises.make(vendor, by=by, kind=PromiseKind.OURS, what=name, due_on=by.workspace.today)
        case "private":
            session.execute(update(TimelineEntry).values(visibility=Visibility.AUTHOR))
        case "drop" if (other := some(Vendor)) and other.id != vendor.id:
            vendors.delete_vendor(other, by=by, folder=folder)
        case "update" if entry := some(Interaction):
            interactions.delete(entry, by=by) if entry.deleted_at is None else interactions.restore(entry, by=by)


def test_rows_written_by_hand_are_found_and_gone(engine, business, inside):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Kettle", person="Ann Wren", email="ann@wren.example")
        notes.write(vendor, by=business.owner, body="The studio")
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE vendors SET name = 'Saltmarsh', normal_name = 'saltmarsh', what_they_do = 'Films'")
        )
        connection.execute(text("UPDATE timeline_entries SET body = 'The harbour' WHERE kind = 'note'"))
    check(engine)

    def names(typed: str) -> set[str]:
        with inside(business) as session:
            return {row.name for row in search.find(session, business.owner, typed).rows}

    assert (names("kettle"), names("studio")) == (set(), set())
    assert names("saltmarsh harbour") == names("films wren") == names("ann@wr") == {"Saltmarsh"}
    with inside(business) as session:
        session.execute(delete(Person))
    assert names("ann@wren.example") == set()
    with inside(business) as session:
        session.execute(delete(Vendor))
    assert check(engine) == []


def test_rebuilding_a_table_leaves_the_index_true(engine, business, inside):
    """As a later migration does: the triggers step aside, and the index is made anew."""
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Kettle", person="Ann Wren", email="ann@wren.example")
    before = entries(engine)
    with engine.begin() as connection:
        search_index.remove(connection)
        connection.execute(text("DELETE FROM search_entries"))
        search_index.install(connection)
    assert check(engine) == before != []


@pytest.mark.bare
def test_what_was_stored_before_is_found_after_the_upgrade(database, tmp_path, request):
    """A database at the revision before, filled with plain SQL."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if database.startswith("postgresql"):
        server = request.getfixturevalue("postgres_databases")._server
        name = server.create()
        request.addfinalizer(lambda: server.drop(name))
        url = server.url(name)
    engine = open_engine(url)
    request.addfinalizer(engine.dispose)
    migrations.upgrade(engine, "0002")
    with engine.begin() as connection:
        for statement in STORED:
            connection.execute(text(statement))
    migrations.upgrade(engine)
    assert check(engine) != []
    with workspace_work(engine, 1) as session:
        reader = _reader(session)
        found = {
            typed: [row.kind.value for row in search.find(session, reader, typed).rows]
            for typed in ("kettle", "wren", "ann@wren", "studios", "okapi", "beuty")
        }
    assert found == {
        "kettle": ["vendors"],
        "wren": ["people"],
        "ann@wren": ["people"],
        "studios": ["notes"],
        "okapi": ["history"],
        "beuty": ["vendors"],
    }


def _reader(session):
    member = session.query(Membership).one()
    member.workspace = session.get_one(Workspace, 1)
    return member


AT = "'2026-01-05 09:00:00+00:00'"
STORED = (
    (
        "INSERT INTO workspaces (id, name, slug, time_zone, currency, working_days, cadence_defaults, created_at)"
        f" VALUES (1, 'Fern', 'fern', 'UTC', 'GBP', '01234', '{{}}', {AT})"
    ),
    (
        "INSERT INTO users (id, email, name, password_hash, time_zone, locale, shortcuts, created_at)"
        f" VALUES (1, 'o@fern.example', 'Olive', 'x', 'UTC', 'en-GB', true, {AT})"
    ),
    (
        "INSERT INTO memberships (id, workspace_id, user_id, role, joined_at, digest_on, digest_hour, digest_weekdays)"
        f" VALUES (1, 1, 1, 'owner', {AT}, true, 8, '01234')"
    ),
    (
        "INSERT INTO vendors (id, workspace_id, name, normal_name, what_they_do, website, web_domain, location,"
        " time_zone, working_hours, languages, currency, availability, source, referred_by, do_not_contact, stage,"
        " stage_since, cadence_choice, cadence_in_force, cadence_began_on, version, updated_at, created_at,"
        " search_text)"
        " VALUES (1, 1, 'Kettle', 'kettle', 'Press for beauty', '', '', '', '', '', '', '', 'unknown', '', '', false,"
        f" 'prospect', '2026-01-05', 'none', '', '2026-01-05', 1, {AT}, {AT}, '')"
    ),
    (
        "INSERT INTO people (id, workspace_id, vendor_id, name, normal_name, role, notes, version, updated_at,"
        f" created_at, search_text) VALUES (1, 1, 1, 'Ann Wren', 'ann wren', '', '', 1, {AT}, {AT}, '')"
    ),
    (
        "INSERT INTO contacts (id, workspace_id, person_id, kind, value, normal_value, position)"
        " VALUES (1, 1, 1, 'email', 'ann@wren.example', 'ann@wren.example', 0)"
    ),
    (
        "INSERT INTO timeline_entries (id, workspace_id, vendor_id, kind, subject_id, step, happened_on, recorded_at,"
        " author_id, visibility, facts, body)"
        f" VALUES (1, 1, 1, 'note', 1, '', '2026-01-06', {AT}, 1, 'author', '{{}}', 'The studio')"
    ),
    (
        "INSERT INTO timeline_entries (id, workspace_id, vendor_id, kind, subject_id, step, happened_on, recorded_at,"
        " author_id, visibility, facts, body)"
        f" VALUES (2, 1, 1, 'flaw', 1, '', '2026-01-06', {AT}, 1, 'team', '{{\"flaw\": \"Slow with okapis\"}}', '')"
    ),
)


TABLE = """Company,What they do,Contact,E-mail,Notes,Tags
Kettle & Sons,Kettles,Ann Wren,ann@kettle.example,Rings back on Thursdays,café
Saltmarsh Films,Films,,hello@saltmarsh.example,,"film, autumn"
Kettle & Sons,Kettles,Ben Wren,ben@kettle.example,A second note,
Saltmarsh Films,Films,Cleo Marsh,hello@saltmarsh.example,,
"""


@pytest.mark.parametrize("rows_at_once", [1, 2, 500])
def test_an_import_leaves_the_index_as_it_would_be_made_anew(engine, business, inside, tmp_path, rows_at_once):
    """Its rows are indexed together; some of them add to vendors that others have made, or that were here before."""
    file = tmp_path / "vendors.csv"
    file.write_text(TABLE, encoding="utf-8")
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Kettle & Sons", person="Ann", email="ann@kettle.example")
    before = triggers(engine)
    with pytest.MonkeyPatch.context() as patch, inside(business) as session:
        patch.setattr(import_running, "BATCH", rows_at_once)
        for dry_run in (True, False, False):
            left_out = tmp_path / "left-out.csv"
            imports.import_file(session, file, by=business.owner, mapping=None, left_out=left_out, dry_run=dry_run)
    check(engine)
    assert triggers(engine) == before
    with inside(business) as session:
        for vendor in session.query(Vendor):
            vendor.name = f"{vendor.name} renamed"
    assert any("renamed" in entry[3] for entry in check(engine))


def test_where_adding_together_fails_nothing_of_it_stays(engine, business, inside):
    with inside(business) as session:
        first = vendors.add(session, by=business.owner, name="Kettle")
    before = triggers(engine), check(engine)

    def fail() -> None:
        with inside(business) as session, search_index.in_bulk(session.connection()):
            notes.write(session.get(Vendor, first.id), by=business.owner, body="The studio")
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (triggers(engine), check(engine)) == before


def test_whoever_goes_on_after_a_failure_while_adding_together_finds_the_index_true(engine, business, inside):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Kettle")
        try:
            with search_index.in_bulk(session.connection()):
                notes.write(vendor, by=business.owner, body="The studio")
                session.flush()
                raise RuntimeError
        except RuntimeError:
            notes.write(vendor, by=business.owner, body="The second")
    assert len(check(engine)) == 3


def triggers(engine: Engine) -> set[str]:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            return set(connection.exec_driver_sql("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal").scalars())
        return set(connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'trigger'").scalars())
