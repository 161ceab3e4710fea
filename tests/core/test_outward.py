"""Addresses that people type are called, and nothing inside is: whatever they are dressed up as."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from crm.core import clock, outward
from crm.core.errors import Refused
from crm.core.outward import ANSWER_BYTES, Reply, Unreachable, Way
from tests.support.certificates import ServerContext, self_signed
from tests.support.https_server import HERE, NAME, HttpsServer, believing, https_server, way_to


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], ServerContext]:
    return self_signed(tmp_path_factory.mktemp("certificate"), NAME, "sneaky.example")


@pytest.fixture
def server(context: Callable[[], ServerContext]) -> Iterator[HttpsServer]:
    with https_server(context()) as running:
        yield running


@pytest.fixture
def way(context: Callable[[], ServerContext]) -> Way:
    """Reaches the server, which the real way must not."""
    return way_to(context().file)


def post(url: str, way: Way, **headers: str) -> Reply:
    return outward.post(url, b'{"a":1}', headers, way=way)


def test_a_body_arrives_and_the_answer_comes_back(server: HttpsServer, way: Way) -> None:
    server.status, server.answer = 202, "Grüße".encode()
    assert post(f"{server.url}?key=a%20b", way, **{"webhook-id": "msg_1"}) == Reply(202, "Grüße")
    [told] = server.told
    assert (told.path, told.body, told.headers["webhook-id"]) == ("/hook?key=a%20b", '{"a":1}', "msg_1")
    assert told.headers["host"] == f"{NAME}:{server.port}"


# Which addresses

INSIDE = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.8.9.10", "169.254.169.254"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1"),
    *("198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255", "100.100.100.200"),
    *("168.63.129.16", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1"),
    *("64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:db8::1", "2002:7f00:1::"),
    *("2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1"),
]
OUTSIDE = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1"]
OUTSIDE += ["192.0.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_surely_on_the_public_internet_is_not_called(address: str) -> None:
    assert not outward.is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_public_internet_is_called(address: str) -> None:
    assert outward.is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "//example.com/",
        "example.com",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://@example.com/",
        "https://example.com@127.0.0.1/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.1./",
        "https://１２７.０.０.１/",
        "https://127。0。0。1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1%25eth0]/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://router/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:port/",
        "https://example.com/#part",
        "https://example.com\\@127.0.0.1/",
        "https://exam ple.com/",
        "https://example.com/\r\nX-Header: a",
        "https://example.com/\x00",
        "https://example..com/",
        "https://.example.com/",
        "https://exa_mple.c%6fm/",
        f"https://{'a' * 64}.com/",
    ],
)
def test_what_is_never_called_is_refused_when_it_is_typed(url: str) -> None:
    with pytest.raises(Refused):
        outward.target(url)


def test_names_and_paths_are_asked_for_in_their_plain_form() -> None:
    found = outward.target("https://Bücher.example:8443/a b/ü?q=ü".replace(" ", ""))
    assert (found.name, found.path) == ("xn--bcher-kva.example:8443", "/ab/%C3%BC?q=%C3%BC")
    assert outward.target("https://[2606:4700::1111]/").name == "[2606:4700::1111]"
    assert outward.target("https://example.com").path == "/"


class Names:
    """Answers in turn, and counts how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fe80::1%eth0"])
def test_a_name_that_stands_for_something_inside_is_not_called(server: HttpsServer, inside: str) -> None:
    way = Way(look_up=Names([inside]))
    with pytest.raises(Unreachable, match="public internet"):
        post(f"https://innocent.example:{server.port}/", way)
    assert server.told == []


def test_one_inside_among_many_spoils_the_name() -> None:
    with pytest.raises(Unreachable, match="public internet"):
        post("https://innocent.example/", Way(look_up=Names(["93.184.216.34", "127.0.0.1"])))


def test_a_name_that_changes_its_answer_after_the_check_gains_nothing(server: HttpsServer, way: Way) -> None:
    """Rebinding: the first answer passes, the second would be this machine. There is no second question."""
    names = Names(["192.0.2.77"], [HERE])
    allowed: list[str] = []

    def may_call(ip: Any) -> bool:
        allowed.append(str(ip))
        return str(ip) == "192.0.2.77"

    with pytest.raises(Unreachable):
        post(
            f"https://rebind.example:{server.port}/",
            replace(way, look_up=names, may_call=may_call, seconds=0.5),
        )
    assert (names.asked, server.told) == (1, [])
    assert HERE not in allowed


def test_what_is_connected_is_checked_again(server: HttpsServer, way: Way) -> None:
    """An address that passes and leads here all the same, as a network may have it, gets no byte."""
    answers = iter([True, False])
    with pytest.raises(Unreachable, match="public internet"):
        post(server.url.replace(NAME, "sneaky.example"), replace(way, may_call=lambda _ip: next(answers)))
    assert server.told == []


# What comes back


def test_a_redirect_is_an_answer_and_is_not_followed(server: HttpsServer, way: Way) -> None:
    server.status, server.headers = 307, {"Location": f"{server.url}/elsewhere"}
    assert post(server.url, way).status == 307
    assert [told.path for told in server.told] == ["/hook"]


def test_of_a_long_answer_the_beginning_is_read(server: HttpsServer, way: Way) -> None:
    server.status, server.answer = 200, b"x" * 1_000_000
    reply = post(server.url, way)
    assert reply.status == 200
    assert 0 < len(reply.text) <= ANSWER_BYTES


def test_endless_headers_are_no_answer(server: HttpsServer, way: Way) -> None:
    server.headers = {f"X-{number}": "y" * 60_000 for number in range(20)}
    with pytest.raises(Unreachable):
        post(server.url, way)


def test_an_answer_in_drops_ends_with_the_time(server: HttpsServer, way: Way) -> None:
    """Each drop comes well within the time that a single read may take."""
    over = threading.Event()

    def drip(handler: Any) -> None:
        while not over.wait(0.05):
            handler.wfile.write(b"H")
            handler.wfile.flush()

    server.before = drip
    began = clock.monotonic()
    try:
        with pytest.raises(Unreachable):
            post(server.url, replace(way, seconds=0.6))
    finally:
        over.set()
    assert clock.monotonic() - began < 5


def test_a_status_counts_whatever_becomes_of_the_rest(server: HttpsServer, way: Way) -> None:
    over = threading.Event()

    def begin_and_wait(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\nSome")
        handler.wfile.flush()
        over.wait(20)

    server.before = begin_and_wait
    try:
        assert post(server.url, replace(way, seconds=0.6)) == Reply(200, "Some")
    finally:
        over.set()


def test_silence_ends_with_the_time(way: Way) -> None:
    with closing(socket.create_server((HERE, 0))) as silent, pytest.raises(Unreachable, match="within"):
        post(f"https://silent.example:{silent.getsockname()[1]}/", replace(way, seconds=0.3))


def test_a_name_that_takes_for_ever_ends_with_the_time(way: Way) -> None:
    over = threading.Event()

    def slow(_host: str, _port: int) -> list[str]:
        over.wait(20)
        return [HERE]

    try:
        with pytest.raises(Unreachable, match="within"):
            post("https://slow.example/", replace(way, look_up=slow, seconds=0.3))
    finally:
        over.set()


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
def test_what_is_no_http_is_no_answer(server: HttpsServer, way: Way, said: bytes) -> None:
    def babble(handler: Any) -> None:
        handler.wfile.write(said)
        handler.wfile.flush()
        raise ConnectionAbortedError

    server.before = babble
    with pytest.raises(Unreachable):
        post(server.url, way)


def test_a_certificate_that_nobody_vouches_for_is_not_believed(server: HttpsServer, way: Way) -> None:
    with pytest.raises(Unreachable, match="certificate"):
        post(server.url, replace(way, context=outward.trusted))
    assert server.told == []


def test_a_certificate_for_another_name_is_not_believed(
    server: HttpsServer, way: Way, context: Callable[[], ServerContext]
) -> None:
    with pytest.raises(Unreachable, match="certificate"):
        post(f"https://other.example:{server.port}/", replace(way, context=lambda: believing(context().file)))
    assert server.told == []


def test_a_header_of_two_lines_does_not_leave(server: HttpsServer, way: Way) -> None:
    with pytest.raises(Unreachable):
        post(server.url, way, **{"webhook-id": "a\r\nX-Other: b"})
    assert server.told == []


def test_nothing_leaves_once_it_is_too_late(server: HttpsServer, way: Way) -> None:
    with pytest.raises(Unreachable, match="too late"):
        outward.post(server.url, b"{}", {}, way=way, may_still=lambda: False)
    assert server.told == []


def test_nobody_listens(way: Way, tmp_path: Path) -> None:
    with closing(socket.create_server((HERE, 0))) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="No connection"):
        post(f"https://closed.example:{port}/", way)
