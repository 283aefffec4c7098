"""When a command does not do what it was asked: one sentence, and exit code 1."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from nk_common.errors import TerminalError, TransientError


class RefusedError(TerminalError):
    """Nothing is wrong with the settings; what was asked for cannot, or must not, be done now."""


@contextlib.contextmanager
def failures_are_refusals() -> Iterator[None]:
    """A disk or a database that does not answer ends the command; nobody tries again by itself."""
    try:
        yield
    except TransientError as error:
        raise RefusedError(str(error)) from error
