"""Speaks to addresses that people typed, and to nothing inside: https alone, no redirects, few seconds, few bytes.

A name is looked up once; what it stands for is checked, and to just that the connection is made, and held against the
check again once it stands. So a name that changes its answer between the two gains nothing. Whatever is not surely on
the public internet is refused: own networks, this machine, carriers' networks, and the ways to wrap such an address
into another one. Nothing can switch that off; tests hand another :class:`Way` in.
"""

import io
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import SOCK_STREAM, AddressFamily, getaddrinfo, socket
from urllib.parse import quote, urlsplit

from crm.core import clock, limits
from crm.core.errors import Refused
from crm.core.i18n import lazy

SECONDS = 5.0
"""For all of it: the name, the connection, the question, the answer."""
ANSWER_BYTES = 64 * limits.KIB
HTTPS = 443

Ip = IPv4Address | IPv6Address

_PUBLIC_V6 = ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in (
        # of version 4: IANA's register of special addresses
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
        "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
        "168.63.129.16/32 "  # a cloud's own services, behind a public number
        # of version 6, inside 2000::/3: protocols (Teredo among them), documentation, version 4 wrapped up (6to4)
        "2001::/23 2001:db8::/32 2002::/16 3fff::/20"
    ).split()
)


def is_public(ip: Ip) -> bool:
    """Whether an address is surely on the public internet. Version 4 in the clothes of version 6 is not."""
    if isinstance(ip, IPv6Address) and ip not in _PUBLIC_V6:
        return False
    return not any(ip in network for network in _NOT_PUBLIC)


def look_up(host: str, port: int) -> list[str]:
    """The addresses behind a name, as the system knows them. Raises OSError."""
    return [str(found[4][0]) for found in getaddrinfo(host, port, type=SOCK_STREAM)]


@cache
def trusted() -> ssl.SSLContext:
    """Certificates as the system trusts them, and names that match."""
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class Way:
    """How the world outside is reached: how names are looked up, which addresses may be called, whom we believe."""

    look_up: Callable[[str, int], Sequence[str]] = look_up
    may_call: Callable[[Ip], bool] = is_public
    context: Callable[[], ssl.SSLContext] = trusted
    seconds: float = SECONDS


INTERNET = Way()


class Unreachable(Exception):
    """There was no answer; the message says why, in a few words for a log that people read."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered: the status, and the beginning of the rest."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """An address that can be called, taken apart."""

    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """As it is named in the question: version 6 in brackets, the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == HTTPS else f"{host}:{self.port}"


# What may be typed


def target(url: str) -> Target:
    """An address taken apart. Raises :class:`Refused` for one that is never called, whatever it stands for."""
    if not url.isprintable() or any(sign in url for sign in ' \\"<>^`{|}'):
        raise Refused(lazy("Type the address without spaces and without such signs as \\ or quotes."))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or HTTPS
        is_bare = parts.port != 0 and parts.username is None and parts.password is None
    except ValueError:
        raise Refused(lazy("This is no address. One begins like this: https://example.com/")) from None
    if parts.scheme != "https":
        raise Refused(lazy("Only https is spoken. Type an address that begins with https://"))
    if not is_bare or parts.fragment:
        raise Refused(lazy("Type the address without a name, a password or a # in it."))
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return Target(_host(host), port, f"{path}?{query}" if query else path)


def _host(host: str) -> str:
    """A name or an address as it is asked for. Numbers in other clothes (decimal, octal, hex, short) are none."""
    ip = _as_ip(host)
    if ip is not None:
        if not is_public(ip):
            raise Refused(lazy("This address is not on the public internet, so it is not called from here."))
        return host
    try:
        ascii_host = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_host = ""
    labels = ascii_host.split(".")
    is_name = len(labels) > 1 and all(part.replace("-", "").replace("_", "").isalnum() for part in labels)
    if not is_name or labels[-1][0].isdigit():
        raise Refused(lazy("This is no address on the public internet. One begins like this: https://example.com/"))
    return ascii_host


def _as_ip(host: str) -> Ip | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


# Calling


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    way: Way = INTERNET,
    may_still: Callable[[], bool] = lambda: True,
) -> Reply:
    """Send a body to an address and read the beginning of the answer. Whatever was answered is an answer, a redirect
    too: it is not followed.

    ``may_still`` is asked once more when all stands ready, before a byte of the question leaves. Raises
    :class:`Refused` for an address that is never called and :class:`Unreachable` where there was no answer.
    """
    called = target(url)
    deadline = clock.monotonic() + way.seconds
    try:
        connection = _connected(called, way, deadline)
        try:
            with way.context().wrap_socket(connection, server_hostname=called.host) as safe:
                if not may_still():
                    raise Unreachable("It was too late to begin.")
                safe.settimeout(_left(deadline))
                safe.sendall(_question(called, headers, body))
                return _answer(safe, deadline)
        finally:
            connection.close()
    except TimeoutError:
        raise Unreachable(f"No answer within {way.seconds:g} seconds.") from None
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(f"Its certificate is not believed: {error.verify_message}.") from None
    except ssl.SSLError as error:
        raise Unreachable(f"No safe connection: {error.reason or 'it broke off'}.") from None
    except (HTTPException, ValueError):
        raise Unreachable("What it answered is no HTTP.") from None
    except OSError as error:
        raise Unreachable(f"No connection: {error.strerror or 'it broke off'}.") from None


def _connected(called: Target, way: Way, deadline: float) -> socket:
    """A connection to one of the addresses that the name stands for, all of which have passed the check."""
    last: OSError = OSError(0, "the name stands for nothing")
    for ip in _checked(called, way, deadline):
        connection = socket(AddressFamily.AF_INET if ip.version == 4 else AddressFamily.AF_INET6, SOCK_STREAM)
        try:
            connection.settimeout(_left(deadline))
            connection.connect((str(ip), called.port))
            _require_public([str(connection.getpeername()[0])], way)
        except OSError as error:
            connection.close()
            last = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise last


def _checked(called: Target, way: Way, deadline: float) -> list[Ip]:
    """The addresses behind the name, looked up this once. One that may not be called spoils them all."""
    found: list[str] = []
    faults: list[Exception] = []

    def ask() -> None:
        try:
            found.extend(way.look_up(called.host, called.port))
        except (OSError, UnicodeError) as error:
            faults.append(error)

    # The system's own patience with names is longer than ours, and cannot be shortened: the thread is left to it.
    asking = threading.Thread(target=ask, name="name-lookup", daemon=True)
    asking.start()
    asking.join(_left(deadline))
    if asking.is_alive():
        raise TimeoutError
    if faults or not found:
        raise Unreachable("The name is not known.")
    return _require_public(list(dict.fromkeys(found)), way)


def _require_public(addresses: list[str], way: Way) -> list[Ip]:
    known = [_as_ip(address) for address in addresses]
    if not all(ip is not None and way.may_call(ip) for ip in known):
        raise Unreachable("It stands for an address that is not on the public internet.")
    return [ip for ip in known if ip is not None]


def _question(called: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    said = {"Host": called.name, **headers, "Content-Length": str(len(body)), "Connection": "close"}
    if any(not value.isprintable() for value in said.values()):
        raise ValueError("A header has more than one line.")
    lines = [f"POST {called.path} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _answer(connection: socket, deadline: float) -> Reply:
    """The status decides; of the rest is read what comes in time."""
    reader = _Measured(connection, deadline)
    response = HTTPResponse(_Line(reader))  # type: ignore[arg-type]  # it asks for nothing but makefile()
    response.begin()
    said = bytearray()
    try:
        while piece := response.read1(4096):
            said += piece
    except (OSError, HTTPException):
        pass  # too slow, too much, or broken off: the status is known
    return Reply(response.status, said.decode("utf-8", "replace"))


def _left(deadline: float) -> float:
    left = deadline - clock.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Measured(io.RawIOBase):
    """What comes over a connection, as long as there is time, and no more of it than is wanted."""

    def __init__(self, connection: socket, deadline: float) -> None:
        self._connection, self._deadline, self._left = connection, deadline, ANSWER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._left <= 0:
            raise HTTPException("The answer is too long.")
        self._connection.settimeout(_left(self._deadline))
        got = self._connection.recv_into(buffer, min(len(buffer), self._left))
        self._left -= got
        return got


class _Line:
    """As much of a socket as an answer is read from."""

    def __init__(self, reader: _Measured) -> None:
        self._reader = reader

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._reader)
