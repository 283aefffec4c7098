"""Errors of the query API. Which HTTP status each becomes stands in `problems`."""

from __future__ import annotations

from nk_common.errors import NkError, TerminalError, TransientError


class BadQuestionError(TerminalError):
    """A request that cannot be answered as it was asked."""


class NotFoundError(TerminalError):
    """There is nothing of that name."""


class AlreadyDoneError(TerminalError):
    """What was asked for is settled, one way or the other."""


class NoLongerKeptError(TerminalError):
    """It was there, and is gone for good."""


class LedgerUnavailableError(TransientError):
    """The ledger is not there yet, or cannot be read just now."""


class BrokerAwayError(TransientError):
    """A command could not be handed to the control topic."""


class ServingUnavailableError(TransientError):
    """The serving database is not open: starting, stopping, or being rebuilt."""


class QueryTimeoutError(TransientError):
    """An answer took longer than it may."""


class BusyError(TransientError):
    """As many questions of one costly kind as are allowed at once are under way."""


class ClientGoneError(NkError):
    """Whoever asked has left; the answer was given up."""
