"""The short ways of templates lead to the same place as the long ones."""

from __future__ import annotations

import pytest
from flask import url_for
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from crm.core import i18n
from crm.web.addresses import address_of
from crm.web.templating import counted, words

pytestmark = pytest.mark.bare


@pytest.fixture(autouse=True)
def _in_a_request(app):
    with app.test_request_context():
        yield


def test_an_address_is_what_flask_makes_of_it(app):
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and len(rule.arguments) <= 1]
    tried = 0
    for rule in rules:
        values = dict.fromkeys(rule.arguments, 4_711)
        if rule.arguments and "<int:" not in rule.rule:
            continue
        tried += 1
        assert address_of(rule.endpoint, **values) == url_for(rule.endpoint, **values)
    assert tried > 20


def test_one_number_is_never_taken_for_another():
    assert address_of("profiles.show", vendor_id=7) == "/vendors/7"
    assert address_of("profiles.show", vendor_id=71) == "/vendors/71"
    assert address_of("vendors.index", page=2) == url_for("vendors.index", page=2)
    assert address_of("vendors.index", page=None) == "/vendors"
    assert address_of("profiles.show", vendor_id=7, _anchor="log") == "/vendors/7#log"


LONG = (
    ("profiles.show", {"vendor_id": 7, "show": "talk", "_anchor": "happened"}),
    ("profiles.show", {"vendor_id": 7, "show": None, "_anchor": "happened"}),
    ("profiles.show", {"vendor_id": 987654322, "before": "2026-10-05.987654321"}),
    ("stages.new", {"vendor_id": 7, "to": "ended", "back": "/vendors/7?show=talk&of=100%#log"}),
    ("stages.new", {"back": "Ä ö+~%(vendor_id)s", "to": "", "vendor_id": 71}),
    ("accounts.open_page", {"slug": "fern", "path": "a b/ä"}),
    ("vendors.index", {"tag": ["one", "two"], "page": 2}),
    ("vendors.index", {"q": "me", "_anchor": "a b/ä"}),
    ("vendors.index", {"page": -1, "q": True}),
)


@pytest.mark.parametrize(("endpoint", "values"), LONG)
def test_a_long_address_is_what_flask_makes_of_it(endpoint, values):
    assert address_of(endpoint, **values) == url_for(endpoint, **values)


def test_below_another_path_addresses_lead_there(app):
    with app.test_request_context("/", base_url="http://crm.example.org/crm/"):
        assert address_of("profiles.show", vendor_id=7) == "/crm/vendors/7"
    assert address_of("profiles.show", vendor_id=7) == "/vendors/7"


def test_what_is_filled_into_words_is_escaped_and_the_words_are_not():
    assert words("%(name)s & co", name="<b>") == Markup("&lt;b&gt; & co")
    assert counted("%(num)s of %(name)s", "%(num)s of %(name)s", 2, name="<b>") == Markup("2 of &lt;b&gt;")


def test_a_number_among_words_has_the_readers_separators():
    for said in (counted, i18n.ngettext):
        assert said("%(num)s row", "%(num)s rows", 999) == "999 rows"
        assert said("%(num)s row", "%(num)s rows", 1_000) == "1,000 rows"
        with i18n.speaking("en-IN"):
            assert said("%(num)s row", "%(num)s rows", 123_456) == "1,23,456 rows"


def test_kept_words_are_kept_for_their_language():
    assert words("Board") == "Board"
    with i18n.speaking(i18n.PSEUDO):
        assert words("Board") == "⟦Board⟧"
    assert words("Board") == "Board"


@given(words=st.text(max_size=20), page=st.integers(0, 10**12), anchor=st.sampled_from([None, "log", "a b"]))
def test_whatever_words_are_asked_for_an_address_is_what_flask_makes_of_it(words, page, anchor):
    asked = {"q": words, "page": page, "vendor_id": 7, "_anchor": anchor}
    for endpoint in ("vendors.index", "profiles.show"):
        assert address_of(endpoint, **asked) == url_for(endpoint, **asked)
