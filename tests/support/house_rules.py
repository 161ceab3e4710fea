"""The house rules that no linter knows, each as a function from a piece of source to what breaks it.

A function answers with lines like `12: datetime.now()`, and with nothing where the rule is kept.
tests/architecture runs them over the whole house, and over small pieces that break them.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

Found = Iterator[tuple[int, str]]
Rule = Callable[[str], list[str]]


def python_files() -> list[str]:
    """Every Python file of the application, as paths from the top of the repository."""
    inside = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "crm").rglob("*.py"))
    return [*inside, "app.py"] if (ROOT / "app.py").exists() else inside


def pages() -> list[str]:
    """Every template that a browser shows. Letters are not among them: mail programs need inline style."""
    found = sorted((ROOT / "templates").rglob("*.html"))
    names = [path.relative_to(ROOT).as_posix() for path in found]
    return [name for name in names if not name.startswith("templates/emails/")]


def breaches(rule: Rule, files: list[str]) -> list[str]:
    """What breaks the rule in these files: `path:line: what`."""
    return [f"{name}:{what}" for name in files for what in rule((ROOT / name).read_text("utf-8"))]


def _worded(found: Found) -> list[str]:
    return [f"{line}: {what}" for line, what in sorted(set(found))]


def _dotted(node: ast.AST) -> str:
    """`datetime.datetime.now` for the expression of that name, "" for anything that is no plain name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = _dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return ""


def _imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every imported name with its line: `time.time` for `from time import time`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


# Who asks for the time

_TIME_FUNCTIONS = {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime"}
_TIME_METHODS = {"now", "utcnow", "today"}
_TIME_CLASSES = {"datetime", "date", "dt"}
_DATABASE_TIME = {"now", "current_timestamp", "current_date", "localtimestamp", "sysdate"}


def asks_for_the_time(source: str) -> list[str]:
    """Clocks that stand outside core/clock.py: Python's and the database's."""
    tree = ast.parse(source)

    def found() -> Found:
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute):
                continue
            name = _dotted(node)
            owner = _dotted(node.value).rpartition(".")[2]
            of_python = owner in _TIME_CLASSES and node.attr in _TIME_METHODS
            of_the_database = owner == "func" and node.attr in _DATABASE_TIME
            if name in _TIME_FUNCTIONS or of_python or of_the_database:
                yield node.lineno, name
        yield from ((line, name) for line, name in _imported(tree) if name in _TIME_FUNCTIONS)

    return _worded(found())


# Who commits


def commits(source: str) -> list[str]:
    """Calls of commit(), whatever they are called on."""
    return _worded(
        (node.lineno, f"{_dotted(node.func) or '….commit'}()")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    )


# What passes by the hook that keeps workspaces apart

_RAW = {"text", "Table", "table", "column", "literal_column", "TextClause", "TableClause"}
_RAW_ATTRIBUTES = {"__table__", "exec_driver_sql", "raw_connection"}
_RAW_IN_MODULES = {f"{module}.{name}" for module in ("sqlalchemy", "sa", "sql", "db") for name in _RAW}
_INDEX_CONDITIONS = {"sqlite_where", "postgresql_where"}


def _raw_names(tree: ast.AST) -> set[str]:
    """The names under which this file imports what makes raw SQL."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy"
        for alias in node.names
        if alias.name in _RAW
    }


def _index_conditions(tree: ast.AST) -> set[ast.AST]:
    """Conditions of partial indexes: they define a table and read none."""
    return {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg in _INDEX_CONDITIONS
        for part in ast.walk(node.value)
    }


def passes_tenancy_by(source: str) -> list[str]:
    """SQL in text and Core tables: they are not given the workspace's criterion."""
    tree = ast.parse(source)
    raw_names, harmless = _raw_names(tree), _index_conditions(tree)

    def found() -> Found:
        for node in ast.walk(tree):
            if node in harmless:
                continue
            if isinstance(node, ast.Name) and node.id in raw_names:
                yield node.lineno, node.id
            elif isinstance(node, ast.Attribute) and node.attr in _RAW_ATTRIBUTES:
                yield node.lineno, node.attr
            elif isinstance(node, ast.Attribute) and _dotted(node) in _RAW_IN_MODULES:
                yield node.lineno, _dotted(node)

    return _worded(found())


# Imports that hide


def hidden_imports(source: str) -> list[str]:
    """Imports inside functions. The one place that may have them is create_app."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)

    def inside(node: ast.AST, function: str | None) -> Found:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom) and function not in (None, "create_app"):
                yield child.lineno, f"import inside {function}"
            name = child.name if isinstance(child, functions) and function is None else function
            yield from inside(child, name)

    return _worded(inside(ast.parse(source), None))


# What the doorways may know of the tables


def _for_types_only(tree: ast.AST) -> set[ast.AST]:
    """Everything below `if TYPE_CHECKING:`, where a name is for annotations alone."""
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If)]
    return {
        node
        for block in blocks
        if _dotted(block.test).rpartition(".")[2] == "TYPE_CHECKING"
        for statement in block.body
        for node in ast.walk(statement)
    }


def _is_enum(module: str, name: str) -> bool:
    thing = getattr(importlib.import_module(module), name, None)
    return isinstance(thing, type) and issubclass(thing, Enum)


_NO_TABLES = ("enums", "news_words", "vocabulary")


def touches_tables(source: str) -> list[str]:
    """Imports from crm.models of anything but enums and their words."""
    tree = ast.parse(source)
    types_only = _for_types_only(tree)

    def found() -> Found:
        for node in ast.walk(tree):
            if node in types_only:
                continue
            if isinstance(node, ast.Import):
                names = (alias.name for alias in node.names)
                yield from ((node.lineno, name) for name in names if name.startswith("crm.models"))
            elif isinstance(node, ast.ImportFrom) and node.module == "crm":
                yield from ((node.lineno, "crm.models") for alias in node.names if alias.name == "models")
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("crm.models"):
                for alias in node.names:
                    module = f"{node.module}.{alias.name}" if node.module == "crm.models" else str(node.module)
                    is_harmless = module.removeprefix("crm.models.") in _NO_TABLES
                    if not is_harmless and not _is_enum(str(node.module), alias.name):
                        yield node.lineno, f"{node.module}.{alias.name}"

    return _worded(found())


# What the Content-Security-Policy would refuse

_COMMENT = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_REFUSED = {
    "style attribute": re.compile(r"[\s\"'}]style\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "script without src": re.compile(r"<script\b(?![^>]*\ssrc\s*=)", re.IGNORECASE),
    "on… attribute": re.compile(r"[\s\"'}]on[a-z]+\s*=", re.IGNORECASE),
    "hx-on": re.compile(r"\bhx-on\b", re.IGNORECASE),
    "script in an address": re.compile(r"\bjavascript:", re.IGNORECASE),
    "js: value": re.compile(r"[\"'](js|javascript):", re.IGNORECASE),
}


def breaks_content_security(source: str) -> list[str]:
    """Inline script and style in a page's template."""

    def blank(piece: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", piece[0])

    html = _CODE.sub(lambda code: "}" + blank(code)[1:], _COMMENT.sub(blank, source))
    return _worded(
        (html.count("\n", 0, match.start() + 1) + 1, what)
        for what, pattern in _REFUSED.items()
        for match in pattern.finditer(html)
    )


# Words


_TYPEWRITTEN = re.compile(r"[^\W\d_]'[^\W\d_]")


def typewrites(source: str) -> list[str]:
    """Words for people with a typewriter's apostrophe in them."""

    def found() -> Found:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and _dotted(node.func) in ("_", "lazy"):
                for each in node.args:
                    if isinstance(each, ast.Constant) and _TYPEWRITTEN.search(str(each.value)):
                        yield each.lineno, str(each.value)

    return _worded(found())
