"""The conversation with a mail server: how far it came decides what is known of the letter."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from crm.core.settings import MailServer
from crm.mail.delivery import Limits, Line, Stage, Verdict
from tests.support.serving import free_port

QUICK = Limits(before=0.5, after=0.5)
CONTENT = b"Subject: Hello\r\n\r\n.A line that begins with a dot\r\nand one that doesn't\r\n"


@pytest.fixture
def line_to() -> Iterator[Callable[..., Line]]:
    """Lines to a server on this machine; they are closed in the end."""
    lines: list[Line] = []

    def make(port: int, limits: Limits = QUICK, **server: str) -> Line:
        lines.append(Line(MailServer("127.0.0.1", port, **{"security": "off", **server}), limits))
        return lines[-1]

    yield make
    for line in lines:
        line.close()


def send(line: Line, **changes):
    values = {"sender": "us@example.org", "recipient": "you@example.org", "content": CONTENT}
    return line.open() or line.send(**{**values, **changes})


def test_a_letter_arrives_byte_for_byte(smtp_sink, line_to) -> None:
    line = line_to(smtp_sink.port)
    outcome = send(line)
    line.close()
    assert outcome.verdict is Verdict.ACCEPTED
    [letter] = smtp_sink.letters
    assert letter.content == CONTENT
    assert (letter.sender, letter.recipient) == ("us@example.org", "you@example.org")


@pytest.mark.parametrize(
    ("stage", "reply", "verdict", "concerns_all"),
    [
        ("mail", "451 Later", Verdict.LATER, True),
        ("mail", "550 Not you", Verdict.LATER, True),
        ("rcpt", "451 Greylisted", Verdict.LATER, False),
        ("rcpt", "550 No such user", Verdict.REFUSED, False),
        ("data", "452 Full", Verdict.LATER, False),
        ("data", "554 Spam", Verdict.REFUSED, False),
        ("rcpt", "421 Going down", Verdict.LATER, True),
    ],
)
def test_a_refusal_is_laid_at_the_right_door(smtp_sink, stage, reply, verdict, concerns_all, line_to) -> None:
    smtp_sink.answer(stage, reply)
    line = line_to(smtp_sink.port)
    outcome = send(line)
    assert (outcome.verdict, outcome.answer, outcome.concerns_all) == (verdict, reply, concerns_all)
    smtp_sink.answer(stage, None)
    assert send(line).verdict is Verdict.ACCEPTED  # the line goes on, or opens anew
    line.close()


def test_one_line_carries_many_letters(smtp_sink, line_to) -> None:
    line = line_to(smtp_sink.port)
    assert [send(line).verdict for _ in range(5)] == [Verdict.ACCEPTED] * 5
    line.close()
    assert len(smtp_sink.letters) == 5


def test_a_server_that_is_away_concerns_all(line_to) -> None:
    outcome = send(line_to(free_port()))
    assert (outcome.verdict, outcome.stage, outcome.concerns_all) == (Verdict.LATER, Stage.CONNECT, True)


# A server of a few lines, which breaks off where it is told to

GOOD = {
    "greeting": "220 here",
    "EHLO": "250 here",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    ".": "250 ok",
}
HANG_UP, SILENCE, DRIP = "hang up", "silence", "drip"


@contextmanager
def server_that(**answers: str) -> Iterator[int]:
    script = {**GOOD, **answers}
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_converse, args=(connection, script, over), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        listener.close()


def _converse(connection: socket.socket, script: dict[str, str], over: threading.Event) -> None:
    with suppress(OSError), connection, connection.makefile("rwb") as stream:

        def say(step: str) -> bool:
            words = script.get(step, "250 ok")
            if words == SILENCE:
                over.wait(5)
            while words == DRIP and not over.wait(0.05):  # each byte comes long before anybody's patience is over
                stream.write(b"2")
                stream.flush()
            if words in (SILENCE, HANG_UP, DRIP):
                return False
            stream.write(words.encode() + b"\r\n")
            stream.flush()
            return True

        is_on = say("greeting")
        while is_on and (line := stream.readline()):
            step = line.split()[0].decode().upper()
            is_on = say(step) and step != "QUIT"
            if step == "DATA" and is_on:
                while stream.readline() not in (b".\r\n", b""):
                    pass
                is_on = say(".")


@pytest.mark.parametrize("how", [HANG_UP, SILENCE, DRIP])
@pytest.mark.parametrize(
    ("step", "stage", "verdict"),
    [
        ("greeting", Stage.CONNECT, Verdict.LATER),
        ("EHLO", Stage.HELLO, Verdict.LATER),
        ("MAIL", Stage.MAIL, Verdict.LATER),
        ("RCPT", Stage.RCPT, Verdict.LATER),
        ("DATA", Stage.DATA, Verdict.LATER),
        (".", Stage.DOT, Verdict.UNKNOWN),
    ],
)
def test_broken_off_before_the_final_dot_is_not_sent_and_after_it_is_unknown(
    step, stage, verdict, how, line_to
) -> None:
    with server_that(**{step: how}) as port:
        outcome = send(line_to(port))
    assert (outcome.verdict, outcome.stage) == (verdict, stage)
    assert outcome.words


@pytest.mark.parametrize("words", ["554 No service", "421 Too busy"])
def test_a_refusing_greeting_concerns_all(words, line_to) -> None:
    with server_that(greeting=words) as port:
        outcome = send(line_to(port))
    assert (outcome.verdict, outcome.stage, outcome.answer) == (Verdict.LATER, Stage.GREETING, words)
    assert outcome.concerns_all


def test_nonsense_after_the_final_dot_is_unknown(line_to) -> None:
    with server_that(**{".": "what?"}) as port:
        assert send(line_to(port)).verdict is Verdict.UNKNOWN


def test_the_time_limit_after_the_final_dot_is_its_own(line_to) -> None:
    with server_that(**{".": SILENCE}) as port:
        outcome = send(line_to(port, Limits(before=30, after=0.2)))
    assert (outcome.verdict, outcome.problem) == (Verdict.UNKNOWN, "The server did not answer in time.")


def test_a_worker_that_was_held_up_sends_nothing(smtp_sink, line_to) -> None:
    line = line_to(smtp_sink.port)
    outcome = send(line, is_fresh=lambda: False)
    assert outcome.verdict is Verdict.LATER
    answers = iter([True, False])  # held up between MAIL FROM and the final dot
    assert send(line, is_fresh=lambda: next(answers)).verdict is Verdict.LATER
    assert smtp_sink.letters == []


def test_letters_beyond_ascii_before_the_at_need_a_server_that_knows_them(line_to) -> None:
    with server_that() as port:
        outcome = send(line_to(port), recipient="jürgen@example.org")
    assert (outcome.verdict, outcome.stage) == (Verdict.REFUSED, Stage.RCPT)
    assert "beyond a to z" in outcome.words


def test_so_do_letters_whose_head_holds_such_an_address(line_to) -> None:
    with server_that() as port:
        outcome = send(line_to(port), content="Reply-To: jürgen@example.org\r\n\r\nHello\r\n".encode())
    assert (outcome.verdict, outcome.stage) == (Verdict.REFUSED, Stage.RCPT)


def test_a_domain_beyond_ascii_goes_out_as_servers_know_it(smtp_sink, line_to) -> None:
    line = line_to(smtp_sink.port)
    assert send(line, recipient="info@bücher.example").verdict is Verdict.ACCEPTED
    line.close()
    assert smtp_sink.letters[0].recipient == "info@xn--bcher-kva.example"


# Signing in


class _Keeper:
    """Lets one password in."""

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        return "250 OK"

    def __call__(self, server, session, envelope, mechanism, auth_data):
        return AuthResult(success=auth_data.password == b"right", handled=False)


@pytest.fixture
def guarded_port() -> Iterator[int]:
    keeper = _Keeper()
    controller = Controller(
        keeper, hostname="127.0.0.1", port=free_port(), authenticator=keeper, auth_required=True, auth_require_tls=False
    )
    controller.start()
    yield controller.port
    controller.stop()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_wrong_password_concerns_all(guarded_port, line_to) -> None:
    outcome = send(line_to(guarded_port, user="olive", password="wrong"))
    assert (outcome.verdict, outcome.stage, outcome.concerns_all) == (Verdict.LATER, Stage.SIGN_IN, True)
    assert outcome.answer.startswith("535")
    assert "wrong" not in outcome.words
    assert send(line_to(guarded_port, user="olive", password="right")).verdict is Verdict.ACCEPTED


def test_a_server_without_sign_in_is_said_so(smtp_sink, line_to) -> None:
    outcome = send(line_to(smtp_sink.port, user="olive", password="right"))
    assert outcome.stage is Stage.SIGN_IN
    assert outcome.problem


# Encryption


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> Callable[[], ssl.SSLContext]:
    """A certificate for 127.0.0.1 that nobody has vouched for."""
    from tests.support.certificates import self_signed

    return self_signed(tmp_path_factory.mktemp("certificate"))


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate, line_to) -> None:
    class Sink:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802
            return "250 OK"

    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port(), tls_context=certificate())
    controller.start()
    try:
        outcome = send(line_to(controller.port, security="starttls"))
    finally:
        controller.stop()
    assert (outcome.verdict, outcome.stage, outcome.concerns_all) == (Verdict.LATER, Stage.TLS, True)
    assert "certificate" in outcome.words.lower()


def test_a_vouched_for_certificate_encrypts_the_line(certificate, monkeypatch, line_to) -> None:
    context = certificate()
    monkeypatch.setenv("SSL_CERT_FILE", context.file)

    class Sink:
        encrypted: list[bool] = []

        async def handle_DATA(self, server, session, envelope):  # noqa: N802
            self.encrypted.append(session.ssl is not None)
            return "250 OK"

    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port(), tls_context=context)
    controller.start()
    try:
        line = line_to(controller.port, security="starttls")
        outcome = send(line)
        line.close()
    finally:
        controller.stop()
    assert outcome.verdict is Verdict.ACCEPTED
    assert Sink.encrypted == [True]


# Letters with files


LARGE = CONTENT + b"x" * 70 + b"\r\n" + b".yz\r\n" * 400_000


def test_a_large_letter_arrives_byte_for_byte(smtp_sink, line_to) -> None:
    line = line_to(smtp_sink.port, Limits(before=30, after=30))
    assert send(line, content=LARGE).verdict is Verdict.ACCEPTED
    assert send(line).verdict is Verdict.ACCEPTED
    line.close()
    assert [letter.content for letter in smtp_sink.letters] == [LARGE, CONTENT]


def test_what_the_server_says_it_is_too_small_for_is_not_handed_in_and_holds_up_nobody(line_to) -> None:
    with server_that(EHLO="250-here\r\n250 SIZE 1000000") as port:
        line = line_to(port)
        outcome = send(line, content=LARGE)
        assert (outcome.verdict, outcome.concerns_all) == (Verdict.REFUSED, False)
        assert "takes letters of up to 1,000,000 bytes, and this one has 2,000," in outcome.words
        assert line.is_ready
        assert send(line).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("content", "verdict", "concerns_all"), [(LARGE, Verdict.REFUSED, False), (CONTENT, Verdict.LATER, True)]
)
def test_too_large_is_said_of_a_large_letter_and_else_of_our_place_there(
    content, verdict, concerns_all, smtp_sink, line_to
) -> None:
    smtp_sink.answer("mail", "552 5.3.4 Too much")
    outcome = send(line_to(smtp_sink.port), content=content)
    assert (outcome.verdict, outcome.concerns_all) == (verdict, concerns_all)


@contextmanager
def server_that_reads_slowly(size: int) -> Iterator[int]:
    """Takes one letter of so many bytes, a thirtieth of it at a time with a pause after each."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def serve() -> None:
        connection, _ = listener.accept()
        pause = threading.Event()
        with connection, connection.makefile("rb", buffering=0) as stream:
            connection.sendall(b"220 here\r\n")
            for reply in (b"250 here\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
                stream.readline()
                connection.sendall(reply)
            last, taken = b"", 0
            while not last.endswith(b"\r\n.\r\n"):
                if taken > size // 30:
                    pause.wait(0.1)
                    taken = 0
                piece = stream.read(65_536)
                last, taken = last[-4:] + piece, taken + len(piece)
            connection.sendall(b"250 ok\r\n")

    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield listener.getsockname()[1]


def test_a_slow_line_has_its_time_for_each_piece(line_to) -> None:
    """In all it takes far longer than anything may take by itself."""
    letter = b"Subject: Slow\r\n\r\n" + b"x" * 70 + b"\r\n" * 4_000_000
    with server_that_reads_slowly(len(letter)) as port:
        outcome = send(line_to(port, Limits(before=1, after=30)), content=letter)
    assert outcome.verdict is Verdict.ACCEPTED
