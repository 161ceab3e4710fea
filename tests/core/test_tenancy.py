"""One workspace, one session: what hides every other workspace's rows, and fails closed where it cannot."""

import pytest
from sqlalchemy import bindparam, delete, func, insert, select, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from crm.core import tenancy
from crm.core.errors import OutsideWorkspace, ReadOnly
from crm.core.tenancy import inside as inside_of
from crm.core.tenancy import installation_session, session_of, workspace_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import vendors
from crm.models.categories import Category
from crm.models.log import Note
from crm.models.vendors import Person, Vendor
from crm.models.workspaces import User, Workspace

OURS, THEIRS = "Northlight Studio", "Saltmarsh Films"


@pytest.fixture
def ids(business, inside) -> dict[str, int]:
    """A vendor of ours and one of the stranger's."""
    with inside(business) as session:
        ours = vendors.add(session, by=business.owner, name=OURS, person="Marta").id
    with inside(business.stranger) as session:
        theirs = vendors.add(session, by=business.stranger, name=THEIRS, person="Silas").id
    return {"ours": ours, "theirs": theirs}


@pytest.fixture
def session(engine, business, ids):
    """A writing session inside Fern & Flint."""
    with workspace_session(engine, business.workspace.id, writing=True) as session:
        yield session
        session.rollback()


def names(engine, business) -> set[str]:
    with workspace_session(engine, business.stranger.workspace_id, writing=False) as session:
        return set(session.scalars(select(Vendor.name)))


class TestReading:
    @pytest.mark.parametrize(
        "statement",
        [
            select(Vendor.name),
            select(aliased(Vendor).name),
            select(Vendor.name).where(Vendor.name.in_([OURS, THEIRS])),
            select(Vendor.name).where(Vendor.id.in_(select(Person.vendor_id))),
            select(Vendor.name).join(Person, Person.vendor_id == Vendor.id),
            select(Vendor.name).select_from(Person).join(Vendor, Vendor.id == Person.vendor_id),
            select(Vendor.name).where(select(Person.id).where(Person.vendor_id == Vendor.id).exists()),
            select(select(Vendor.name).subquery().c.name),
            select(Vendor.name).order_by(Vendor.name).limit(10),
        ],
        ids=["rows", "aliased", "named", "subquery", "join", "join from", "exists", "derived", "page"],
    )
    def test_gives_our_rows_alone(self, session, statement):
        assert session.scalars(statement).all() == [OURS]
        assert session.rows(statement) == [(OURS,)]

    def test_through_an_alias_beside_the_table_gives_our_rows_alone(self, session):
        other = aliased(Vendor)
        statement = select(Vendor.name, other.name).join(other, other.stage == Vendor.stage)
        assert session.execute(statement).all() == [(OURS, OURS)]
        assert session.rows(statement) == [(OURS, OURS)]

    def test_counts_our_rows_alone(self, session):
        assert session.scalar(select(func.count(Vendor.id))) == 1
        assert session.scalar(select(func.count()).select_from(Vendor)) == 1
        assert session.rows(select(func.count()).select_from(Vendor)) == [(1,)]

    def test_a_union_gives_our_rows_alone(self, session):
        both = union_all(select(Vendor.name), select(Person.name))
        assert sorted(session.scalars(both)) == ["Marta", OURS]
        assert sorted(session.rows(both)) == [("Marta",), (OURS,)]

    def test_a_kept_question_is_answered_in_each_business_with_its_own_rows(self, engine, business, session):
        question = select(Vendor.name).where(Vendor.name != bindparam("other"))
        with workspace_session(engine, business.stranger.workspace_id, writing=False) as theirs:
            for _ in range(4):
                assert session.rows(question, {"other": "x"}) == [(OURS,)]
                assert theirs.rows(question, {"other": "x"}) == [(THEIRS,)]

    def test_no_value_that_is_given_moves_a_question_elsewhere(self, session, business):
        elsewhere = {tenancy._HERE: business.stranger.workspace_id}
        assert session.rows(select(Vendor.name), elsewhere) == [(OURS,)]

    def test_a_question_sees_what_is_not_written_yet(self, session):
        session.add(Category(name="Bookbinding", parent_id=None))
        assert ("Bookbinding",) in session.rows(select(Category.name))

    @pytest.mark.parametrize("statement", [update(Vendor).values(name="x"), delete(Vendor)], ids=["update", "delete"])
    def test_what_is_no_question_has_no_rows(self, session, statement):
        with pytest.raises(OutsideWorkspace):
            session.rows(statement)

    def test_by_id_finds_nothing_of_theirs(self, session, ids):
        assert session.get(Vendor, ids["ours"]).name == OURS
        assert session.get(Vendor, ids["theirs"]) is None

    def test_a_row_as_a_whole_can_be_loaded_and_says_where_it_lives(self, session, ids):
        assert session_of(session.get_one(Vendor, ids["ours"])) is session


class TestWriting:
    def test_a_new_row_is_ours_without_saying_so(self, session, business):
        row = Category(name="Words", parent_id=None)
        session.add(row)
        session.flush()
        assert row.workspace_id == business.workspace.id

    def test_a_new_row_that_claims_to_be_theirs_is_refused(self, session, business):
        session.add(Category(name="Words", parent_id=None, workspace_id=business.stranger.workspace_id))
        with pytest.raises(OutsideWorkspace):
            session.flush()

    def test_a_row_of_theirs_can_be_neither_changed_nor_deleted_here(self, engine, business, ids):
        with workspace_session(engine, business.stranger.workspace_id, writing=False) as elsewhere:
            theirs = elsewhere.get_one(Vendor, ids["theirs"])
        for act in (lambda session: setattr(theirs, "name", "Ours now"), lambda session: session.delete(theirs)):
            with workspace_session(engine, business.workspace.id, writing=True) as session:
                session.add(theirs)
                act(session)
                with pytest.raises(OutsideWorkspace):
                    session.flush()
                session.rollback()
                session.expunge_all()

    def test_our_row_cannot_be_given_away(self, session, business, ids):
        session.get_one(Vendor, ids["ours"]).workspace_id = business.stranger.workspace_id
        with pytest.raises(OutsideWorkspace):
            session.flush()

    def test_updating_and_deleting_in_one_statement_reaches_our_rows_alone(self, engine, business, ids):
        with workspace_work(engine, business.workspace.id) as session:
            session.execute(update(Vendor).values(name="Changed"))
            session.execute(delete(Person))
        assert names(engine, business) == {THEIRS}
        with workspace_session(engine, business.stranger.workspace_id, writing=False) as session:
            assert session.scalars(select(Person.name)).all() == ["Silas"]

    def test_many_rows_are_inserted_stamped(self, engine, business):
        with workspace_work(engine, business.workspace.id) as session:
            session.insert_many(Category, [{"name": "Sound", "position": 1}, {"name": "Light", "position": 2}])
            session.insert_many(Category, [])
        with workspace_session(engine, business.stranger.workspace_id, writing=False) as session:
            assert not {"Sound", "Light"} & set(session.scalars(select(Category.name)))

    @pytest.mark.parametrize("given", ["none", "theirs"])
    def test_an_insert_statement_without_our_stamp_is_refused(self, session, business, given):
        row = {"name": "Sound", "position": 1}
        if given == "theirs":
            row["workspace_id"] = business.stranger.workspace_id
        with pytest.raises(OutsideWorkspace):
            session.execute(insert(Category), [row])
        with pytest.raises(OutsideWorkspace):
            session.execute(insert(Category).values(**row))

    def test_a_forged_reference_fails_in_the_database(self, session, ids, business):
        session.add(Note(vendor_id=ids["theirs"], body="Hello", created_by=business.owner.user_id))
        with pytest.raises(IntegrityError):
            session.flush()

    def test_a_forged_reference_to_a_stranger_fails_in_the_database(self, session, ids, business):
        session.get_one(Vendor, ids["ours"]).owner_id = business.stranger.user_id
        with pytest.raises(IntegrityError):
            session.flush()

    def test_a_reading_session_writes_nothing(self, engine, business):
        with workspace_session(engine, business.workspace.id, writing=False) as session:
            session.add(Category(name="Words", parent_id=None))
            with pytest.raises(ReadOnly):
                session.flush()


class TestOutsideAllBusinesses:
    @pytest.mark.parametrize(
        "statement",
        [
            select(Vendor),
            select(Vendor.id),
            select(aliased(Vendor)),
            select(func.count()).select_from(Vendor),
            select(Workspace.id).where(Workspace.id.in_(select(Vendor.workspace_id))),
            select(Workspace.name).join(Vendor, Vendor.workspace_id == Workspace.id),
            select(Workspace.id, select(func.count(Vendor.id)).scalar_subquery()),
            select(Vendor.__table__.c.name),
            update(Vendor).values(name="x"),
            delete(Vendor),
        ],
        ids=["rows", "column", "aliased", "count", "subquery", "join", "scalar", "table", "update", "delete"],
    )
    def test_a_statement_on_a_business_s_table_is_refused(self, engine, ids, statement):
        with installation_session(engine, writing=True) as session, pytest.raises(OutsideWorkspace):
            session.execute(statement)

    def test_a_row_by_its_id_is_refused(self, engine, ids):
        with installation_session(engine, writing=False) as session, pytest.raises(OutsideWorkspace):
            session.get(Vendor, ids["ours"])

    def test_a_new_row_of_a_business_is_refused(self, engine, business):
        with installation_session(engine, writing=True) as session:
            session.add(Category(name="Words", parent_id=None, workspace_id=business.workspace.id))
            with pytest.raises(OutsideWorkspace):
                session.flush()

    def test_an_insert_statement_is_refused(self, engine, business):
        with installation_session(engine, writing=True) as session, pytest.raises(OutsideWorkspace):
            session.execute(insert(Category), [{"name": "Sound", "workspace_id": business.workspace.id}])

    def test_people_and_businesses_can_be_read(self, engine, business):
        with installation_session(engine, writing=False) as session:
            assert session.scalar(select(func.count(User.id))) == len(business.people) + 1
            assert session.scalar(select(func.count(Workspace.id))) == 2


class TestTheTwoTogether:
    def test_both_are_committed_or_neither(self, engine, business):
        def rename_and_add(session):
            session.get_one(Workspace, business.workspace.id).name = "Fern"
            with inside_of(session, business.workspace.id) as rows:
                rows.add(Category(name="Sound", parent_id=None))

        def fail_at_the_end():
            with installation_work(engine) as session:
                rename_and_add(session)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_at_the_end()
        assert self.seen(engine, business) == ("Fern & Flint", False)
        with installation_work(engine) as session:
            rename_and_add(session)
        assert self.seen(engine, business) == ("Fern", True)

    @staticmethod
    def seen(engine, business) -> tuple[str, bool]:
        with workspace_session(engine, business.workspace.id, writing=False) as session:
            name = session.get_one(Workspace, business.workspace.id).name
            return name, "Sound" in set(session.scalars(select(Category.name)))
