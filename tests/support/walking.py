"""Every page that the product has: read off the routes, so that a new page cannot be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask
from werkzeug.routing import Rule

from crm.models.enums import BulkKind, Stage
from crm.web.gate import LINK, PUBLIC
from crm.web.problems import API
from tests.support.populated import Populated

NO_PAGES = {
    "static_file": "styles, scripts and icons",
    "health.alive": "for machines",
    "health.ready": "for machines",
    "accounts.home": "leads on",
    "accounts.open_page": "leads on",
    "accounts.no_business": "leads on for whoever has a business",
    "accounts.confirm": "leads on for whoever has just signed in; has tests of its own",
    "accounts.second_step": "leads on for whoever is not held at the door; has tests of its own",
    "two_step.new": "leads on until a secret was made; has tests of its own",
    "identities.ask": "leads on where no sign-in service is set up; has tests of its own",
    "identities.decide": "leads on where no sign-in service is set up; has tests of its own",
    "identities.hear": "leads on where no sign-in service is set up; has tests of its own",
    "attachments.show": "gives the file",
    "imports.left_out": "gives a file",
    "bulk_acts.file": "gives a file",
    "privacy.export_person": "gives a file",
    "privacy.export_contact": "gives a file",
    "calendars.feed": "gives a calendar",
    "health.metrics": "for machines",
    "outbox.download": "gives the letter as a file",
    "search.palette": "gives a piece of a page; has tests of its own",
    "doubles.like": "gives a piece of a page; has tests of its own",
    "accounts.set_up": "leads on once there is a business; has a test of its own",
}
"""What the walk leaves out, and why."""


STAGE_FOR = {
    "parkings.edit": Stage.PARKED,
    "decisions.new": Stage.PARKED,
    "conditions.edit": Stage.PARKED,
    "trials.new": Stage.TRIAL,
    "stages.new": Stage.TRIAL,
}
"""Pages that only a vendor at this stage has."""

IMPORT_FOR = {
    "imports.columns": "uploaded",
    "imports.check": "checked",
    "imports.show": "done",
    "imports.left_out": "done",
}

QUERY_FOR = {
    "stages.new": {"q_to": Stage.ACTIVE.value},
    "bulk_acts.new": {"q_act": BulkKind.TAG.value, "q_scope": "all"},
}
"""Pages that need a question."""


@dataclass(frozen=True)
class Place:
    """A page's endpoint, and its address with the ids of the populated business."""

    endpoint: str
    path: str

    def __str__(self) -> str:
        return f"{self.path} ({self.endpoint})"


def signed_in_places(app: Flask, place: Populated) -> list[Place]:
    """All pages that somebody who is signed in can open, and the variants worth seeing."""
    return [*_routes(app, place, is_open=False), *_variants(app, place)]


def open_places(app: Flask, place: Populated) -> list[Place]:
    """The pages for anybody: the door, and what links in letters open."""
    return list(_routes(app, place, is_open=True))


def _routes(app: Flask, place: Populated, *, is_open: bool) -> Iterator[Place]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        policy = getattr(app.view_functions[rule.endpoint], "policy", None)
        is_page = rule.endpoint not in NO_PAGES and not rule.rule.startswith(API) and not rule.rule.endswith(".csv")
        if "GET" in (rule.methods or ()) and is_page and (policy in (PUBLIC, LINK)) == is_open:
            yield _place(app, rule.endpoint, **_values(rule, place), **QUERY_FOR.get(rule.endpoint, {}))


def _values(rule: Rule, place: Populated) -> dict[str, object]:
    return {name: _value(rule.endpoint, name, place) for name in rule.arguments}


def _value(endpoint: str, name: str, place: Populated) -> object:
    if name == "token":
        assert endpoint in place.tokens, f"tests/support/populated.py has no secret for {endpoint}"
        return place.tokens[endpoint]
    if name == "import_id":
        return place.ids[f"{IMPORT_FOR[endpoint]}_import_id"]
    if name == "vendor_id":
        return place.at_stage[STAGE_FOR.get(endpoint, Stage.ACTIVE)]
    assert name in place.ids, f"tests/support/populated.py has no {name} for {endpoint}"
    return place.ids[name]


def _place(app: Flask, endpoint: str, /, **values: object) -> Place:
    query = {name: value for name, value in values.items() if name.startswith("q_")}
    path = app.url_map.bind("crm.example.org").build(
        endpoint, {name: value for name, value in values.items() if name not in query}
    )
    asked = urlencode({name.removeprefix("q_"): value for name, value in query.items()})
    return Place(endpoint, f"{path}?{asked}" if asked else path)


def _variants(app: Flask, place: Populated) -> Iterator[Place]:
    """Pages that look different for other vendors or questions."""
    for stage, vendor_id in place.at_stage.items():
        if stage is not Stage.ACTIVE:
            yield _place(app, "profiles.show", vendor_id=vendor_id)
    for kind in BulkKind:
        yield _place(app, "bulk_acts.new", q_act=kind.value, q_scope="all")
    for stage in (Stage.TRIAL, Stage.PARKED, Stage.ENDED):
        yield _place(app, "bulk_acts.new", q_act=BulkKind.STAGE.value, q_scope="all", q_to=stage.value)
    yield _place(app, "vendors.index", q_owner="mine", q_add="rate", q_чепуха="1", q_sort="-due")
    for stage in (Stage.PROSPECT, Stage.TRIAL, Stage.ACTIVE, Stage.ENDED, Stage.NOT_A_FIT):
        for here in (Stage.TRIAL, Stage.PARKED):
            if stage is not here:
                yield _place(app, "stages.new", vendor_id=place.at_stage[here], q_to=stage.value)
    yield _place(app, "search.index", q_q="a")
    yield _place(app, "search.index", q_q="чего никто не писал")
    yield _place(app, "vendors.index", q_q="чего никто не писал")
