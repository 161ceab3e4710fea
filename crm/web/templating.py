"""What every template may use: words, dates, money, the reader's today."""

from datetime import date

from flask import Flask
from jinja2 import StrictUndefined

from crm.core import formats, i18n, markdown
from crm.models import vocabulary


def install(app: Flask) -> None:
    """Set up the page templates' environment."""
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = True
    env.lstrip_blocks = True
    env.add_extension("jinja2.ext.i18n")
    env.add_extension("jinja2.ext.do")
    env.add_extension("jinja2.ext.loopcontrols")
    env.install_gettext_callables(i18n.gettext, _plural, newstyle=True)  # type: ignore[attr-defined]
    env.filters.update(
        day=formats.day,
        near_day=formats.near_day,
        long_day=formats.long_day,
        iso_day=_iso_day,
        month=formats.month,
        ago=formats.ago,
        moment=formats.moment,
        moment_ago=formats.moment_ago,
        number=formats.number,
        file_size=formats.file_size,
        money=formats.money,
        plain_money=formats.plain_money,
        markdown=markdown.render,
        plain=markdown.plain,
        word=vocabulary.word,
    )
    env.globals.update(vocabulary=vocabulary)


def _iso_day(text: str | None, today: date) -> str:
    """A date that was kept as ISO text among facts, as :func:`crm.core.formats.day`; nothing for nothing."""
    return formats.day(date.fromisoformat(text), today) if text else ""


def _plural(singular: str, plural: str, num: int) -> str:
    return i18n.current().catalogue.ungettext(singular, plural, num)
