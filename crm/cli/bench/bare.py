"""The yardstick: a bare page. Flask, one question for 50 rows, a table. No sign-in, no words, no protection.

What the product's pages cost is said in bare pages measured right before them, because milliseconds drift with the
machine and whatever else it does. It is served by the same server with the same threads: ``python -m
crm.cli.bench.bare FILE PORT``.
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from flask import Flask

ROWS = 50
PAGE = """<!doctype html>
<html lang="en"><head><title>Vendors</title></head><body><h1>Vendors</h1><table>
{% for id, name, trade, stage in rows %}
<tr><td><a href="/vendors/{{ id }}">{{ name }}</a></td><td>{{ trade }}</td><td>{{ stage }}</td></tr>
{% endfor %}</table></body></html>"""


def fill(file: Path) -> None:
    """Write the table of the bare page."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE vendors (id INTEGER PRIMARY KEY, name TEXT, trade TEXT, stage TEXT)")
        rows = [(f"Vendor {number:05d}", "Packaging for breakable things", "active") for number in range(1_000)]
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO vendors (name, trade, stage) VALUES (?, ?, ?)", rows)
        connection.execute("END")


def build(file: Path) -> Flask:
    """The application of one page."""
    app = Flask(__name__, static_folder=None)
    table = app.jinja_env.from_string(PAGE)

    @app.get("/")
    def index() -> str:
        with closing(sqlite3.connect(file)) as connection:
            rows = connection.execute(
                "SELECT id, name, trade, stage FROM vendors ORDER BY id LIMIT ?", (ROWS,)
            ).fetchall()
        return table.render(rows=rows)

    return app


def main() -> None:
    """Serve the page until told to stop."""
    from waitress.server import create_server

    create_server(build(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), threads=4, ident="").run()


if __name__ == "__main__":
    main()
