"""Pages are small on the wire, and their size tells nobody what stands in them."""

import gzip

import pytest

from crm.web.compression import WORTH_IT

GZIP = {"Accept-Encoding": "gzip, br"}


def test_a_page_goes_out_compressed_where_the_browser_takes_that(client):
    plain, packed = client.get("/vendors/new"), client.client.get("/vendors/new", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert gzip.decompress(packed.data).decode().startswith("<!doctype html>")


@pytest.mark.parametrize("refusal", ["", "identity", "gzip;q=0", "br"])
def test_a_browser_that_does_not_take_it_gets_the_page_as_it_is(client, refusal):
    answer = client.client.get("/vendors/new", headers={"Accept-Encoding": refusal})
    assert "Content-Encoding" not in answer.headers
    assert answer.text.startswith("<!doctype html>")


def test_what_came_with_the_address_is_never_compressed_with_the_page(client):
    """Else the length of the page would tell whether the words stand in it already."""
    answer = client.client.get("/search?q=hull", headers=GZIP)
    assert len(answer.data) > WORTH_IT
    assert "Content-Encoding" not in answer.headers


def test_what_came_with_a_form_is_never_compressed_with_the_page(client):
    answer = client.post("/vendors", name="", options={"headers": GZIP})
    assert answer.status_code == 422
    assert "Content-Encoding" not in answer.headers


def test_what_is_no_page_is_left_alone(nobody):
    assert "Content-Encoding" not in nobody.client.get("/healthz", headers=GZIP).headers
    style = nobody.client.get("/sign-in").text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    sheet = nobody.client.get(style, headers=GZIP)
    assert "@layer" in gzip.decompress(sheet.data).decode()  # once, not twice
