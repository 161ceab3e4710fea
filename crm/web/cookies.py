"""Where the signed cookie is read and written: on pages, and nowhere else."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from crm.web import problems


class PagesAlone(SecureCookieSessionInterface):
    """A program shows a token with each request: a browser's cookie opens nothing there, and none is set."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return None if request.path.startswith(problems.API) else super().open_session(app, request)


def install(app: Flask) -> None:
    """Keep the cookie to the pages."""
    app.session_interface = PagesAlone()
