"""What every template may use: words, dates, money, the reader's today.

A page asks for hundreds of words and addresses. Both take a short way here; what looks the same each time is drawn
once, see :mod:`crm.web.rendering`.
"""

from datetime import date
from functools import lru_cache

from flask import Flask
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from crm.core import formats, i18n, markdown
from crm.core.i18n import Speech
from crm.models import vocabulary
from crm.web import (
    composers,
    entry_lines,
    found,
    frame,
    list_lines,
    passkeys,
    rendering,
    sign_in_services,
    trust_figures,
    ways,
)
from crm.web.addresses import address_of
from crm.web.calls import ShortContext
from crm.web.installation import installation
from crm.web.rendering import Drawings


def install(app: Flask) -> None:
    """Set up the page templates' environment."""
    _prepare(app.jinja_env)
    app.jinja_env.globals.update(url_for=address_of, bar=frame.bar, trouble=frame.trouble)
    app.jinja_env.globals.update(marked=found.marked, place=found.place)
    app.jinja_env.globals.update(passkey_obstacle=lambda: passkeys.obstacle(installation().settings))
    app.jinja_env.globals.update(sign_in_service=sign_in_services.name)


_PURE = ("icon", "static_url", "has_static")
"""What the pages' environment offers whose answer depends on nothing but what it is asked."""


def install_drawings(app: Flask) -> None:
    """Let pages use parts that are drawn once, as ``drawn``. Comes after all that templates are offered."""
    pages = app.jinja_env
    own = Environment(loader=app.jinja_loader, autoescape=True, auto_reload=app.debug)
    _prepare(own)
    del own.filters["moment_ago"]  # which looks at the clock
    own.globals.update({name: pages.globals[name] for name in _PURE})
    own.globals.update(cell_words=list_lines.cell_words, moves=ways.moves)
    own.globals["address"] = lambda endpoint: rendering.address(endpoint) if endpoint in app.view_functions else None
    pages.globals.update(
        drawn=Drawings(own),
        empty_composer=composers.empty_composer,
        entries_around=entry_lines.around,
        entry_lines=entry_lines.lines,
    )


def _prepare(env: Environment) -> None:
    env.context_class = ShortContext
    env.undefined = StrictUndefined
    env.trim_blocks = True
    env.lstrip_blocks = True
    env.add_extension("jinja2.ext.i18n")
    env.add_extension("jinja2.ext.do")
    env.add_extension("jinja2.ext.loopcontrols")
    env.install_gettext_callables(i18n.gettext, _plural, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(gettext=words, _=words, ngettext=counted)
    env.filters.update(
        day=formats.day,
        near_day=formats.near_day,
        long_day=formats.long_day,
        iso_day=_iso_day,
        month=formats.month,
        ago=formats.ago,
        moment=formats.moment,
        moment_ago=formats.moment_ago,
        lasting=formats.lasting,
        number=formats.number,
        file_size=formats.file_size,
        money=formats.money,
        plain_money=formats.plain_money,
        markdown=markdown.render,
        mark_mentions=markdown.mark_mentions,
        plain=markdown.plain,
        word=vocabulary.word,
    )
    env.globals.update(vocabulary=vocabulary, trust_figures=trust_figures)


def _iso_day(text: str | None, today: date) -> str:
    """A date that was kept as ISO text among facts, as :func:`crm.core.formats.day`; nothing for nothing."""
    return formats.day(date.fromisoformat(text), today) if text else ""


def words(message: str, /, **values: object) -> Markup:
    """The message in the reader's language; what is filled in is escaped, the message itself is ours."""
    said = _said(i18n.current(), message)
    return said % values if values else said


def counted(singular: str, plural: str, num: int, /, **values: object) -> Markup:
    """Like :func:`words` with a plural form; ``%(num)s`` is the number."""
    return Markup(_plural(singular, plural, num)) % {"num": i18n.counted(num), **values}  # noqa: S704 - our own words


@lru_cache(maxsize=8192)
def _said(speech: Speech, message: str) -> Markup:
    return Markup(speech.catalogue.ugettext(message))  # noqa: S704 - our own words


def _plural(singular: str, plural: str, num: int) -> str:
    return i18n.current().catalogue.ungettext(singular, plural, num)
