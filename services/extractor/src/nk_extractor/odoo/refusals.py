"""Odoo's errors in our own words and kinds, the same for both transports; never with the key in them."""

from __future__ import annotations

from dataclasses import dataclass

from nk_common.errors import (
    NkError,
    NoOdooError,
    OdooCredentialsError,
    OdooRefusedError,
    OdooUnavailableError,
)

_TRANSIENT_NAMES = ("SerializationFailure", "DeadlockDetected", "LockNotAvailable", "OperationalError")
_REFUSALS = {
    "odoo.exceptions.AccessError": "The Odoo user may not read this",
    "odoo.exceptions.UserError": "Odoo refused",
    "odoo.exceptions.ValidationError": "Odoo refused",
    "odoo.exceptions.MissingError": "The record is gone",
    "builtins.ValueError": "Odoo does not know this field or domain",
    "builtins.KeyError": "Odoo does not know this model",
    "builtins.AttributeError": "Odoo does not know this method",
    "builtins.TypeError": "Odoo did not understand the call",
    "werkzeug.exceptions.NotFound": "Odoo does not know this model or method",
    "werkzeug.exceptions.UnprocessableEntity": "Odoo did not understand the call",
}
_UNKNOWN_MODEL = ("odoo.exceptions.UserError", "builtins.KeyError", "werkzeug.exceptions.NotFound")
CREDENTIALS = (
    "Odoo refused the user name or the API key, so nothing can be read. "
    "Check ODOO_USERNAME and ODOO_API_KEY, and whether the key has expired."
)


class UnknownModelError(OdooRefusedError):
    """The model is not installed. Any other refusal says nothing about that."""


@dataclass(frozen=True)
class Answerer:
    """Who answers: said in every message."""

    address: str
    database: str

    def error(self, name: str, message: str, model: str, method: str) -> NkError:
        """For an error that Odoo answered: `name` is the dotted name of its class."""
        what = f"{model}.{method}"
        first_line = message.strip().splitlines()[0] if message.strip() else name
        if name.endswith(("AccessDenied", "werkzeug.exceptions.Unauthorized")):
            return OdooCredentialsError(CREDENTIALS)
        if name.endswith("OperationalError") and "does not exist" in message:
            return self.no_database()
        if name.endswith(_TRANSIENT_NAMES):
            return OdooUnavailableError(f"{what}: {first_line}")
        if method == "fields_get" and name in _UNKNOWN_MODEL:
            # Nothing else can be wrong with this call.
            return UnknownModelError(f"Odoo does not have the model {model}: {first_line}")
        if name in _REFUSALS:
            return OdooRefusedError(f"{_REFUSALS[name]} ({what}): {first_line}")
        return OdooUnavailableError(f"{what}: {name}: {first_line}")

    def no_database(self) -> NkError:
        """The server does not have the configured database."""
        return NoOdooError(f"{self.address} has no database {self.database!r}. Check ODOO_DB.")

    def no_odoo(self, status: int) -> NkError:
        """An HTTP status that no Odoo answers with."""
        return NoOdooError(
            f"{self.address} answered {status}: there is no Odoo at this address. "
            "Check ODOO_HOST, ODOO_PORT and ODOO_PROTOCOL."
        )

    def broken_off(self, what: str) -> NkError:
        """Half an answer."""
        return OdooUnavailableError(f"{self.address} broke off in the middle of its answer to {what}.")

    def away(self, what: str, reason: object) -> NkError:
        """No answer at all."""
        return OdooUnavailableError(
            f"{self.address} cannot be reached ({what}: {reason}). "
            "Figures stay as they are; it is tried again by itself."
        )
