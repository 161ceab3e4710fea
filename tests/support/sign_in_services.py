"""A sign-in service of a business (OpenID Connect) on this machine, which can be made to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "good-terms", "known-to-both"


class SignInServer:
    """Listens on a free port. Whoever is sent there is `person`; `lies` replaces what it says about them."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.signs_with = self.key
        self.person = {"sub": "u-1", "email": "olive@login.example"}
        self.is_away = False
        self.lies: dict[str, Any] = {}
        self.asked: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._answers())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> SignInServer:
        self._thread.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def settings(self) -> dict[str, str]:
        """What the program is told about it."""
        return {
            "OIDC_ISSUER": self.issuer,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "OIDC_NAME": "Fern Login",
        }

    def visit(self, url: str) -> str:
        """What a browser does that is sent there: its person agrees. Where it is sent back to, path and query alone."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(f"{self.issuer}/authorize?")
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"]
        code = secrets.token_urlsafe(8)
        self.asked[code] = asked
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode({'code': code, 'state': asked['state']})}"

    def _token(self, authorization: str, form: dict[str, str]) -> dict[str, Any] | None:
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        asked = self.asked.pop(form.get("code", ""), None)  # once
        if asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        if authorization != f"Basic {expected}":
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
            **self.lies,
        }
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signs_with)
        return {"access_token": "none of ours", "token_type": "Bearer", "id_token": signed}

    def _answers(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if service.is_away:
                    self._say(503, {})
                elif self.path == "/.well-known/openid-configuration":
                    places = {f"{name}_endpoint": f"{service.issuer}/{path}" for name, path in _PLACES}
                    self._say(200, {"issuer": service.issuer, "jwks_uri": f"{service.issuer}/keys", **places})
                elif self.path == "/keys":
                    self._say(200, {"keys": [service.key.as_dict(private=False)]})
                else:
                    self._say(404, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                token = service._token(self.headers.get("Authorization", ""), form)
                self._say(200, token) if token else self._say(400, {"error": "invalid_grant"})

            def _say(self, status: int, words: dict[str, Any]) -> None:
                content = json.dumps(words).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_words: object) -> None:
                """Nothing: tests read answers."""

        return Answers


_PLACES = (("authorization", "authorize"), ("token", "token"))
