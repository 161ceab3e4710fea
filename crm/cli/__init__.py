"""What a terminal can do: ``flask --app app …``. A new command joins the list."""

from importlib import import_module

from flask import Flask

COMMANDS: tuple[str, ...] = (
    "backup",
    "bench",
    "check",
    "database",
    "demo",
    "outbox",
    "password",
    "restore",
    "routes",
    "scheduler",
    "serve",
    "setup",
    "token",
    "vendors",
)


def install(app: Flask) -> None:
    """Register every command."""
    for name in COMMANDS:
        app.cli.add_command(import_module(f"crm.cli.{name}").command)
