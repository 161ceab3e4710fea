"""Which openings stand, and which are over."""

from datetime import date, timedelta

import pytest

from crm.domain import openings
from crm.queries import openings as reading

TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def monday(clock_at) -> None:
    clock_at("2026-10-05 09:00", "Europe/London")


def test_openings_stand_up_to_their_last_day_unless_they_are_closed(business, inside, count_queries) -> None:
    with inside(business) as session:
        for name, until in (("No end", None), ("Last day", TODAY), ("Closed", None), ("Closed early", TODAY)):
            opening = openings.add(session, by=business.owner, business=name, until=until)
            if name.startswith("Closed"):
                openings.close(opening, by=business.owner)
        session.flush()

        def names(day: date, limit: int) -> list[list[str]]:
            with count_queries() as statements:
                found = reading.open_and_over(session, day, limit)
            assert len(statements) == 1
            return [[opening.business for opening in part] for part in found]

        assert names(TODAY, 5) == [["Last day", "No end"], ["Closed early", "Closed"]]
        assert names(TODAY + timedelta(days=1), 5) == [["No end"], ["Closed early", "Closed", "Last day"]]
        assert names(TODAY, 1) == [["Last day", "No end"], ["Closed early"]]
        assert [opening.business for opening in reading.open_on(session, TODAY)] == names(TODAY, 5)[0]
        assert [
            (opening.business, openings.is_over(opening, TODAY))
            for part in reading.open_and_over(session, TODAY, 5)
            for opening in part
        ] == [("Last day", False), ("No end", False), ("Closed early", True), ("Closed", True)]
