"""What people have stored survives every upgrade, on both databases."""

import shutil
from pathlib import Path
from textwrap import dedent
from threading import Thread

import pytest
from sqlalchemy import Engine, func, inspect, select, text
from sqlalchemy.schema import CreateTable

from crm.core import migrations, search_index
from crm.core.columns import Base
from crm.models.vendors import Person, Vendor

BATCH = """
    import sqlalchemy as sa
    from alembic import op

    revision = "9999"
    down_revision = "{head}"
    branch_labels = None
    depends_on = None


    def upgrade() -> None:
        with op.batch_alter_table("vendors", table_kwargs={{"sqlite_autoincrement": True}}) as batch:
            batch.add_column(sa.Column("nickname", sa.String(50), nullable=False, server_default="none yet"))
            batch.alter_column("name", existing_type=sa.String(200), type_=sa.String(300))
        {then}
"""


@pytest.fixture
def next_revision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Adds a revision to a copy of the migrations: what an upgrade of the product would bring."""

    def add(then: str = "pass") -> None:
        head = migrations.head()
        folder = tmp_path / "migrations"
        shutil.copytree(migrations.FOLDER, folder)
        (folder / "versions" / "9999_next.py").write_text(dedent(BATCH.format(head=head, then=then)))
        monkeypatch.setattr(migrations, "FOLDER", folder)

    return add


@pytest.fixture
def stored(business, inside) -> None:
    """A vendor with a person: a parent and a child, as people have stored them."""
    today = business.workspace.today
    with inside(business) as session:
        vendor = Vendor(name="Silas Brandt", normal_name="silas brandt", stage_since=today, cadence_began_on=today)
        session.add(vendor)
        session.flush()
        session.add(Person(vendor_id=vendor.id, name="Ayo Brandt", normal_name="ayo brandt"))


def people_and_vendors(inside, business) -> tuple[list[str], list[str]]:
    with inside(business) as session:
        return list(session.scalars(select(Vendor.name))), list(session.scalars(select(Person.name)))


@pytest.mark.bare
def test_the_revisions_make_exactly_what_the_models_say(engine: Engine) -> None:
    assert migrations.is_current(engine)
    assert migrations.differences(engine) == []


@pytest.mark.bare
def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    before = inspect(engine).get_table_names()
    migrations.upgrade(engine)
    assert inspect(engine).get_table_names() == before
    assert set(before) - search_index.FOREIGN.tables == {*Base.metadata.tables, "alembic_version"}


def test_no_row_gets_the_number_of_one_that_was_deleted(engine, business, inside, next_revision) -> None:
    """SQLite would give it away again, and an old page or letter would act on what it was never about."""
    today = business.workspace.today
    row = {"name": "Oak", "normal_name": "oak", "stage_since": today, "cadence_began_on": today}

    def add_and_delete() -> int:
        with inside(business) as session:
            vendor = Vendor(**row)
            session.add(vendor)
            session.flush()
            session.delete(vendor)
            return vendor.id

    def insert_and_delete() -> int:
        with inside(business) as session:
            [number] = session.insert_numbered(Vendor, [row])
            session.delete(session.get_one(Vendor, number))
            return number

    numbers = [add_and_delete(), insert_and_delete(), add_and_delete()]
    next_revision()
    migrations.upgrade(engine)  # rebuilds the table
    numbers += [add_and_delete(), insert_and_delete()]
    assert numbers == sorted(set(numbers))


@pytest.mark.bare
def test_each_table_numbers_its_rows_once(engine: Engine) -> None:
    numbered = {table.name for table in Base.metadata.sorted_tables if "id" in table.primary_key.columns}
    numbered -= {"search_entries"}  # numbered after what they are about
    if engine.dialect.name == "sqlite":
        statement = "SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
        assert "AUTOINCREMENT" in str(CreateTable(Vendor.__table__).compile(dialect=engine.dialect))
    else:
        statement = "SELECT replace(sequencename, '_id_seq', '') FROM pg_sequences WHERE schemaname = 'public'"
    with engine.connect() as connection:
        assert set(connection.scalars(text(statement))) - {"search_entries"} == numbered


def test_rebuilding_a_table_keeps_its_rows_and_their_children(engine, business, inside, stored, next_revision) -> None:
    next_revision()
    migrations.upgrade(engine)
    assert migrations.current(engine) == "9999"
    assert people_and_vendors(inside, business) == (["Silas Brandt"], ["Ayo Brandt"])
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT nickname FROM vendors")) == "none yet"


def test_foreign_keys_hold_again_after_an_upgrade(engine, business, inside, stored, next_revision) -> None:
    next_revision()
    migrations.upgrade(engine)
    with inside(business) as session:
        session.delete(session.scalars(select(Vendor)).one())
    with inside(business) as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0


def test_a_failing_upgrade_leaves_everything_as_it_was(engine, business, inside, stored, next_revision) -> None:
    next_revision(then="raise RuntimeError('out of luck')")
    with pytest.raises(RuntimeError, match="out of luck"):
        migrations.upgrade(engine)
    assert migrations.current(engine) != "9999"
    assert "nickname" not in {column["name"] for column in inspect(engine).get_columns("vendors")}
    assert people_and_vendors(inside, business) == (["Silas Brandt"], ["Ayo Brandt"])


def test_an_upgrade_that_would_leave_orphans_is_refused(engine, business, inside, stored, next_revision) -> None:
    next_revision(then="op.execute('DELETE FROM vendors')")
    if engine.dialect.name == "postgresql":  # there the deletion takes the children with it, by the foreign key
        migrations.upgrade(engine)
        assert people_and_vendors(inside, business) == ([], [])
        return
    with pytest.raises(RuntimeError, match="without what they belong to"):
        migrations.upgrade(engine)
    assert people_and_vendors(inside, business) == (["Silas Brandt"], ["Ayo Brandt"])


def test_two_processes_that_upgrade_at_once_do_it_once(engine, stored, next_revision) -> None:
    next_revision()
    failures: list[BaseException] = []

    def upgrade() -> None:
        try:
            migrations.upgrade(engine)
        except BaseException as failure:  # noqa: BLE001 - told to the test below
            failures.append(failure)

    threads = [Thread(target=upgrade) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert migrations.current(engine) == "9999"
