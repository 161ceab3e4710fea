"""What must not grow: queries, bytes and elements of the pages that people see each day, and failed writes: none.

The numbers stand in crm/cli/bench/goals.py and places.py, the content is what `flask bench` measures on.
"""

from __future__ import annotations

from contextlib import closing

import pytest

from crm.cli.bench import places, seed
from crm.cli.bench.clients import HttpBrowser, together
from crm.cli.bench.counts import Reader
from crm.cli.bench.operations import CREATE, NOTE, operations
from crm.cli.bench.sizes import SMALL, Size

CLIENTS, SECONDS = 8, 1.0

pytestmark = pytest.mark.bare


def test_pages_cost_what_they_may_with_a_thousand_vendors(engine, app):
    seeded = seed.fill(engine, SMALL)
    assert (seeded.vendors, seeded.entries) == (1_000, 20_030)
    reader = Reader(app)
    found = [words for place in places.pages(seeded) for words in places.broken(place, reader.count(place.path))]
    assert found + places.broken_by_first_load(reader.first_load("/vendors")) == []


def test_eight_clients_write_at_once_and_none_is_refused(engine, start_server):
    seeded = seed.fill(engine, Size("few", 60))
    server = start_server()
    tried = {each.name: each.act for each in operations(places.pages(seeded), seeded)}
    with closing(HttpBrowser(server.port)) as browser:
        browser.sign_in()
        for name in (NOTE, CREATE):
            tally = together(browser, tried[name], CLIENTS, SECONDS)
            assert (tally.failures, len(tally.seconds) >= CLIENTS) == (0, True), f"{name}: {server.said()}"
