"""What every answer says about how a browser may use it."""

from flask import Flask, Response, g, request

from crm.core.settings import Settings

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to all answers, errors included."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer" if g.get("came_by_token") else "same-origin"
        if g.get("came_by_token"):
            headers["X-Robots-Tag"] = "noindex, nofollow"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if request.endpoint != "static_file":
            headers["Cache-Control"] = "no-store, private"
        if settings.is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
