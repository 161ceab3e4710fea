"""Which names this machine answers to, so that a forged Host header leads nowhere."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, abort, request

from crm.core.settings import Settings, is_loopback

_FORWARDING = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


def install(app: Flask, settings: Settings) -> None:
    """Refuse requests for hosts that are not ours: BASE_URL's, or, while it is unset, loopback and private ones."""
    ours = (urlsplit(settings.base_url).hostname or "").lower() if settings.base_url_is_set else None

    @app.before_request
    def check_host() -> None:
        host = (urlsplit(f"//{request.host}").hostname or "").lower()
        if host == ours or _is_near(host):
            return
        if ours is None and host == settings.host.lower():
            return
        abort(400)


def is_this_machine(settings: Settings) -> bool:
    """Whether the request surely comes from this very machine, and not through a proxy that stands on it.

    A proxy shows by what it says of the client. Where one is known to be there (TRUSTED_PROXIES, or an https address,
    which nothing here can answer by itself) even one that says nothing counts.
    """
    if settings.trusted_proxies or settings.is_https or any(name in request.headers for name in _FORWARDING):
        return False
    return is_loopback(request.remote_addr or "")


def _is_near(host: str) -> bool:
    """A name of this machine, or an address of this machine's own network: health checks and phones nearby."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
