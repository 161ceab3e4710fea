"""What the browser is sent besides pages: one style sheet, the scripts, the icons.

Everything under ``static/`` is read once at the start, joined and compressed in memory, and served under an address
that bears one hash over all of it: ``/static/<hash>/css/app.css``. A browser may keep such an answer for a year, and
relative imports between the files keep working. There is no build step.
"""

import gzip
import hashlib
import re
import zipfile
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path, PurePosixPath

from flask import Flask, Response, abort, request
from markupsafe import Markup, escape

from crm.web import navigation
from crm.web.gate import PUBLIC

STATIC = Path(__file__).resolve().parents[2] / "static"
STYLES = "css/app.css"
SCRIPTS = "js/app.js"
SPRITE = "icons.svg"

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".woff2": "font/woff2",
}
COMPRESSIBLE = frozenset({".css", ".js", ".svg"})
FOR_A_YEAR = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"

ICONS = tuple(
    """
    archive arrow-down arrow-left arrow-right arrow-up arrow-up-down at-sign badge-check banknote bell building-2
    calculator calendar calendar-check calendar-clock calendar-plus calendar-x camera check chevron-down chevron-left
    chevron-right chevron-up circle-alert circle-check circle-dashed circle-parking circle-pause
    circle-question-mark circle-slash clock clock-alert code coffee columns-3 copy corner-down-right download ellipsis
    external-link file file-text file-up flag flask-conical gift globe grip-vertical hand-helping handshake heart
    heart-handshake history house inbox info key-round keyboard lightbulb link list list-checks list-filter list-ordered
    loader-circle lock log-out mail mail-check mail-plus mail-warning map-pin megaphone merge message-circle
    message-circle-off minus monitor-smartphone moon package paperclip pen-line pencil pencil-line phone piggy-bank
    plus printer repeat reply rotate-ccw save scale search send settings share-2 shield shield-alert shield-check
    sliders-horizontal sprout star sun tag target timer trash-2 trending-down trending-up triangle-alert truck undo-2
    upload user-round user-round-check user-round-plus user-round-x users-round wallet webhook wifi-off wrench x zap
    """.split()
)
"""The icons that pages may show, by their names in Lucide. An icon that is not named here does not exist."""


class UnknownAsset(LookupError):
    """A page asks for a file or an icon that is not there."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it goes out. ``packed`` is None where compression gains nothing."""

    body: bytes
    packed: bytes | None
    kind: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by their path below ``static/``, and the hash over them that stands in their addresses."""

    revision: str
    files: dict[str, Asset]

    def url(self, path: str) -> str:
        """The address of a file, such as ``static_url("logo.svg")``.

        Raises UnknownAsset when there is no such file.
        """
        if path not in self.files:
            raise UnknownAsset(path)
        return f"/static/{self.revision}/{path}"


@cache
def gather(root: Path) -> Assets:
    """Read and prepare all that lies under the folder."""
    bodies = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.suffix in KINDS and path.is_file()
    }
    bodies[STYLES] = join_styles(root / STYLES).encode()
    bodies[SCRIPTS] = join_scripts(root / SCRIPTS).encode()
    bodies[SPRITE] = draw_sprite(ICONS).encode()
    digest = hashlib.sha256()
    for path, body in sorted(bodies.items()):
        digest.update(f"{path}\0{len(body)}\0".encode())
        digest.update(body)
    return Assets(digest.hexdigest()[:12], {path: _asset(path, body) for path, body in bodies.items()})


def _asset(path: str, body: bytes) -> Asset:
    suffix = PurePosixPath(path).suffix
    packed = gzip.compress(body, 9, mtime=0) if suffix in COMPRESSIBLE else None
    return Asset(body, packed if packed and len(packed) < len(body) else None, KINDS[suffix])


# Styles

_IMPORT = re.compile(r'@import url\("([^"]+)"\) layer\((\w+)\);')
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"""("[^"]*"|'[^']*')""")


def join_styles(entry: Path) -> str:
    """The table of contents with each ``@import … layer(x)`` replaced by ``@layer x { the file }``, made smaller."""

    def inlined(found: re.Match[str]) -> str:
        return f"@layer {found[2]} {{ {(entry.parent / found[1]).read_text('utf-8')} }}"

    return shrink_css(_IMPORT.sub(inlined, entry.read_text("utf-8")))


def shrink_css(text: str) -> str:
    """The same style sheet without comments and needless white space. What stands in quotes is left alone."""
    parts = _QUOTED.split(_COMMENT.sub("", text))
    for at in range(0, len(parts), 2):
        part = re.sub(r"\s+", " ", parts[at])
        part = re.sub(r" ?([{};,]) ?", r"\1", part)
        parts[at] = part.replace(";}", "}").replace(": ", ":")
    return "".join(parts).strip()


# Scripts

_MODULE_IMPORT = re.compile(r'^import \* as (\w+) from "\./([\w-]+)\.js"$', re.MULTILINE)
_MODULE_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const) (\w+))", re.MULTILINE)


def join_scripts(entry: Path) -> str:
    """The entry module with the modules it imports put before it, each in a scope of its own.

    The modules also work one by one in a browser; joined they cost one request. Only
    ``import * as name from "./file.js"`` is understood; any other import raises ValueError.
    """
    done: dict[str, str] = {}

    def scope(name: str) -> str:
        return "module_" + name.replace("-", "_")

    def translated(path: Path) -> str:
        text = path.read_text("utf-8")
        for _, name in _MODULE_IMPORT.findall(text):
            if name not in done:
                body = translated(path.parent / f"{name}.js")
                names = _MODULE_EXPORT.findall((path.parent / f"{name}.js").read_text("utf-8"))
                done[name] = f"const {scope(name)} = (() => {{\n{body}\nreturn {{ {', '.join(names)} }}\n}})()\n"
        text = _MODULE_IMPORT.sub(lambda found: f"const {found[1]} = {scope(found[2])}", text)
        text = _MODULE_EXPORT.sub("", text)
        if re.search(r"^(import|export)\b", text, re.MULTILINE):
            raise ValueError(f"{path.name}: write imports as 'import * as name from \"./file.js\"'")
        return text

    last = translated(entry)
    return "".join(done.values()) + last


# Icons


def draw_sprite(names: tuple[str, ...]) -> str:
    """An SVG with one symbol for each icon. Raises UnknownAsset for a name that Lucide does not have."""
    symbols = []
    source = resources.files("lucide").joinpath("lucide.zip")
    with source.open("rb") as packed, zipfile.ZipFile(packed) as drawings:
        for name in names:
            try:
                drawing = drawings.read(f"{name}.svg").decode()
            except KeyError:
                raise UnknownAsset(name) from None
            symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{_shapes(drawing)}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


def _shapes(drawing: str) -> str:
    """What stands inside a drawing's svg element, without white space."""
    inside = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")]
    return re.sub(r">\s+<", "><", inside).strip().replace(" />", "/>")


@lru_cache(maxsize=1024)
def _icon(sprite: str, name: str, label: str | None, extra: str) -> Markup:
    if name not in ICONS:
        raise UnknownAsset(name)
    voice = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    classes = escape(f"icon {extra}".strip())
    return Markup('<svg class="{}" {}><use href="{}#{}"/></svg>').format(classes, voice, sprite, name)


def install(app: Flask) -> None:
    """Serve the files; templates get ``static_url``, ``has_static``, ``icon`` and ``address``."""
    assets = gather(STATIC)
    sprite = assets.url(SPRITE)

    def icon(name: str, label: str | None = None, extra: str = "") -> Markup:
        """The drawing of an icon: silent beside words, or with a label where it stands alone."""
        return _icon(sprite, name, label, extra)

    def serve(revision: str, path: str) -> Response:
        found = assets.files.get(path)
        if found is None:
            abort(404)
        current = revision == assets.revision
        answer = Response(found.body, content_type=found.kind)
        if found.packed is not None:
            answer.vary.add("Accept-Encoding")
            if request.accept_encodings["gzip"]:
                answer.set_data(found.packed)
                answer.content_encoding = "gzip"
        answer.headers["Cache-Control"] = FOR_A_YEAR if current else ASK_AGAIN
        answer.set_etag(assets.revision)
        answer.make_conditional(request)
        return answer

    serve.policy = PUBLIC  # type: ignore[attr-defined]
    app.add_url_rule("/static/<revision>/<path:path>", "static_file", serve, methods=["GET"])
    app.jinja_env.globals.update(
        icon=icon, static_url=assets.url, has_static=assets.files.__contains__, address=navigation.addresses(app)
    )
