"""Addresses in letters lead to pages that there are, and nowhere while nobody could open them."""

import pytest
from werkzeug.exceptions import MethodNotAllowed

from crm.core.links import links

TOKEN = "abc.def-123_x"
MAKERS = {
    "home": lambda to: to.home(),
    "page": lambda to: to.page("fern-flint", "/vendors/7"),
    "today": lambda to: to.page("fern-flint", "/today"),
    "settings": lambda to: to.page("fern-flint", "/settings"),
    "reminder_done": lambda to: to.reminder_done(TOKEN),
    "reminder_snooze": lambda to: to.reminder_snooze(TOKEN),
    "invitation": lambda to: to.invitation(TOKEN),
    "reset": lambda to: to.reset(TOKEN),
    "forgotten": lambda to: to.forgotten(),
    "email_change": lambda to: to.email_change(TOKEN),
    "unsubscribe": lambda to: to.unsubscribe(TOKEN),
    "opt_out": lambda to: to.opt_out(TOKEN),
    "introduction": lambda to: to.introduction(TOKEN),
}


@pytest.mark.parametrize("name", MAKERS)
def test_each_address_is_one_of_ours(app, settings, name) -> None:
    address = MAKERS[name](links(settings))
    assert address.startswith("http://crm.example.org/")
    path = address.removeprefix("http://crm.example.org")
    endpoint, _values = app.url_map.bind("crm.example.org").match(path, method="GET")
    assert endpoint != "static_file"
    for part in ("/today", "/settings", "/vendors/7"):
        if path.endswith(part):
            app.url_map.bind("crm.example.org").match(part, method="GET")


@pytest.mark.parametrize(
    "name", ["reminder_done", "reminder_snooze", "unsubscribe", "opt_out", "introduction", "email_change"]
)
def test_what_acts_is_a_post_to_the_same_address(app, settings, name) -> None:
    path = MAKERS[name](links(settings)).removeprefix("http://crm.example.org")
    app.url_map.bind("crm.example.org").match(path, method="POST")
    with pytest.raises(MethodNotAllowed):
        app.url_map.bind("crm.example.org").match(path, method="DELETE")


def test_the_answer_that_a_link_bears_is_no_other_page(settings) -> None:
    to = links(settings)
    assert to.introduction(TOKEN, "yes") == f"{to.introduction(TOKEN)}?answer=yes"


@pytest.mark.parametrize(
    ("environment", "has_links"),
    [
        ({"BASE_URL": ""}, False),
        ({"BASE_URL": "", "HOST": "localhost"}, False),
        ({"BASE_URL": "", "HOST": "192.168.1.7"}, True),
        ({"BASE_URL": "http://127.0.0.1:5000"}, True),
    ],
)
def test_on_this_machine_alone_there_are_no_links_unless_they_are_asked_for(
    settings_with, environment, has_links
) -> None:
    assert (links(settings_with(**environment)).home() is not None) is has_links
