"""For all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from support.receivers import Mails, Webhooks, mails, webhooks


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """What a test's service logs of an error is short. The library's default prints every local variable, which for
    a table takes seconds, while somebody waits for the answer."""
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])


@pytest.fixture
def hooks() -> Iterator[Webhooks]:
    with webhooks() as kept:
        yield kept


@pytest.fixture
def post() -> Iterator[Mails]:
    with mails() as kept:
        yield kept
