"""For all tests."""

from __future__ import annotations

import pytest
import structlog


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """What a test's service logs of an error is short. The library's default prints every local variable, which for
    a table takes seconds, while somebody waits for the answer."""
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])
