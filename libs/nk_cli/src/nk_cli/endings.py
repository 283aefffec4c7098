"""How commands end: one sentence for every expected error, and one exit code for every kind of ending."""

from __future__ import annotations

from aiokafka.errors import KafkaError

from nk_cli.housekeeping.refusal import RefusedError
from nk_cli.serving import QueryApiAwayError
from nk_common.errors import BadCommandError, NkError, TransientError
from nk_common.settings import EXIT_CONFIGURATION

EXIT_FAILED = 1
"""It was refused, could not be done, or found that something is wrong."""
EXIT_USAGE = 2
"""What was typed cannot be meant."""
EXIT_UNAVAILABLE = 69
"""EX_UNAVAILABLE of sysexits.h: what is needed (bus, query API, ledger, Odoo) does not answer."""
EXIT_INTERRUPTED = 130
"""Ctrl-C."""

EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 usage, 69 away, 78 a setting (docs/cli.md)."


def ending_of(error: NkError | KafkaError) -> tuple[str, int]:
    """What is said, and the exit code."""
    if isinstance(error, KafkaError):
        return f"The bus cannot be reached: {error}. Is nkdash running?", EXIT_UNAVAILABLE
    if isinstance(error, BadCommandError):
        return str(error), EXIT_USAGE
    if isinstance(error, RefusedError):
        return str(error), EXIT_FAILED
    if isinstance(error, QueryApiAwayError | TransientError):
        return str(error), EXIT_UNAVAILABLE
    return str(error), EXIT_CONFIGURATION
