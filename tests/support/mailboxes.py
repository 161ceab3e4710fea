"""Mailboxes of people outside, and what happens to letters there: filters fetch each address, people answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import Engine, select

from crm.core.columns import Base
from crm.core.settings import Settings
from crm.core.tenancy import installation_session
from crm.jobs.sender import Sender
from tests.support.browsing import Browser
from tests.support.letters import tick
from tests.support.smtp_sink import Letter, SmtpSink

LOOKS = 3
"""So often a filter, a preview and a curious reader fetch an address before anybody presses anything."""


@dataclass
class Post:
    """The clock, the program's own sender, and the server that it carries letters to."""

    engine: Engine
    settings: Settings
    sink: SmtpSink
    clock_at: Callable[..., None]

    def carry(self, moment: str) -> list[Letter]:
        """Lets it be that moment, does all that is due then, and answers with what arrives."""
        self.clock_at(moment)
        before = len(self.sink.letters)
        tick(self.engine, self.settings)
        while Sender(self.engine, self.settings).work_once():
            pass
        return self.sink.letters[before:]

    def box(self, address: str) -> list[Letter]:
        """What lies in somebody's mailbox, in order."""
        return [letter for letter in self.sink.letters if letter.recipient == address]


def addresses_in(letter: Letter) -> list[str]:
    """Every address that a letter leads to, as paths: of its text, its links and its headers."""
    html = BeautifulSoup(letter.text("html"), "html.parser")
    found = [str(link["href"]) for link in html.select("a[href]")]
    found += re.findall(r"https?://\S+", letter.text("plain"))
    found += re.findall(r"<(https?://[^>]+)>", str(letter.message.get("List-Unsubscribe", "")))
    return sorted({path_of(address) for address in found if address.startswith("http")})


def path_of(address: str) -> str:
    """An address as the program's own test client asks for it."""
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def scan(app: Flask, letter: Letter) -> int:
    """Fetches every address in a letter several times, as filters do, from a browser that nobody knows.

    How many addresses there were. Fails where one is not there.
    """
    addresses = addresses_in(letter)
    for path in addresses:
        for _look in range(LOOKS):
            seen = Browser(app).client.get(path)
            assert seen.status_code == 200, path
            assert Browser(app).client.head(path).status_code == 200, path
    return len(addresses)


def everything(engine: Engine) -> dict[str, list[Any]]:
    """Every row of every table, to be held against what is there later."""
    with installation_session(engine, writing=False) as session:
        connection = session.connection()
        return {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in Base.metadata.tables.items()
        }
