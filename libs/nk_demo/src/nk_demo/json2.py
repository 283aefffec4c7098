"""Odoo 19's JSON-2 API: POST /json/2/<model>/<method> with named arguments and a bearer key."""

from http import HTTPStatus
from typing import Any

import orjson
import structlog

from nk_demo.faults import Outcome
from nk_demo.orm.errors import OdooError, access_denied
from nk_demo.rpc import Services

PREFIX = "/json/2/"
SINCE = 19
Answer = tuple[HTTPStatus, Any]

_STATUS = {
    "odoo.exceptions.AccessDenied": HTTPStatus.UNAUTHORIZED,
    "odoo.exceptions.AccessError": HTTPStatus.FORBIDDEN,
    "odoo.exceptions.UserError": HTTPStatus.UNPROCESSABLE_ENTITY,
    "builtins.AttributeError": HTTPStatus.NOT_FOUND,
    "builtins.TypeError": HTTPStatus.UNPROCESSABLE_ENTITY,
    "werkzeug.exceptions.Unauthorized": HTTPStatus.UNAUTHORIZED,
    "werkzeug.exceptions.NotFound": HTTPStatus.NOT_FOUND,
}
_ON_RECORDS = frozenset({"read"})


def names_of(path: str) -> tuple[str, str] | None:
    """Model and method of a path; None for a path of another form."""
    parts = path.removeprefix(PREFIX).split("/")
    return (parts[0], parts[1]) if len(parts) == 2 and all(parts) else None


def answer(
    services: Services, names: tuple[str, str], authorization: str, body: bytes, outcome: Outcome
) -> Answer:
    """Status and JSON of one call."""
    try:
        return HTTPStatus.OK, _call(services, names, authorization, body, outcome)
    except OdooError as error:
        return _refusal(error)
    except Exception as error:  # whatever breaks, Odoo answers with its class and text
        structlog.get_logger().exception("demo.call_failed", model=names[0], method=names[1])
        return _refusal(OdooError(f"builtins.{type(error).__name__}", str(error)))


def _refusal(error: OdooError) -> Answer:
    return _STATUS.get(error.name, HTTPStatus.INTERNAL_SERVER_ERROR), {
        "name": error.name,
        "message": error.message,
        "arguments": [error.message],
        "context": {},
        "debug": f"Traceback (most recent call last):\n{error.name}: {error.message}\n",
    }


def _call(
    services: Services, names: tuple[str, str], authorization: str, body: bytes, outcome: Outcome
) -> Any:
    model, method = names
    scheme, _, key = authorization.partition(" ")
    uid = services.uid_of_key(key) if scheme.lower() == "bearer" else None
    if uid is None:
        raise OdooError("werkzeug.exceptions.Unauthorized", "Invalid apikey")
    try:
        arguments = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise OdooError("werkzeug.exceptions.BadRequest", "Invalid JSON data") from error
    if method == "formatted_read_group":
        groups = _execute(services, uid, key, (model, "read_group"), _plain(arguments), outcome)
        return [_formatted(group, arguments.get("aggregates") or []) for group in groups]
    if method == "has_access":
        arguments["raise_exception"] = False
        return _execute(services, uid, key, (model, "check_access_rights"), arguments, outcome)
    return _execute(services, uid, key, names, arguments, outcome)


def _execute(
    services: Services,
    uid: int,
    key: str,
    names: tuple[str, str],
    arguments: dict[str, Any],
    outcome: Outcome,
) -> Any:
    model, method = names
    ids = arguments.pop("ids", [])
    if ids and method not in _ON_RECORDS:
        raise OdooError("builtins.TypeError", f"cannot call {model}.{method} with ids")
    positional = [ids] if method in _ON_RECORDS else []
    call = [services.db, uid, key, model, method, positional, arguments]
    try:
        return services.call("object", "execute_kw", call, outcome)
    except OdooError as error:
        if error.message == f"Object {model} doesn't exist":
            raise OdooError("werkzeug.exceptions.NotFound", f"the model {model!r} does not exist") from error
        if error.name == access_denied().name:
            raise OdooError("werkzeug.exceptions.Unauthorized", "Invalid apikey") from error
        raise


def _plain(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `formatted_read_group` as those of `read_group`."""
    named = {
        "domain": arguments.get("domain") or [],
        "fields": [one for one in arguments.get("aggregates") or [] if one != "__count"],
        "groupby": list(arguments.get("groupby") or []),
        "lazy": False,
    }
    optional = {
        "orderby": arguments.get("order"),
        "limit": arguments.get("limit"),
        "offset": arguments.get("offset"),
        "context": arguments.get("context"),
    }
    return named | {name: value for name, value in optional.items() if value}


def _formatted(group: dict[str, Any], aggregates: list[str]) -> dict[str, Any]:
    """A group of `read_group` under the names that were asked for."""
    full = {one.partition(":")[0]: one for one in aggregates}
    shown = {full.get(name, name): value for name, value in group.items() if name != "id"}
    shown["__extra_domain"] = shown.pop("__domain", [])
    return shown if "__count" in aggregates else {k: v for k, v in shown.items() if k != "__count"}
