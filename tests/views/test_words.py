"""Every word that a person sees can be translated: on pages, beside mistakes, in toasts, on error pages, in letters.

Pages speak the pseudo locale, and what people have typed is written in another alphabet; see tests/support/wording.py.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from crm.core import clock, i18n, limits
from crm.core.engine import sqlite_driver
from crm.core.links import Links
from crm.core.settings import Settings, load
from crm.core.unit_of_work import installation_work
from crm.domain import digests, mail_presets
from crm.mail import messages
from crm.mail.mime import Letter
from crm.models.enums import Role
from crm.models.workspaces import User
from crm.web.installation import installation
from tests.support import people
from tests.support.applications import Applications
from tests.support.browsing import Browser
from tests.support.databases import SqliteDatabases, open_engine
from tests.support.filling import Filled, forms_of
from tests.support.people import Business
from tests.support.populated import Populated, populate, rename
from tests.support.walking import open_places, signed_in_places
from tests.support.wording import foreign, untranslated, untranslated_in

BRANDS = tuple(preset.name for preset in mail_presets.PRESETS)
"""Names of other people's products are the same in every language."""

LEAVING = ("/sign-out", "/settings/devices/sign-out", "/welcome/demo")
"""Whoever sends these has to sign in again, or is in another business."""


@dataclass
class House:
    """The populated business, its application, and the owner's browser."""

    app: Flask
    place: Populated
    owner: Browser
    file: Path
    saved: Path
    found: dict[str, str] = field(default_factory=dict)

    def hear(self, what: object, answer: TestResponse) -> None:
        """Collects what a page says that cannot be translated."""
        if answer.mimetype == "text/html" and answer.status_code not in (301, 302, 303):
            for words in untranslated(answer.text, names=BRANDS):
                self.found.setdefault(words, f"{what} ({answer.status_code})")

    def save(self) -> None:
        """Remembers the database as it is now."""
        _copy(self.file, self.saved)

    def restore(self) -> None:
        """Makes all that happened since :meth:`save` undone."""
        _copy(self.saved, self.file)


def _copy(source: Path, target: Path) -> None:
    sqlite = sqlite_driver()  # another library in the same process would not see the program's locks
    with closing(sqlite.connect(str(source))) as before, closing(sqlite.connect(str(target))) as after:
        before.backup(after)


@pytest.fixture(scope="module")
def furnished(
    sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Populated]]:
    """An instance folder with the populated business, for copies."""
    instance = tmp_path_factory.mktemp("furnished")
    with sqlite_databases.copy(instance) as url:
        engine = open_engine(url)
        with i18n.speaking(i18n.PSEUDO):  # words that were written down keep the language of that day
            business = people.business(engine)
            place = populate(engine, business, _settings(instance), say=foreign)
            rename(engine, [business.stranger], foreign)
        engine.dispose()
        yield instance, place


@pytest.fixture
def house(furnished: tuple[Path, Populated], tmp_path: Path, applications: Applications) -> Iterator[House]:
    model, place = furnished
    instance = tmp_path / "instance"
    shutil.copytree(model, instance)
    with applications.lend(_settings(instance)) as app:
        app.config["PSEUDO_LOCALE"] = True
        owner = Browser(app).sign_in(place.business.owner)
        yield House(app, place, owner, instance / "goodterms.db", tmp_path / "saved.db")
        del app.config["PSEUDO_LOCALE"]


def _settings(instance: Path) -> Settings:
    return load(
        {
            "INSTANCE_DIR": str(instance),
            "DATABASE_URL": f"sqlite:///{instance / 'goodterms.db'}",
            "SECRET_KEY": "for tests alone: it signs nothing that anybody keeps",
            "BASE_URL": "http://crm.example.org",
            "SCHEDULER": "off",
        }
    )


def _said(house: House) -> str:
    return "\n".join(f"{words}   at {where}" for words, where in house.found.items())


def test_every_page_can_be_translated(house: House) -> None:
    for place in signed_in_places(house.app, house.place):
        house.hear(place, house.owner.get(place.path))
    nobody = Browser(house.app)
    for place in open_places(house.app, house.place):
        house.hear(place, nobody.get(place.path))
    assert not house.found, _said(house)


def test_a_business_that_is_only_beginning_speaks_the_same_language(house: House) -> None:
    stranger = Browser(house.app).sign_in(house.place.business.stranger)
    for place in signed_in_places(house.app, house.place):
        if "/1" not in place.path:
            house.hear(place, stranger.get(place.path))
    assert not house.found, _said(house)


def test_every_mistake_and_every_toast_can_be_translated(house: House) -> None:
    """Each form of each page is sent as it stands, with nothing, with nonsense, and too late."""
    sent: set[object] = set()
    house.save()
    for place in signed_in_places(house.app, house.place):
        answer = house.owner.get(place.path)
        assert answer.status_code == 200, place
        for form in forms_of(answer.text, place.path):
            for filled in (form, form.emptied, form.muddled, form.outdated):
                if filled is not None and filled.key not in sent and filled.action not in LEAVING:
                    sent.add(filled.key)
                    _send(house, filled)
    assert not house.found, _said(house)
    assert len(sent) > 150  # else the forms were not found


def _send(house: House, filled: Filled) -> None:
    answer = house.owner.post(filled.action, **filled.fields)
    if answer.status_code >= 500:
        house.found[f"broke {filled}"] = str(filled.fields)[:300]
    house.hear(filled, answer)
    if answer.status_code == 303:
        shown = house.owner.follow(answer).text
        for words in untranslated(shown[shown.find('<div class="toasts"') :]):
            house.found.setdefault(words, f"the toast after {filled}")
        house.restore()


@pytest.mark.parametrize(
    ("path", "email", "password"),
    [("/sign-in", "", ""), ("/sign-in", "ж", "ж"), ("/sign-in", "nobody@fern.example", "ж" * 12)],
)
def test_the_door_can_be_translated(house: House, path: str, email: str, password: str) -> None:
    house.hear(path, Browser(house.app).post(path, email=email, password=password))
    assert not house.found, _said(house)


def test_links_from_letters_can_be_translated(house: House) -> None:
    """What they show before the button is pressed, after it, and the second time; and where they are forged."""
    nobody = Browser(house.app)
    for place in open_places(house.app, house.place):
        for form in forms_of(nobody.get(place.path).text, place.path):
            for filled in (form.emptied, form.muddled, form, form):
                answer = nobody.post(filled.action, **filled.fields)
                house.hear(filled, answer)
                if answer.status_code == 303:
                    house.hear(f"after {filled}", nobody.follow(answer))
        house.hear(f"again {place}", nobody.get(place.path))
        house.hear(f"forged {place}", nobody.get(place.path.replace("/", "/f", 2) if "." in place.path else place.path))
    assert not house.found, _said(house)


def test_error_pages_can_be_translated(house: House) -> None:
    viewer = Browser(house.app).sign_in(house.place.business.viewer)
    owner = house.owner
    answers = {
        404: owner.get("/nothing-here"),
        403: viewer.post("/vendors", name="ж"),
        405: owner.client.put("/vendors"),
        413: owner.post("/vendors", name="w" * limits.BODY_BYTES),
        400: owner.post("/vendors", csrf_token="ж"),
        401: Browser(house.app).post("/vendors", name="ж"),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        house.hear(status, answer)
    elsewhere = {"Origin": "http://localhost"}
    house.hear("typed again", owner.post("/vendors", csrf_token="ж", name="ж", options={"headers": elsewhere}))
    upload = owner.post(
        f"/vendors/{house.place.vendor_id}/files", file=(io.BytesIO(bytes(2_000)), "ж.exe"), kind="other"
    )
    assert upload.status_code == 422
    house.hear("a file of the wrong kind", upload)
    assert not house.found, _said(house)


def test_the_first_run_can_be_translated(house: House, sqlite_databases: SqliteDatabases) -> None:
    with sqlite_databases.copy(house.saved.parent, peopled=False) as url:
        _copy(Path(url.removeprefix("sqlite:///")), house.file)
    nobody = Browser(house.app)
    page = nobody.get("/set-up")
    house.hear("/set-up", page)
    for form in forms_of(page.text, "/set-up"):
        house.hear(form, nobody.post(form.action, **form.emptied.fields))
        house.hear(form, nobody.post(form.action, **form.muddled.fields))
    assert not house.found, _said(house)


# Letters


def test_letters_can_be_translated(house: House) -> None:
    business = people.business(installation(house.app).engine)
    for name, letter in _letters(business):
        assert (name, _untranslated_letter(letter)) == (name, [])


@pytest.mark.parametrize("base_url", ["http://crm.example.org", ""])
def test_morning_letters_can_be_translated(house: House, base_url: str) -> None:
    home = installation(house.app)
    settings = replace(home.settings, base_url=base_url or None)
    owner = house.place.business.owner
    with installation_work(home.engine) as session:
        session.execute(update(User).where(User.id == owner.user_id).values(locale=i18n.PSEUDO))
    subjects = set()
    for days in range(1, 40):
        with installation_work(home.engine) as session:
            noon = clock.instant_of(owner.workspace.today + timedelta(days=days), 12, people.TIME_ZONE)
            written = digests.plan(session, owner.id, settings=settings, now=noon)
            if written is not None:
                read = BytesParser(policy=policy.SMTP).parsebytes(written.content)
                subjects.add(str(read["Subject"]))
                assert untranslated_in(str(read["Subject"])) == []
                text, html = read.get_body(("plain",)), read.get_body(("html",))
                assert text is not None
                assert html is not None
                assert [*untranslated_in(text.get_content()), *untranslated(html.get_content())] == []
    assert len(subjects) > 1


def _letters(business: Business) -> Iterator[tuple[str, Letter]]:
    links = Links("http://crm.example.org")
    with i18n.speaking(i18n.PSEUDO):
        for reach in (links, Links(None)):
            yield "test", messages.test(business.owner, links=reach)
            yield (
                "invitation",
                messages.invitation(
                    business=foreign("Fern"),
                    invited_by=foreign("Olive"),
                    role=Role.MEMBER,
                    recipient="newcomer@fern.example",
                    url=reach.invitation("ж"),
                    expires_at=clock.now() + timedelta(days=7),
                    zone="UTC",
                ),
            )


def _untranslated_letter(letter: Letter) -> list[str]:
    return [*untranslated_in(letter.subject), *untranslated_in(letter.text), *untranslated(letter.html)]
