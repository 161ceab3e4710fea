"""Requests over the wire: each page, and the two acts that people do most, in rounds that take turns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from crm.cli.bench.clients import Act, HttpBrowser, in_turn, together
from crm.cli.bench.figures import Round, Timing, percentile, timing
from crm.cli.bench.places import Place
from crm.cli.bench.seed import Seeded
from crm.cli.bench.servers import Served

CLIENTS = (2, 4, 8)
WARM = 5
NOTE, CREATE = "add a note", "create a vendor"


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure."""

    rounds: int = 3
    requests: int = 100
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that is asked of the server again and again."""

    name: str
    act: Act
    is_tried_together: bool


def operations(places: tuple[Place, ...], seeded: Seeded) -> list[Operation]:
    """All pages, a note on one of 200 vendors, and a new vendor."""
    found = [Operation(place.name, _look(place.path), place.is_tried_together) for place in places]
    return [*found, Operation(NOTE, _note(seeded), True), Operation(CREATE, _create, True)]


def look_around(served: Served, places: tuple[Place, ...]) -> None:
    """Sign in and look at each page once, as the first visitor does."""
    with _signed_in(served) as browser:
        for place in places:
            browser.get(place.path)


def measure(
    served: Served, bare: Served, wanted: list[Operation], effort: Effort, say: Callable[[str], None]
) -> dict[str, Timing]:
    """Round after round, every operation in each, so that what else the machine does falls on all of them."""
    rounds: dict[str, list[Round]] = {operation.name: [] for operation in wanted}
    with _signed_in(served) as browser:
        plain = HttpBrowser(bare.port)
        for number in range(effort.rounds):
            for operation in wanted:
                say(f"round {number + 1} of {effort.rounds}: {operation.name}")
                rounds[operation.name].append(_round(served, bare, browser, plain, operation, effort))
        plain.close()
    return {name: timing(done) for name, done in rounds.items()}


def _round(
    served: Served, bare: Served, browser: HttpBrowser, plain: HttpBrowser, operation: Operation, effort: Effort
) -> Round:
    in_turn(plain, _look("/"), WARM)
    cost_of_bare = _cost(bare, lambda: in_turn(plain, _look("/"), effort.requests), effort.requests)
    warm = in_turn(browser, operation.act, WARM)
    before = served.cpu_seconds
    tally = in_turn(browser, operation.act, effort.requests)
    after = served.cpu_seconds
    failures, rates = warm.failures + tally.failures, {}
    for clients in CLIENTS if operation.is_tried_together and effort.seconds else ():
        crowd = together(browser, operation.act, clients, effort.seconds)
        failures += crowd.failures
        rates[clients] = (len(crowd.seconds) - crowd.failures) / effort.seconds
    cpu = None if before is None or after is None else (after - before) / effort.requests * 1_000
    return Round(
        p50=percentile(tally.seconds, 0.5) * 1_000,
        p95=percentile(tally.seconds, 0.95) * 1_000,
        cpu=cpu,
        bare=cost_of_bare,
        failures=failures,
        rates=rates,
    )


def _cost(served: Served, work: Callable[[], object], times: int) -> float | None:
    """CPU milliseconds of a server for one of so many requests."""
    before = served.cpu_seconds
    work()
    after = served.cpu_seconds
    return None if before is None or after is None else (after - before) / times * 1_000


@contextmanager
def _signed_in(served: Served) -> Iterator[HttpBrowser]:
    browser = HttpBrowser(served.port)
    try:
        yield browser.sign_in()
    finally:
        browser.close()


def _look(path: str) -> Act:
    return lambda browser, _number: browser.get(path).status == 200


def _note(seeded: Seeded) -> Act:
    def write(browser: HttpBrowser, number: int) -> bool:
        vendor_id = seeded.first_id + number % min(200, seeded.vendors)
        said = f"They ring back on Thursday. ({number})"
        return browser.post(f"/vendors/{vendor_id}/log", kind="note", said=said).status == 303

    return write


def _create(browser: HttpBrowser, number: int) -> bool:
    name = f"Newcomer {number} {id(browser) % 100_000}"
    form = {"name": name, "what_they_do": "Candles", "stage": "prospect", "despite_doubles": "y"}
    return browser.post("/board/vendors", **form).status == 303
