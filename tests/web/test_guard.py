"""What every answer forbids, whose name this machine answers to, and where a redirect may lead."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from crm.web.headers import CONTENT_SECURITY_POLICY
from crm.web.paths import safe_path
from tests.support.browsing import Browser
from tests.support.programs import Program

HTTPS = "https://crm.example.org"
EVIL = ("/\\evil.example", "\\\\evil.example", "//evil.example", "///evil.example", "https:///evil.example",
        "https:evil.example", "http://evil.example", "javascript:alert(1)", "/%09/evil.example", "/\t/evil.example",
        "/ /evil.example", "/.evil.example", "/@evil.example", "/today\r\nSet-Cookie: a=b", "/today\\@evil", "today",
        "/nowhere-of-ours", "/sign-out", " /today", "/today\n")  # fmt: skip


def answers(browser: Browser, app) -> dict[str, TestResponse]:
    """One of each kind."""
    return {
        "page": browser.get("/today"),
        "missing": browser.get("/nowhere"),
        "foreign": browser.get("/vendors/999999"),
        "not allowed": browser.client.delete("/today"),
        "without the token": browser.client.post("/vendors", data={}),
        "too large": browser.client.post("/vendors", data={"csrf_token": browser.token(), "name": "x" * 2_000_000}),
        "leads on": browser.get("/"),
        "for machines": browser.get("/healthz"),
        "for programs": Program(app).get("/vendors"),
        "a program's mistake": Program(app).get("/nowhere"),
        "script": browser.get("/static/any/js/nowhere.js"),
    }


def test_every_answer_carries_every_header(client, app):
    for name, answer in answers(client, app).items():
        headers = answer.headers
        assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, name
        assert headers["X-Content-Type-Options"] == "nosniff", name
        assert headers["Referrer-Policy"] == "same-origin", name
        assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin", name
        assert "camera=()" in headers["Permissions-Policy"], name
        assert "Access-Control-Allow-Origin" not in headers, name
        assert "Strict-Transport-Security" not in headers, f"{name}: without https that locks everybody out"
        if name != "script":
            assert headers["Cache-Control"] == "no-store, private", name


def test_the_policy_allows_nothing_that_is_written_into_a_page():
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'")
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert {"base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} <= set(
        CONTENT_SECURITY_POLICY.split("; ")
    )


def test_a_fault_carries_them_too_and_tells_nothing_of_the_inside(app, client):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.view_functions["today.show"] = lambda: 1 / 0
    answer = client.get("/today")
    assert answer.status_code == 500
    assert "division" not in answer.text
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_a_page_reached_by_a_secret_tells_nobody_where_it_was(nobody):
    answer = nobody.get("/cards/guessed")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_over_https_browsers_are_told_to_stay_there(make_app, settings_with):
    answer = Browser(make_app(settings_with(BASE_URL=HTTPS))).client.get("/sign-in", base_url=HTTPS)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize("host", ["evil.example", "crm.example.org.evil.example", "8.8.8.8", "169.254.169.254.nip.io"])
def test_a_forged_host_is_refused(nobody, host):
    for path in ("/sign-in", "/forgotten", "/healthz", "/api/v1/vendors"):
        assert nobody.client.get(path, headers={"Host": host}).status_code == 400, path


def test_what_a_client_says_of_a_proxy_counts_for_nothing_where_none_was_named(nobody):
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    answer = nobody.client.get("/today", headers=forged)
    assert answer.status_code == 303
    assert "evil" not in str(answer.headers)


@pytest.mark.parametrize("target", EVIL)
def test_a_redirect_leads_to_pages_of_ours_alone(app, target):
    with app.test_request_context():
        assert safe_path(target) == ""


def test_pages_of_ours_are_led_to(app):
    with app.test_request_context():
        assert safe_path("/vendors?q=a") == "/vendors?q=a"
