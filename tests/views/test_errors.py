"""What is not here says so, and offers a way on: Today to whoever is signed in, the first page to anybody else."""

from __future__ import annotations

import pytest

from tests.support.browsing import soup


def way_on(answer) -> tuple[str, str]:
    link = soup(answer).select_one("main a.primary")
    return link.get_text(), link["href"]


@pytest.mark.parametrize("path", ["/nothing/here", "/vendors/999999", "/vendors/nobody"])
def test_whoever_is_signed_in_is_offered_today(business, browser_of, path):
    answer = browser_of(business.viewer).get(path)
    assert answer.status_code == 404
    assert way_on(answer) == ("Go to Today", "/today")


def test_an_act_that_one_may_not_do_offers_today(business, browser_of):
    answer = browser_of(business.viewer).get("/settings/business")
    assert answer.status_code == 403
    assert way_on(answer) == ("Go to Today", "/today")


def test_a_request_of_the_wrong_kind_offers_today(business, browser_of):
    answer = browser_of(business.viewer).get("/settings/profile")
    assert answer.status_code == 405
    assert way_on(answer) == ("Go to Today", "/today")


def test_anybody_else_is_offered_the_first_page(nobody):
    answer = nobody.get("/nothing/here")
    assert answer.status_code == 404
    assert way_on(answer) == ("Go to the first page", "/")
