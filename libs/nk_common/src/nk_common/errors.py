"""Errors, sorted by what can be done about them.

Retry decisions are taken from the type alone: `TransientError` is tried again within a budget,
everything else is final for the message that caused it. The text of every `NkError` is written for
the person who runs the shop's data: what happened, what it means, what to do.
"""

from __future__ import annotations


class NkError(Exception):
    """Base of every error that nkdash raises on purpose; its text may be shown to a person."""


class TransientError(NkError):
    """May go away by itself: a time-out, a broker or an Odoo that is away, a busy disk."""


class TerminalError(NkError):
    """Will not go away by itself: wrong credentials, a wrong schema, an unreadable message."""


class ConfigurationError(TerminalError):
    """A setting is missing or wrong."""


class BadCommandError(TerminalError):
    """A command that cannot be understood or must not be run."""


class UnreadableMessageError(TerminalError):
    """Bytes on the bus that are not what their topic declares."""


class SchemaMismatchError(TerminalError):
    """A table does not have the columns or types its declaration promises."""


class ControlTotalsError(TerminalError):
    """A stage ended with other totals than the stage before it handed over."""


class UnreadableFileError(TerminalError):
    """A file of the lake that is damaged."""


class IncompleteLayerError(TerminalError):
    """A layer of the lake does not hold what a later one is to be made of."""


class TooManyRejectsError(TerminalError):
    """More rows of a day were rejected than the threshold allows."""


class NotDerivableError(TerminalError):
    """What a derived day is made of is not in the lake; the day is asked for again when that changes."""


class OdooUnavailableError(TransientError):
    """Odoo cannot be reached, timed out or answered with a server error."""


class OdooRefusedError(TerminalError):
    """Odoo answered, and the answer is no: credentials, rights, model or field."""


class OdooCredentialsError(OdooRefusedError):
    """Odoo does not know the user, or the key has expired: nothing at all can be read."""


class NoOdooError(OdooRefusedError):
    """There is no Odoo at the address (a proxy answers), or it lacks the database: nothing at all can be read."""


ODOO_AWAY = (OdooUnavailableError, OdooCredentialsError, NoOdooError)
"""Nothing can be read, whatever is asked for: what must be read had better wait than fail one day after the other."""


def is_odoo_away(error_class: str | None) -> bool:
    """Whether it is one of `ODOO_AWAY`, for an error of which only the name was kept."""
    return error_class in {kind.__name__ for kind in ODOO_AWAY}


class DayChangedError(TransientError):
    """A day changed in Odoo while it was being read; read it again."""


class IncompleteReadError(TransientError):
    """Odoo returned fewer rows than the ids it had named; a day is never loaded from less."""


class LedgerUnavailableError(TransientError):
    """The ledger's database does not answer just now."""


class DiskError(TransientError):
    """The lake cannot be written just now: disk full, read-only or busy."""
