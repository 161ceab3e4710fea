"""Addresses of the places that stand on every page."""

from collections.abc import Callable

from flask import Flask, url_for


def addresses(app: Flask) -> Callable[[str], str | None]:
    """A function that says where an endpoint without parameters is.

    It answers None for an endpoint that this installation does not have, so that a menu can leave it out. What it
    found is kept: the same dozen links stand on every page.
    """
    found: dict[str, str | None] = {}

    def address(endpoint: str) -> str | None:
        if endpoint not in found:
            found[endpoint] = url_for(endpoint) if endpoint in app.view_functions else None
        return found[endpoint]

    return address
