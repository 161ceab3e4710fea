"""The front door: builds the application, decides nothing."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from crm import api, cli, views
from crm.core import engine as engines
from crm.core import limits
from crm.core.settings import Settings, load
from crm.web import answers, assets, compression, cookies, door, gate, headers, hosts, installation, sign_in, templating
from crm.web.extensions import csrf, db, login_manager


def create_app(settings: Settings | None = None) -> Flask:
    """The application, for the given settings or those of the environment."""
    settings = settings or load()
    app = Flask(__name__, static_folder=None, instance_path=str(settings.instance))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engines.engine_options(settings.database_url),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # pages reached by a secret link name no referrer; the token is what counts
        MAX_CONTENT_LENGTH=limits.BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=limits.FORM_BYTES,
        SESSION_COOKIE_NAME="__Host-goodterms" if settings.is_https else "goodterms",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_https,
        PERMANENT_SESSION_LIFETIME=sign_in.IDLE,
        SESSION_REFRESH_EACH_REQUEST=False,  # each hour does: see crm/web/cookies.py
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    cookies.install(app)
    door.install(app)  # first: the others' refusals are said in words too
    for extension in (db, login_manager, csrf):
        extension.init_app(app)
    with app.app_context():
        engines.prepare(db.engine)
        installation.install(app, settings, db.engine)
    hosts.install(app, settings)
    headers.install(app, settings)
    compression.install(app)
    answers.install(app)
    templating.install(app)
    assets.install(app)
    templating.install_drawings(app)
    gate.allow_bodies(app)
    views.install(app)
    api.install(app)
    cli.install(app)
    gate.check_policies(app)
    return app
