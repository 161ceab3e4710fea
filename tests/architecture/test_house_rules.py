"""The rules of docs/architecture.md that a machine can hold. import-linter holds the floors."""

from __future__ import annotations

import pytest

from tests.support import house_rules as house

CLOCK = "crm/core/clock.py"
UNIT_OF_WORK = "crm/core/unit_of_work.py"


def outside(*places: str) -> list[str]:
    """The application's files that stand in none of these places."""
    return [name for name in house.python_files() if not name.startswith(places)]


def within(*places: str) -> list[str]:
    return [name for name in house.python_files() if name.startswith(places)]


def test_only_the_clock_asks_for_the_time() -> None:
    assert house.breaches(house.asks_for_the_time, outside(CLOCK)) == []


def test_only_the_unit_of_work_commits() -> None:
    assert house.breaches(house.commits, outside(UNIT_OF_WORK)) == []


def test_raw_sql_stays_where_workspaces_are_told_apart_by_hand() -> None:
    files = outside("crm/core/", "crm/queries/search.py")
    assert house.breaches(house.passes_tenancy_by, files) == []


def test_imports_stand_at_the_top() -> None:
    # Commands load slow modules when they are called, so that the others start at once; and what few businesses ever
    # need takes no memory from all the others.
    seldom = (
        "crm/core/openid.py",
        "crm/core/public_holidays.py",
        "crm/domain/calendar_files.py",
        "crm/domain/calendars.py",
        "crm/domain/passkeys.py",
        "crm/queries/search.py",  # what only PostgreSQL needs
        "crm/views/accounts.py",  # the made-up business
        "crm/web/qr_codes.py",
    )
    assert house.breaches(house.hidden_imports, outside("crm/cli/", *seldom)) == []


def test_doorways_and_forms_touch_no_table() -> None:
    files = within("crm/views/", "crm/api/", "crm/forms/")
    assert house.breaches(house.touches_tables, files) == []


def test_pages_keep_to_the_content_security_policy() -> None:
    assert house.breaches(house.breaks_content_security, house.pages()) == []


def test_words_for_people_have_real_apostrophes() -> None:
    assert house.breaches(house.typewrites, house.python_files()) == []


def test_the_rules_are_held_over_the_whole_application() -> None:
    assert {"crm/core/clock.py", "crm/core/unit_of_work.py"} <= set(house.python_files())


BROKEN = [
    (house.asks_for_the_time, "from datetime import datetime\ndatetime.now(UTC)", "2: datetime.now"),
    (house.asks_for_the_time, "import datetime\ndatetime.datetime.utcnow()", "2: datetime.datetime.utcnow"),
    (house.asks_for_the_time, "Column(default=date.today)", "1: date.today"),
    (house.asks_for_the_time, "import time\ntime.time()", "2: time.time"),
    (house.asks_for_the_time, "from time import time", "1: time.time"),
    (house.asks_for_the_time, "select(func.now())", "1: func.now"),
    (house.commits, "session.commit()", "1: session.commit()"),
    (house.commits, "open_session().commit()", "1: ….commit()"),
    (house.passes_tenancy_by, "from sqlalchemy import text\nexecute(text('…'))", "2: text"),
    (house.passes_tenancy_by, "from sqlalchemy.sql import table as t\nt('vendors')", "2: t"),
    (house.passes_tenancy_by, "import sqlalchemy as sa\nsa.text('')", "2: sa.text"),
    (house.passes_tenancy_by, "Vendor.__table__.select()", "1: __table__"),
    (house.passes_tenancy_by, "connection.exec_driver_sql('')", "1: exec_driver_sql"),
    (house.hidden_imports, "def f():\n    import alembic", "2: import inside f"),
    (
        house.hidden_imports,
        "class A:\n    def f(self):\n        if 1:\n            from a import b",
        "4: import inside f",
    ),
    (house.touches_tables, "import crm.models.vendors", "1: crm.models.vendors"),
    (house.touches_tables, "from crm import models", "1: crm.models"),
    (house.touches_tables, "from crm.models import vendors", "1: crm.models.vendors"),
    (house.touches_tables, "from crm.models.vendors import Stage, Vendor", "1: crm.models.vendors.Vendor"),
    (house.breaks_content_security, '<p>\n<b style="color: red">', "2: style attribute"),
    (house.breaks_content_security, "<b {{ class }}style='x'>", "1: style attribute"),
    (house.breaks_content_security, "<style>b {}</style>", "1: style element"),
    (house.breaks_content_security, "<script>alert(1)</script>", "1: script without src"),
    (house.breaks_content_security, "<script type=module>", "1: script without src"),
    (house.breaks_content_security, '<a onclick="x()">', "1: on… attribute"),
    (house.breaks_content_security, '<form {{ a }}\nonsubmit="x()">', "2: on… attribute"),
    (house.breaks_content_security, '<a hx-on:click="x()">', "1: hx-on"),
    (house.breaks_content_security, '<a href="javascript:x()">', "1: script in an address"),
    (house.breaks_content_security, "<a hx-vals='js:{a: 1}'>", "1: js: value"),
    (house.typewrites, '_("It didn\'t work")', "1: It didn't work"),
]


@pytest.mark.parametrize(("rule", "source", "expected"), BROKEN)
def test_a_broken_rule_is_found(rule: house.Rule, source: str, expected: str) -> None:
    assert expected in rule(source)


KEPT = [
    (house.asks_for_the_time, "from crm.core import clock\nclock.now()\ntime.monotonic()\nself.today()"),
    (house.commits, "from crm.core.unit_of_work import commit\ncommit(session)"),
    (house.passes_tenancy_by, "from sqlalchemy import select\nfrom crm.core import text\nform.text.data"),
    (house.passes_tenancy_by, "from sqlalchemy import text\nIndex(sqlite_where=text('over IS NULL'))"),
    (house.hidden_imports, "import a\nif TYPE_CHECKING:\n    import b\ndef create_app():\n    import c"),
    (house.touches_tables, "from crm.models import enums, vocabulary\nfrom crm.models.enums import Stage"),
    (
        house.touches_tables,
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from crm.models.vendors import Vendor",
    ),
    (house.breaks_content_security, '<script type="module" src="{{ static_url("js/main.js") }}"></script>'),
    (
        house.breaks_content_security,
        '{# style="" #}{{ button(onward="x", style="quiet") }}<p class="on">1 = 1</p>',
    ),
    (house.breaks_content_security, '<div data-behaviour="sort" aria-controls="a" hx-get="/vendors">'),
]


@pytest.mark.parametrize(("rule", "source"), KEPT)
def test_a_kept_rule_is_left_alone(rule: house.Rule, source: str) -> None:
    assert rule(source) == []
