"""Styles, scripts and icons: small, kept for a year, and only what is there."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crm.web import assets

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.fixture
def shop() -> Flask:
    app = Flask("assets", static_folder=None)
    assets.install(app)
    return app


@pytest.fixture
def browser(shop: Flask) -> FlaskClient:
    return shop.test_client()


def use(shop: Flask, name: str) -> Callable[..., str]:
    """What templates may call by this name."""
    return cast("Callable[..., str]", shop.jinja_env.globals[name])


def test_a_file_is_kept_for_a_year_under_its_hash(browser: FlaskClient) -> None:
    answer = browser.get(assets.gather(STATIC).url("css/app.css"))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content_type == "text/css; charset=utf-8"


def test_the_address_of_an_older_version_is_answered_but_not_kept(browser: FlaskClient) -> None:
    answer = browser.get("/static/0123456789ab/js/app.js")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, no-cache"


def test_who_takes_gzip_gets_it_and_others_the_same_plain(browser: FlaskClient) -> None:
    url = assets.gather(STATIC).url("js/app.js")
    packed = browser.get(url, headers={"Accept-Encoding": "gzip, br"})
    plain = browser.get(url)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_what_is_not_there_is_not_found(browser: FlaskClient) -> None:
    revision = assets.gather(STATIC).revision
    assert browser.get(f"/static/{revision}/../app.py").status_code == 404
    assert browser.get(f"/static/{revision}/nothing.css").status_code == 404


def test_a_page_that_asks_for_what_is_not_there_fails(shop: Flask) -> None:
    with pytest.raises(assets.UnknownAsset):
        use(shop, "static_url")("nothing.css")
    with pytest.raises(assets.UnknownAsset):
        use(shop, "icon")("unicorn")


def test_a_change_of_any_file_changes_every_address(tmp_path: Path) -> None:
    for path in ("css/app.css", "js/app.js", "logo.svg"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("")
    before = assets.gather(tmp_path).revision
    (tmp_path / "logo.svg").write_text("<svg/>")
    assets.gather.cache_clear()
    assert assets.gather(tmp_path).revision != before


def test_styles_are_joined_in_their_layers(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text('a { color: red; } /* why */\nb::after { content: "a;  b"; }\n')
    (tmp_path / "app.css").write_text('@layer base, late;\n@import url("a.css") layer(base);\n')
    joined = assets.join_styles(tmp_path / "app.css")
    assert joined == '@layer base,late;@layer base{a{color:red}b::after{content:"a;  b"}}'


def test_no_import_is_left_in_the_joined_style_sheet() -> None:
    sheet = assets.gather(STATIC).files["css/app.css"].body.decode()
    assert "@import" not in sheet
    assert sheet.startswith("@layer reset,tokens,base,layout,components,pages,utilities;")
    assert sheet.count("{") == sheet.count("}")


def test_scripts_are_joined_each_in_a_scope_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text("const name = 1\nexport const tell = () => name\n")
    (tmp_path / "two.js").write_text(
        'import * as one from "./one.js"\nconst name = 2\nexport function sum() { return name + one.tell() }\n'
    )
    (tmp_path / "app.js").write_text('import * as two from "./two.js"\nimport * as one from "./one.js"\ntwo.sum()\n')
    joined = assets.join_scripts(tmp_path / "app.js")
    assert joined.index("const module_one") < joined.index("const module_two") < joined.index("two.sum()")
    assert joined.count("const module_one") == 1
    assert "return { sum }" in joined
    assert not re.search(r"^(import|export)\b", joined, re.MULTILINE)


def test_an_import_that_cannot_be_joined_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text('import { tell } from "./one.js"\n')
    with pytest.raises(ValueError, match=r"app\.js"):
        assets.join_scripts(tmp_path / "app.js")


def test_an_icon_is_silent_beside_words_and_named_alone(shop: Flask) -> None:
    icon = use(shop, "icon")
    sprite = assets.gather(STATIC).url("icons.svg")
    assert icon("sun") == f'<svg class="icon" aria-hidden="true"><use href="{sprite}#sun"/></svg>'
    assert 'role="img" aria-label="Tom &amp; Co"' in icon("sun", label="Tom & Co")


def test_the_sprite_holds_every_icon_once() -> None:
    sprite = assets.gather(STATIC).files["icons.svg"].body.decode()
    assert re.findall(r'<symbol id="([^"]+)"', sprite) == list(assets.ICONS)
    assert len(set(assets.ICONS)) == len(assets.ICONS)


def test_all_that_the_first_page_needs_is_small() -> None:
    files = assets.gather(STATIC).files
    sent = [files[name] for name in ("css/app.css", "js/app.js", "js/early.js", "icons.svg")]
    assert sum(len(file.packed or file.body) for file in sent) < 48_000


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_templates_name_icons_and_behaviours_that_exist(template: Path) -> None:
    text = template.read_text("utf-8")
    icons = set(re.findall(r"icon\('([a-z0-9-]+)'", text)) | set(re.findall(r"symbol='([a-z0-9-]+)'", text))
    assert icons <= set(assets.ICONS)
    behaviours = {name for value in re.findall(r'data-behaviour="([a-z -]+)"', text) for name in value.split()}
    assert all(
        (STATIC / "js" / f"{name}s.js").exists() or (STATIC / "js" / f"{name}.js").exists() for name in behaviours
    )
