"""Somebody gets in by passkey, in a real browser with a device of its own that opens by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.journeys import sign_in
from tests.support.people import PASSWORD, Business
from tests.support.serving import Server

pytestmark = pytest.mark.journey

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    """Good Terms, reached by its name: a browser keeps no passkey for a number."""
    server = start_server()
    server.url = server.url.replace("127.0.0.1", "localhost")
    return server


@pytest.fixture
def opens_keys(page: Page) -> Callable[[bool], None]:
    """The browser's own device with keys. Called with False, its person does not open it any more."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    made = protocol.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    def let(opens: bool) -> None:
        protocol.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": made["authenticatorId"], "isUserVerified": opens},
        )

    return let


def sign_out(page: Page, server: Server) -> None:
    """Leaves, as if the browser had been closed on another computer."""
    page.context.clear_cookies()
    page.goto(f"{server.url}/sign-in")


def test_a_passkey_is_made_signs_in_alone_is_the_second_step_and_is_removed(
    page: Page, server: Server, opens_keys: Callable[[bool], None], business: Business
) -> None:
    sign_in(page, server, business.owner, then="/settings/passkeys")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Nadia’s laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Nadia’s laptop")).to_be_visible()

    # Alone, with nothing typed.
    sign_out(page, server)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{server.url}/today")

    # The password is half of it now; the passkey is the other half.
    sign_out(page, server)
    page.get_by_label("E-mail").fill(business.owner.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{server.url}/sign-in/second-step")
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(f"{server.url}/today")

    # A device that its person does not open lets nobody in, and says so.
    sign_out(page, server)
    opens_keys(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("status").filter(has_text="No passkey was given")).to_be_visible()
    opens_keys(True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{server.url}/today")

    # The same device keeps one key for a person.
    page.goto(f"{server.url}/settings/passkeys/new")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("status").filter(has_text="has a passkey of yours already")).to_be_visible()

    page.goto(f"{server.url}/settings/passkeys")
    page.get_by_role("button", name="Remove Nadia’s laptop").click()
    expect(page.get_by_role("heading", name="You have none yet")).to_be_visible()
    sign_out(page, server)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("This passkey opens nothing here")).to_be_visible()
