"""Settings: from the environment, the file in the instance folder, and defaults; a bad one is said in one line."""

import os
import stat

import pytest

from crm.core import settings
from crm.core.engine import open_engine
from crm.core.errors import BadSetting


@pytest.fixture
def load(tmp_path):
    def load(**environment):
        return settings.load({"INSTANCE_DIR": str(tmp_path / "instance"), **environment})

    return load


def test_a_fresh_machine_needs_no_setting(load, tmp_path):
    made = load()
    assert made.database_url == f"sqlite:///{tmp_path / 'instance' / 'goodterms.db'}"
    assert (made.host, made.port, made.base_url) == ("127.0.0.1", 5000, "http://127.0.0.1:5000")
    assert made.smtp is None
    assert made.scheduler


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(load, tmp_path):
    first, second = load(), load()
    file = tmp_path / "instance" / "secret_key"
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 48
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(load, tmp_path):
    load()
    (tmp_path / "instance" / "goodterms.env").write_text("# ours\nPORT=6000\nMAIL_PER_HOUR='90'\n")
    assert load().port == 6000
    assert load().mail_per_hour == 90
    assert load(PORT="7000").port == 7000


def test_an_empty_value_is_no_value(load):
    assert load(PORT="", SMTP_URL="").port == 5000


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, "starttls"),
        ("smtp://mail.example.org:2525", "mail.example.org", 2525, "starttls"),
        ("smtps://mail.example.org", "mail.example.org", 465, "tls"),
        ("smtp://127.0.0.1:1025?tls=off", "127.0.0.1", 1025, "off"),
    ],
)
def test_mail_servers(load, url, host, port, security):
    server = load(SMTP_URL=url).smtp
    assert (server.host, server.port, server.security) == (host, port, security)


def test_a_mail_password_may_hold_any_character(load):
    server = load(SMTP_URL="smtp://ann%40example.org:p%3Ass%2Fword@mail.example.org").smtp
    assert (server.user, server.password) == ("ann@example.org", "p:ss/word")


@pytest.mark.parametrize("url", ["postgresql://ann@db/goodterms", "postgres://ann@db/goodterms"])
def test_postgresql_is_spoken_through_one_driver(load, url):
    assert load(DATABASE_URL=url).database_url == "postgresql+psycopg://ann@db/goodterms"


def test_links_lead_here_once_the_address_is_said_or_is_no_loopback(load):
    assert not load().links_work
    assert load(HOST="192.168.1.20").links_work
    assert load(BASE_URL="https://crm.example.org").links_work
    assert load(BASE_URL="https://crm.example.org/").base_url == "https://crm.example.org"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "٣"),
        ("DATABASE_URL", "mysql://db/goodterms"),
        ("BASE_URL", "crm.example.org"),
        ("BASE_URL", "https://crm.example.org/path"),
        ("SMTP_URL", "mail.example.org"),
        ("SMTP_URL", "http://mail.example.org"),
        ("SMTP_URL", "smtp://mail.example.org:none"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "Günter <günter@example.org>"),
        ("SCHEDULER", "maybe"),
        ("WEB_WORKERS", "0"),
        ("WEB_THREADS", "1000"),
        ("LOG_FORMAT", "xml"),
        ("TRUSTED_PROXIES", "-1"),
        ("TICK_SECONDS", "soon"),
        ("TICK_SECONDS", "nan"),
        ("LEASE_SECONDS", "0"),
        ("SMTP_TIMEOUT", "inf"),
        ("MAIL_PER_HOUR", "many"),
    ],
)
def test_a_bad_setting_is_said_in_one_line_with_its_name_and_an_example(load, name, value):
    with pytest.raises(BadSetting) as found:
        load(**{name: value})
    words = str(found.value)
    assert words.startswith(f"{name}: ")
    assert "for example" in words
    assert "\n" not in words


def test_what_the_program_writes_is_its_own_users_alone(tmp_path):
    before = os.umask(0o022)
    try:
        folder = tmp_path / "new"
        made = settings.load({"INSTANCE_DIR": str(folder)})
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        database = folder / "goodterms.db"
        engine = open_engine(made.database_url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE vendors (id INTEGER)")
            beside = [path for path in folder.iterdir() if path.name.startswith(database.name)]
            assert len(beside) > 1  # the log lies beside the database
            assert {stat.S_IMODE(path.stat().st_mode) for path in beside} == {0o600}
        engine.dispose()
    finally:
        os.umask(before)


SERVICE = {
    "OIDC_ISSUER": "https://login.example.org",
    "OIDC_CLIENT_ID": "good-terms",
    "OIDC_CLIENT_SECRET": "between us",
}


def test_a_sign_in_service_is_all_of_its_settings_or_none(load):
    assert load().sign_in_service is None
    service = load(**SERVICE).sign_in_service
    assert service is not None
    assert (service.issuer, service.name) == ("https://login.example.org", "login.example.org")
    for name in SERVICE:
        with pytest.raises(BadSetting, match=f"^{name}: "):
            load(**{**SERVICE, name: ""})
    with pytest.raises(BadSetting, match=r"^OIDC_ISSUER: "):
        load(OIDC_NAME="Ours")


@pytest.mark.parametrize("issuer", ["http://login.example.org", "login.example.org", "https://", "https://a.example?b"])
def test_a_sign_in_service_speaks_in_secret(load, issuer):
    with pytest.raises(BadSetting, match=r"^OIDC_ISSUER: "):
        load(**{**SERVICE, "OIDC_ISSUER": issuer})
    here = {**SERVICE, "OIDC_ISSUER": "http://127.0.0.1:8080"}
    assert load(**here).sign_in_service is not None
