"""``flask serve``: the product as people run it.

One process with its scheduler in it by default. With more workers this process looks after two others: gunicorn's,
and the scheduler's, which is started again should it die.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from crm.cli.leaving import Leaving, LeavingLoop
from crm.cli.starting import bring_database_up
from crm.core import clock, logs
from crm.core.settings import ROOT, Settings
from crm.core.unit_of_work import installation_work
from crm.domain import accounts, setup_code
from crm.jobs.scheduler import Scheduler
from crm.web.installation import installation

RESTART_PAUSE = 3.0
"""Seconds between the death of a scheduler and its successor."""
LOOK_UP = 0.2
"""Seconds between two looks at whether all of them live."""
GRACE = 25.0
"""Seconds for what is at work to come to its end."""
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_FREED_KEPT = 128 * 1024
"""Bytes that may lie free before they go back to the system."""
_M_TRIM_THRESHOLD, _M_ARENA_MAX = -1, -8


@click.command("serve")
@with_appcontext
def command() -> None:
    """Serve Good Terms, with reminders and mail."""
    _give_memory_back()
    home = installation()
    logs.configure(home.settings)
    bring_database_up(home.settings, home.engine)
    _say_where(home.settings)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if home.settings.web_workers == 1:
        _serve_alone(app, home.settings)
    else:
        home.engine.dispose()
        sys.exit(_look_after_workers(home.settings))


def _give_memory_back() -> None:
    """Have the C library keep one heap for all threads, and little of what is freed. One heap for each of a dozen
    threads, each with what its largest page once took, grew to half as much again; they take turns anyway.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform.startswith("linux") else None
    if mallopt is not None:  # other C libraries than GNU's have none
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_TRIM_THRESHOLD, _FREED_KEPT)


def _say_where(settings: Settings) -> None:
    with installation_work(installation().engine) as session:
        code = None if accounts.is_set_up(session) else setup_code.issue(session)
    click.echo(f"Good Terms is at {_address(settings)}")
    if code is not None:
        click.echo(f"Nobody has set it up yet. From another machine it asks for this code: {code}")
    sys.stdout.flush()


def _address(settings: Settings) -> str:
    if settings.base_url_is_set:
        return settings.base_url
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return settings.base_url if settings.host in ("0.0.0.0", "::", "") else f"http://{host}:{settings.port}"  # noqa: S104


# One process


def _serve_alone(app: Flask, settings: Settings) -> None:
    from waitress.server import create_server

    try:
        channels: dict[int, Any] = {}
        server = create_server(
            app,
            map=channels,
            host=settings.host,
            port=settings.port,
            threads=settings.web_threads,
            ident="",
            # What a proxy says of the client is believed, or not, in one place: ProxyFix, by TRUSTED_PROXIES. That it
            # said something at all tells that it is there (crm/web/hosts.py).
            clear_untrusted_proxy_headers=False,
        )
    except OSError as error:
        raise click.ClickException(
            f"HOST, PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}; for example PORT=5001"
        ) from None
    scheduler = Scheduler(installation(app).engine, settings) if settings.scheduler else None
    leaving = LeavingLoop(channels)
    if scheduler is not None:
        scheduler.start()
    try:
        server.run()  # answers what is under way before it returns
    finally:
        server.close()
        leaving.close()
        if scheduler is not None:
            scheduler.stop()
        installation(app).engine.dispose()


# Several


def _look_after_workers(settings: Settings) -> int:
    leaving = Leaving()
    web = _start(_gunicorn(settings))
    scheduler = _start(_scheduler()) if settings.scheduler else None
    died_at: float | None = None
    while not leaving.wait(LOOK_UP) and web.poll() is None:
        if scheduler is None or scheduler.poll() is None:
            continue
        died_at = died_at or clock.monotonic()
        if clock.monotonic() - died_at >= RESTART_PAUSE:
            scheduler, died_at = _start(_scheduler()), None
    code = web.poll()
    _end([child for child in (web, scheduler) if child is not None])
    return code or 0


def _gunicorn(settings: Settings) -> list[str]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return [
        *(sys.executable, "-m", "gunicorn", "app:create_app()"),
        *("--bind", f"{host}:{settings.port}"),
        *("--workers", str(settings.web_workers)),
        *("--worker-class", "gthread", "--threads", str(settings.web_threads)),
        *("--timeout", "120", "--graceful-timeout", "20"),
        *("--log-level", "warning", "--no-control-socket"),
    ]


def _scheduler() -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "app", "scheduler"]


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    sparing = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": str(_FREED_KEPT)}
    tie = _tie_to_parent()
    settings = {**sparing, **os.environ}
    return subprocess.Popen(command, cwd=ROOT, env=settings, preexec_fn=tie)  # noqa: PLW1509 - no threads run here


def _tie_to_parent() -> Callable[[], None] | None:
    """On Linux: what lets a child end when this process dies without a word."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def tie() -> None:
        libc.prctl(_DIE_WITH_PARENT, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(0)

    return tie


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    deadline = clock.monotonic() + GRACE
    for child in children:
        try:
            child.wait(max(0.1, deadline - clock.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
