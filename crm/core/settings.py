"""Settings: the environment, then ``goodterms.env`` in the instance folder, then the defaults.

A setting that cannot be used stops the start with one line that names it, what is wrong, and an example.
"""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from crm.core import disks
from crm.core.errors import BadSetting

ROOT = Path(__file__).resolve().parents[2]
SECRET_FILE = "secret_key"  # noqa: S105 - the name of its file
"""In the instance folder: the key that was made at the first run."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed in, and how."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    security: str = "starttls"  # "tls" from the first byte, "starttls" where offered, "off"


@dataclass(frozen=True, slots=True)
class SignInService:
    """Where people of a business sign in for all their programs (OpenID Connect), and what it is called."""

    issuer: str
    client_id: str
    client_secret: str
    name: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a machine may choose. Durations are seconds."""

    instance: Path
    database_url: str
    secret_key: str
    host: str
    port: int
    base_url: str
    base_url_is_set: bool
    smtp: MailServer | None
    mail_from: str
    mail_from_is_set: bool
    scheduler: bool
    web_workers: int
    web_threads: int
    uploads: Path
    log_format: str
    trusted_proxies: int
    tick_seconds: float
    lease_seconds: float
    smtp_timeout: float
    smtp_data_timeout: float
    mail_per_hour: int | None
    metrics_token: str | None
    sign_in_service: SignInService | None = None

    @property
    def links_work(self) -> bool:
        """Whether a link in an e-mail leads anywhere from another machine (or BASE_URL says that it does)."""
        return self.base_url_is_set or not is_loopback(self.host)

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read all settings. Makes the instance folder and the secret key at the first run. Raises :class:`BadSetting`.

    From here on, what the program writes is its own user's alone: the database, its log, uploads and letters hold what
    other users of the machine have no business to read.
    """
    os.umask(0o077)
    environment = os.environ if environment is None else environment
    instance = Path(environment.get("INSTANCE_DIR") or ROOT / "instance").resolve()
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    if instance == ROOT / "instance":  # made with wider rights by hand or by an earlier release
        with contextlib.suppress(PermissionError):
            instance.chmod(0o700)
    reader = _Reader({**_env_file(instance / "goodterms.env"), **{k: v for k, v in environment.items() if v != ""}})
    host = reader.text("HOST", "127.0.0.1")
    port = reader.number("PORT", 5000, least=1, most=65_535)
    base_url = reader.get("BASE_URL")
    return Settings(
        instance=instance,
        database_url=_database_url(reader.get("DATABASE_URL"), instance),
        secret_key=reader.get("SECRET_KEY") or _kept_secret(instance / SECRET_FILE),
        host=host,
        port=port,
        base_url=_base_url(base_url) if base_url else f"http://{'127.0.0.1' if _is_any(host) else host}:{port}",
        base_url_is_set=bool(base_url),
        smtp=mail_server(reader.get("SMTP_URL") or ""),
        mail_from=_sender(reader.text("MAIL_FROM", "Good Terms <goodterms@localhost>")),
        mail_from_is_set=bool(reader.get("MAIL_FROM")),
        scheduler=reader.switch("SCHEDULER", True),
        web_workers=reader.number("WEB_WORKERS", 1, least=1, most=64),
        web_threads=reader.number("WEB_THREADS", 4, least=1, most=64),
        uploads=Path(reader.text("UPLOADS", str(instance / "uploads"))).resolve(),
        log_format=reader.choice("LOG_FORMAT", "text", ("text", "json")),
        trusted_proxies=reader.number("TRUSTED_PROXIES", 0, least=0, most=10),
        tick_seconds=reader.seconds("TICK_SECONDS", 15),
        lease_seconds=reader.seconds("LEASE_SECONDS", 60),
        smtp_timeout=reader.seconds("SMTP_TIMEOUT", 60),
        smtp_data_timeout=reader.seconds("SMTP_DATA_TIMEOUT", 600),
        mail_per_hour=reader.number("MAIL_PER_HOUR", 0, least=0, most=1_000_000) or None,
        metrics_token=reader.get("METRICS_TOKEN"),
        sign_in_service=_sign_in_service(reader),
    )


def _sign_in_service(reader: "_Reader") -> SignInService | None:
    """The sign-in service of the OIDC settings; None where none of them is set. Raises :class:`BadSetting`."""
    names = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    issuer, client_id, client_secret = (reader.get(name) or "" for name in names)
    missing = next((name for name in names if not reader.get(name)), None)
    if missing and not (issuer or client_id or client_secret or reader.get("OIDC_NAME")):
        return None
    if missing:
        raise BadSetting(f"{missing}: is needed where a sign-in service is set up; all of {', '.join(names)} are")
    parts = urlsplit(issuer)
    is_here = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or is_here) or parts.query or parts.fragment:
        raise BadSetting("OIDC_ISSUER: must begin with https:// and name a host; for example https://login.example.org")
    return SignInService(issuer, client_id, client_secret, reader.text("OIDC_NAME", parts.hostname))


def mail_server(url: str) -> MailServer | None:
    """A mail server from ``smtp://user:password@host:587``; None from an empty text. Raises :class:`BadSetting`."""
    if not url:
        return None
    example = "for example smtp://user:password@mail.example.org:587"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadSetting(f"SMTP_URL: cannot be read as an address; {example}") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise BadSetting(f"SMTP_URL: must begin with smtp:// or smtps:// and name a host; {example}")
    security = "tls" if parts.scheme == "smtps" else "starttls"
    if parse_qs(parts.query).get("tls") == ["off"]:
        security = "off"
    return MailServer(
        host=parts.hostname,
        port=port or (465 if security == "tls" else 587),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        security=security,
    )


class _Reader:
    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def get(self, name: str) -> str | None:
        return self._values.get(name) or None

    def text(self, name: str, default: str) -> str:
        return self.get(name) or default

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            wanted = f"a whole number from {least} to {most}"
            raise BadSetting(f"{name}: {value!r} is not {wanted}; for example {name}={default}")
        return int(value)

    def seconds(self, name: str, default: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 0.05 <= number <= 86_400:
            raise BadSetting(f"{name}: {value!r} is not a number of seconds; for example {name}={default:g}")
        return number

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise BadSetting(f"{name}: {value!r} is not one of {', '.join(choices)}; for example {name}={default}")
        return value

    def switch(self, name: str, default: bool) -> bool:
        return self.choice(name, "on" if default else "off", ("on", "off")) == "on"


def _env_file(path: Path) -> dict[str, str]:
    values = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else []:
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            values[name.strip()] = value.strip().strip("\"'")
    return values


def _database_url(url: str | None, instance: Path) -> str:
    if url is None:
        return _on_this_machine(f"sqlite:///{instance / 'goodterms.db'}")
    scheme = url.partition(":")[0]
    if scheme in ("postgresql", "postgres"):
        return "postgresql+psycopg" + url[len(scheme) :]
    if scheme == "postgresql+psycopg":
        return url
    if scheme == "sqlite":
        return _on_this_machine(url)
    raise BadSetting(
        f"DATABASE_URL: {scheme!r} is no database we know; for example postgresql://user@localhost/goodterms"
    )


def _on_this_machine(url: str) -> str:
    """A SQLite database's address, unless it lies where its log cannot work."""
    file = Path(url.partition(":///")[2].partition("?")[0])
    kind = disks.network_kind(file)
    if kind is not None:
        raise BadSetting(
            f"DATABASE_URL: {file} lies on a network file system ({kind}), where SQLite loses data; put it, or"
            " INSTANCE_DIR, on a disk of this machine, or use a server, for example postgresql://user@localhost/goodterms"
        )
    return url


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise BadSetting(
            "BASE_URL: must be http:// or https:// and a host, without a path; for example https://crm.example.org"
        )
    return url.rstrip("/")


def _sender(value: str) -> str:
    address = parseaddr(value)[1]
    if "@" not in address or any(c in value for c in "\r\n"):
        raise BadSetting(f"MAIL_FROM: {value!r} has no e-mail address; for example Good Terms <goodterms@example.org>")
    if not address.rpartition("@")[0].isascii():
        raise BadSetting(
            f"MAIL_FROM: {value!r} has letters beyond a to z before the @, which not every mail server takes;"
            " for example Good Terms <goodterms@example.org>"
        )
    return value


def _kept_secret(path: Path) -> str:
    """The secret of this installation, made at the first run and readable by its owner alone.

    It is written aside and linked into place, so that of two processes that start at once both read the same one.
    """
    if not path.exists():
        handle, aside = tempfile.mkstemp(dir=path.parent)  # made with mode 600
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
        Path(aside).unlink()
    return path.read_text("ascii").strip()


def _is_any(host: str) -> bool:
    return host in ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, by name or by address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
