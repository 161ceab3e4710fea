"""An authenticator app: it reads the secret and shows codes, as RFC 6238 has them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

from crm.core import clock


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now for a secret in base32; ``steps`` half minutes later or, negative, earlier."""
    key = base64.b32decode(secret.replace(" ", ""))
    step = int(clock.now().timestamp()) // 30 + steps
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    place = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"
