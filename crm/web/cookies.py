"""Where the signed cookie is read and written: on pages, and nowhere else."""

from datetime import timedelta
from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from crm.core import clock
from crm.web import problems

_HOUR = "hour"
"""In the cookie: the hour in which it was dated last."""


class PagesAlone(SecureCookieSessionInterface):
    """A program shows a token with each request: a browser's cookie opens nothing there, and none is set.

    A cookie that stays is dated anew in each hour that it is used in, not at each request: that cost as much as a
    question to the database.
    """

    def __init__(self) -> None:
        self._serializers: dict[Any, URLSafeTimedSerializer | None] = {}

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith(problems.API):
            return None
        opened = super().open_session(app, request)
        hour = int(clock.now().timestamp() // 3600)
        if opened is not None and opened.permanent and opened.get(_HOUR) != hour:
            opened[_HOUR] = hour  # what is changed is signed, with the present date
        return opened

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if app.secret_key not in self._serializers:
            serializer = super().get_signing_serializer(app)
            if serializer is not None:
                serializer.signer = _Patient
            self._serializers = {app.secret_key: serializer}
        return self._serializers[app.secret_key]


class _Patient(TimestampSigner):
    """Takes what was signed by a clock that was ahead, too: a second, as another machine's may be, or days, before it
    was set back. Else everybody who was here then would be signed out. By no longer than a cookie lasts."""

    def unsign(self, signed_value: Any, max_age: int | None = None, return_timestamp: bool = False) -> Any:
        try:
            return super().unsign(signed_value, max_age, return_timestamp)  # type: ignore[call-overload]
        except SignatureExpired as over:
            if max_age is None or over.date_signed is None:
                raise
            if not clock.now() < over.date_signed <= clock.now() + timedelta(seconds=max_age):
                raise
        return super().unsign(signed_value, None, return_timestamp)  # type: ignore[call-overload]


def install(app: Flask) -> None:
    """Keep the cookie to the pages."""
    app.session_interface = PagesAlone()
