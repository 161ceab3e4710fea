"""Markdown as people type it, turned into HTML that can do no harm.

Raw HTML is off, and what the renderer makes passes an allow-list without classes, ids, styles or data attributes:
a stored attribute of htmx would act with its reader's rights.
"""

import html as entities
import re
from collections.abc import Iterable
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {
    "p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_TEXT = re.compile(r"(<[^>]*>)")
_SHORT, _KEPT = 1_000, 512
"""Short texts are kept as they were rendered, so many of them: a page shows twenty, and people look at it again."""


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return (
        MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
        .enable(["linkify", "strikethrough", "table"])
        .disable(["image", "html_block", "html_inline"])
    )


def render(source: str, names: Iterable[str] = ()) -> Markup:
    """Safe HTML; headings begin at the third level, links tell nobody where they were followed from.

    ``@`` before one of the names is set apart as a call to that person.
    """
    called = frozenset(names)
    return _kept_rendered(source, called) if len(source) <= _SHORT else _rendered(source, called)


def _rendered(source: str, names: frozenset[str]) -> Markup:
    html = re.sub(r"<(/?)h([12])>", r"<\1h3>", _parser().render(source))
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(_mark_mentions(clean, names))  # noqa: S704 - cleaned just above


_kept_rendered = lru_cache(maxsize=_KEPT)(_rendered)


def mark_mentions(words: str, names: Iterable[str]) -> Markup:
    """Plain words, made safe, with ``@`` before one of the names set apart."""
    return Markup(_mark_mentions(entities.escape(words, quote=False), names))  # noqa: S704 - escaped just here


def _mark_mentions(html: str, names: Iterable[str]) -> str:
    """``@Priya`` in text, not inside a tag, is set apart."""
    called = mention_of(frozenset(entities.escape(name, quote=False) for name in names))
    return "".join(
        part if part.startswith("<") else called.sub(r'<b class="at">@\1</b>', part) for part in _TEXT.split(html)
    )


@lru_cache(maxsize=64)
def mention_of(names: frozenset[str]) -> re.Pattern[str]:
    """Finds the longest of the names after an ``@``, in any case. ``@Anne-Marie`` does not call Anne."""
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    said = "|".join(r"\s+".join(re.escape(word) for word in name.split()) for name in longest_first if name.split())
    return re.compile(rf"(?<![\w@/.])@({said or '(?!)'})(?!\w|-\w)", re.IGNORECASE)


def plain(source: str) -> str:
    """The words alone, on one line: for lists and e-mails."""
    return _kept_plain(source) if len(source) <= _SHORT else _plain(source)


def _plain(source: str) -> str:
    text = nh3.clean(_parser().render(source), tags=set())
    return " ".join(entities.unescape(text).split())


_kept_plain = lru_cache(maxsize=_KEPT)(_plain)
