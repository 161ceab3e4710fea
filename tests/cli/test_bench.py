"""The bench measures what it says: its figures, its comparison, its audit of letters. Real data it leaves alone."""

from __future__ import annotations

import copy
import json
from random import Random

import pytest

from crm.cli.bench import comparison, counts, digests, figures, invention, letters, matching, places, seed
from crm.cli.bench.counts import Count, FirstLoad
from crm.cli.bench.figures import Round
from crm.cli.bench.goals import Goal
from crm.cli.bench.places import Place
from crm.cli.bench.sizes import Size
from crm.jobs import night
from tests.support.serving import environment, flask


class TestFigures:
    @pytest.mark.parametrize(
        ("share", "expected"), [(0.5, 50), (0.95, 95), (1.0, 100), (0.001, 1)], ids=["p50", "p95", "all", "least"]
    )
    def test_a_percentile_is_a_value_that_was_measured(self, share, expected):
        assert figures.percentile(list(range(100, 0, -1)), share) == expected

    def test_of_nothing_it_is_nothing(self):
        assert figures.percentile([], 0.5) == 0.0

    def test_rounds_give_medians_and_all_their_failures(self):
        rounds = [
            Round(p50=p50, p95=9, cpu=cpu, bare=1.0, failures=1, rates={2: p50})
            for p50, cpu in ((1, 4), (9, 6), (2, 5))
        ]
        found = figures.timing(rounds)
        assert (found.p50_ms, found.ratio, found.failures, found.rates) == (2, 5.0, 3, {"2": 2})

    def test_without_a_clock_of_the_system_there_is_no_ratio(self):
        found = figures.timing([Round(p50=1, p95=2, cpu=None, bare=None, failures=0)])
        assert (found.cpu_ms, found.ratio) == (None, None)


class TestAudit:
    def test_every_letter_once_is_well(self):
        assert letters.audit(["a", "b"], ["b", "a"]) == letters.Audit(lost=0, doubled=0)

    def test_one_that_never_came_is_lost(self):
        assert letters.audit(["a", "b"], ["a"]).lost == 1

    def test_one_that_came_twice_is_doubled(self):
        assert letters.audit(["a", "b"], ["a", "b", "a", "a"]) == letters.Audit(lost=0, doubled=1)

    def test_letters_are_sent_each_once_to_a_server_of_its_own(self, database, tmp_path):
        sent = letters.measure(database, tmp_path, 25)
        assert (sent.letters, sent.lost, sent.doubled) == (25, 0, 0)
        assert sent.per_second > 0
        assert sent.bare_per_second > 0

    def test_morning_letters_are_planned_and_sent_each_once(self, database, tmp_path):
        planned = digests.measure(database, tmp_path, 60)
        assert (planned.letters, planned.sent.letters, planned.sent.lost, planned.sent.doubled) == (60, 60, 0, 0)
        assert planned.per_second > 0


REPORT = {
    "runs": [
        {
            "database": "sqlite",
            "size": "S",
            "counts": {"list": {"queries": 5, "nodes": 900, "plain": 50_000, "packed": 6_000}},
            "first_load": {"requests": 7, "packed": 50_000},
            "timings": {"list": {"p50_ms": 3.0, "failures": 0}},
            "mail": {"lost": 0, "doubled": 0},
        }
    ]
}


def changed(*path, to):
    report = copy.deepcopy(REPORT)
    place = report["runs"][0]
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return report


class TestComparison:
    def test_the_same_is_no_step_back(self):
        assert comparison.grown(REPORT, REPORT) == []

    @pytest.mark.parametrize(
        ("path", "to"),
        [
            (("counts", "list", "queries"), 6),
            (("counts", "list", "nodes"), 901),
            (("counts", "list", "packed"), 6_200),
            (("first_load", "requests"), 8),
            (("timings", "list", "failures"), 1),
            (("mail", "lost"), 1),
            (("mail", "doubled"), 2),
        ],
        ids=lambda value: value if isinstance(value, int) else "-".join(value),
    )
    def test_a_count_that_grew_is_named(self, path, to):
        [words] = comparison.grown(REPORT, changed(*path, to=to))
        assert words.endswith(f"to {to}")
        assert "sqlite S" in words

    def test_fewer_is_well_and_so_are_a_few_bytes_and_a_slower_machine(self):
        assert comparison.grown(REPORT, changed("counts", "list", "queries", to=4)) == []
        assert comparison.grown(REPORT, changed("counts", "list", "packed", to=6_050)) == []
        assert comparison.grown(REPORT, changed("timings", "list", "p50_ms", to=99.0)) == []

    def test_what_only_one_of_them_measured_is_not_compared(self):
        other = changed("size", to="M")
        assert comparison.grown(REPORT, other) == []
        assert comparison.grown(changed("mail", to=None), REPORT) == []


class TestCounting:
    PAGE = '<html><head><link href="/a.css"><script src="/b.js"></script></head><template><p></p></template><p></html>'

    def test_elements_are_counted_but_not_those_of_templates(self):
        assert counts.nodes(self.PAGE) == 6

    def test_what_a_browser_fetches_is_named_once(self):
        page = (
            self.PAGE + '<svg><use href="/i.svg#x"/><use href="/i.svg#y"/></svg><img src="https://elsewhere.example/x">'
        )
        assert counts.assets(page) == ["/a.css", "/b.js", "/i.svg"]

    def test_a_page_above_its_goal_is_named(self):
        place = Place("list", "/vendors", Goal(queries=5))
        assert places.broken(place, Count(queries=5, plain=1, packed=1, nodes=1_500)) == []
        assert places.broken(place, Count(queries=6, plain=1, packed=1, nodes=1)) == ["list: queries 6, at most 5"]
        assert places.broken_by_first_load(FirstLoad(requests=9, packed=1)) == ["first load: requests 9, at most 8"]


class TestMatching:
    def test_quality_is_over_pairs(self):
        true = matching.true_pairs(["x", "y", "x", "x"])
        assert true == {(0, 2), (0, 3), (2, 3)}
        assert matching.quality({(0, 2), (0, 1)}, true) == {"precision": 0.5, "recall": 0.3333}
        assert matching.quality(set(), true) == {"precision": 0.0, "recall": 0.0}

    def test_without_the_list_it_says_so(self, tmp_path):
        left_out: list[str] = []
        assert matching.measure(tmp_path, left_out) is None
        assert "SHARED_DATA" in left_out[0]


class TestInvention:
    def test_the_same_seed_gives_the_same_business(self):
        one, other = ([invention.business(Random(7)) for _ in range(3)] for _ in range(2))
        assert one == other

    @pytest.mark.bare
    def test_the_night_finds_nothing_to_mend(self, engine, caplog):
        seeded = seed.fill(engine, Size("few", 48))
        assert (seeded.vendors, seeded.entries) == (48, 48 * 20 + 60)
        night.recompute(engine)
        assert "drifted" not in caplog.text


def test_the_command_measures_without_touching_the_real_database(instance, database):
    before = sorted(path.name for path in instance.iterdir())
    done = flask(
        "bench", "--vendors", "30", "--database", "sqlite", "--rounds", "1", "--requests", "2", "--seconds", "0",
        "--no-jobs", "--json",
        env=environment(instance, DATABASE_URL=database),
    )  # fmt: skip
    found = json.loads(done.stdout)
    [run] = found["runs"]
    assert (run["database"], run["vendors"]) == ("sqlite", 30)
    assert run["timings"]["list"]["failures"] == 0
    assert run["counts"]["list"]["queries"] > 0
    assert sorted(path.name for path in instance.iterdir() if "secret" not in path.name) == [
        name for name in before if "secret" not in name
    ]
