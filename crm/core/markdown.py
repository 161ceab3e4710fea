"""Markdown as people type it, turned into HTML that can do no harm.

Raw HTML is off, and what the renderer makes passes an allow-list without classes, ids, styles or data attributes:
a stored attribute of htmx would act with its reader's rights.
"""

import html as entities
import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {
    "p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_MENTION = re.compile(r"(?<![\w/@.>])@([\w][\w.-]*)")
_TEXT = re.compile(r"(<[^>]*>)")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return (
        MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
        .enable(["linkify", "strikethrough", "table"])
        .disable(["image", "html_block", "html_inline"])
    )


def render(source: str) -> Markup:
    """Safe HTML; headings begin at the third level, links tell nobody where they were followed from."""
    html = re.sub(r"<(/?)h([12])>", r"<\1h3>", _parser().render(source))
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(_mark_mentions(clean))  # noqa: S704 - cleaned just above


def _mark_mentions(html: str) -> str:
    """``@Priya`` in text, not inside a tag, is set apart."""
    return "".join(
        part if part.startswith("<") else _MENTION.sub(r'<b class="at">@\1</b>', part) for part in _TEXT.split(html)
    )


def plain(source: str) -> str:
    """The words alone, on one line: for lists and e-mails."""
    text = nh3.clean(_parser().render(source), tags=set())
    return " ".join(entities.unescape(text).split())
