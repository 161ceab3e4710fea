"""The code that lets another machine set this one up."""

import pytest
from sqlalchemy import select

from crm.core.unit_of_work import installation_work
from crm.domain import setup_code
from crm.models.workspaces import InstallationSetting

pytestmark = pytest.mark.bare


def test_the_code_is_right_however_it_is_typed(engine):
    with installation_work(engine) as session:
        code = setup_code.issue(session)
    with installation_work(engine) as session:
        assert setup_code.is_right(session, code)
        assert setup_code.is_right(session, f" {code.upper().replace('-', ' ')} ")
        assert not setup_code.is_right(session, code[:-1])
        assert not setup_code.is_right(session, "")


def test_only_a_fingerprint_is_stored(engine):
    with installation_work(engine) as session:
        code = setup_code.issue(session)
        [stored] = session.scalars(select(InstallationSetting.value))
    assert code not in stored
    assert code.replace("-", "") not in stored


def test_a_new_code_ends_the_one_before(engine):
    with installation_work(engine) as session:
        before, now = setup_code.issue(session), setup_code.issue(session)
        assert not setup_code.is_right(session, before)
        assert setup_code.is_right(session, now)


def test_nothing_is_right_where_no_code_was_given_or_it_has_done_its_work(engine):
    with installation_work(engine) as session:
        assert not setup_code.is_right(session, "")
        code = setup_code.issue(session)
        setup_code.forget(session)
        session.flush()
        assert not setup_code.is_right(session, code)
