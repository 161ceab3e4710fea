"""What takes too long for every day. `make soak` runs it, and ends with what was counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

_COUNTED: list[str] = []


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[dict[str, int]], None]:
    """tell({"expected": 3, "sent": 3}) has these counts said at the very end."""

    def keep(counts: dict[str, int]) -> None:
        said = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        _COUNTED.append(f"{request.node.name}: {said}")

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was counted, a line for each test."""
    for line in _COUNTED:
        terminalreporter.write_line(line)
