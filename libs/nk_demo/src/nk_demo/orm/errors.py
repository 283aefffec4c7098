"""Odoo's errors, as they cross the wire: the class's dotted name and the message, nothing else is relied upon."""

from collections.abc import Iterable

_ACCESS = "odoo.exceptions.AccessError"
_USER = "odoo.exceptions.UserError"


class OdooError(Exception):
    """An error that the server answers with HTTP 200 and `error.data`."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


def access_denied() -> OdooError:
    """Wrong or expired password or key on a call."""
    return OdooError("odoo.exceptions.AccessDenied", "Access Denied")


def unknown_database(name: str) -> OdooError:
    """What psycopg2 says of a database that is not there."""
    text = (
        f'connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "{name}" does not exist\n'
    )
    return OdooError("psycopg2.OperationalError", text)


def missing_model(model: str) -> OdooError:
    """A model that is not installed."""
    return OdooError(_USER, f"Object {model} doesn't exist")


def invalid_field(model: str, field: str) -> OdooError:
    """A field asked for, or ordered by, that the model does not have."""
    return OdooError("builtins.ValueError", f"Invalid field {field!r} on model {model!r}")


def invalid_field_in_leaf(model: str, field: str, leaf: object) -> OdooError:
    """A field in a domain that the model does not have."""
    return OdooError("builtins.ValueError", f"Invalid field {model}.{field} in leaf {leaf!r}")


def invalid_leaf(leaf: object) -> OdooError:
    """A domain component that is neither an operator nor a leaf."""
    return OdooError("builtins.ValueError", f"Invalid leaf {leaf}")


def not_a_domain() -> OdooError:
    """A domain that is not a list."""
    text = "Domains to normalize must have a 'domain' form: a list or tuple of domain components"
    return OdooError("builtins.AssertionError", text)


def unbalanced_domain(domain: object) -> OdooError:
    """A prefix operator without enough operands."""
    return OdooError("builtins.AssertionError", f"This domain is syntactically not correct: {domain}")


def private_method(model: str, method: str) -> OdooError:
    """A method whose name begins with an underscore."""
    text = f"Private methods (such as '{model}.{method}') cannot be called remotely."
    return OdooError(_ACCESS, text)


def missing_method(model: str, method: str) -> OdooError:
    """A method that the model does not have (or that the demo does not offer)."""
    return OdooError("builtins.AttributeError", f"The method '{model}.{method}' does not exist")


def refused_model(title: str, model: str, operation: str, groups: Iterable[str]) -> OdooError:
    """A model the user's groups may not read, change, create or delete."""
    verb = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}[operation]
    listed = "\n".join(f"\t- {group}" for group in groups)
    text = (
        f"You are not allowed to {verb} '{title}' ({model}) records.\n\n"
        f"This operation is allowed for the following groups:\n{listed}\n\n"
        "Contact your administrator to request access if necessary."
    )
    return OdooError(_ACCESS, text)


def refused_field(title: str, model: str, field: str) -> OdooError:
    """A field the user's groups may not read."""
    text = (
        f'You do not have enough rights to access the fields "{field}" on {title} ({model}). '
        "Please contact your system administrator.\n\n(Operation: read)"
    )
    return OdooError(_ACCESS, text)


def private_employee_field(field: str) -> OdooError:
    """A field of hr.employee that its public profile leaves out."""
    text = f'The fields "{field}" you try to read is not available on the public employee profile.'
    return OdooError(_ACCESS, text)


def bad_date(text: str) -> OdooError:
    """What PostgreSQL says of a text it cannot read as a timestamp."""
    if text[:1].isdigit():
        name = "psycopg2.errors.DatetimeFieldOverflow"
        what = f'date/time field value out of range: "{text}"'
        hint = 'HINT:  Perhaps you need a different "datestyle" setting.\n'
    else:
        name, hint = "psycopg2.errors.InvalidDatetimeFormat", ""
        what = f'invalid input syntax for type timestamp: "{text}"'
    return OdooError(name, f"{what}\nLINE 1: ...'{text}'...\n             ^\n{hint}")


def bad_order(text: str) -> OdooError:
    """An `order` that is no list of fields."""
    message = (
        f'Invalid "order" specified ({text}). A valid "order" specification is a comma-separated list of valid '
        "field names (optionally followed by asc/desc for the direction)"
    )
    return OdooError(_USER, message)


def user_error(message: str) -> OdooError:
    """Any other refusal in Odoo's own words."""
    return OdooError(_USER, message)


def value_error(message: str) -> OdooError:
    """A ValueError of the server."""
    return OdooError("builtins.ValueError", message)


def type_error(message: str) -> OdooError:
    """A TypeError of the server: wrong arguments."""
    return OdooError("builtins.TypeError", message)
