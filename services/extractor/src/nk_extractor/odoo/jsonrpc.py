"""JSON-RPC through odoorpc: a few connections, each used by one thread at a time."""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
import urllib.error
from collections.abc import Callable
from typing import Any

import odoorpc

from nk_common.errors import NkError, OdooRefusedError, OdooUnavailableError
from nk_common.observability import Metrics
from nk_extractor.settings import OdooSettings

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
}
_CREDENTIALS = (
    "Odoo refused the user name or the API key, so nothing can be read. "
    "Check ODOO_USERNAME and ODOO_API_KEY, and whether the key has expired."
)


class JsonRpcTransport:
    """Implements `Transport`. At most `odoo_concurrency` calls run at once; more wait."""

    def __init__(
        self, settings: OdooSettings, metrics: Metrics, connect: Callable[..., Any] = odoorpc.ODOO
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._connect = connect
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        self._slots = threading.BoundedSemaphore(settings.odoo_concurrency)

    @property
    def address(self) -> str:
        scheme = "https" if self._settings.odoo_protocol.endswith("ssl") else "http"
        return f"{scheme}://{self._settings.odoo_host}:{self._settings.odoo_port}"

    def call(self, model: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        with self._slots:
            started = time.monotonic()
            try:
                connection = self._take()
                answer = connection.execute_kw(model, method, args, kwargs)
            except Exception as error:
                raise self._explain(error, f"{model}.{method}") from error
            finally:
                self._metrics.odoo_seconds.labels(model, method).observe(time.monotonic() - started)
            self._idle.put(connection)
            return answer

    def _take(self) -> Any:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return self._login()

    def _login(self) -> Any:
        s = self._settings
        connection = self._connect(
            s.odoo_host, protocol=s.odoo_protocol, port=s.odoo_port, timeout=s.odoo_timeout
        )
        try:
            connection.login(s.odoo_db, s.odoo_username, s.odoo_api_key.get_secret_value())
        except odoorpc.error.RPCError as error:
            if not error.info:
                raise OdooRefusedError(_CREDENTIALS) from error
            raise
        return connection

    def _explain(self, error: Exception, what: str) -> NkError:
        """The same failure in our own words and kinds; never with the key in it."""
        if isinstance(error, NkError):
            return error
        if isinstance(error, odoorpc.error.RPCError):
            return self._explain_answer(error, what)
        if isinstance(error, urllib.error.HTTPError) and error.code < 500 and error.code not in (408, 429):
            return OdooRefusedError(
                f"{self.address} answered {error.code}: there is no Odoo at this address. "
                "Check ODOO_HOST, ODOO_PORT and ODOO_PROTOCOL."
            )
        if isinstance(error, json.JSONDecodeError):
            return OdooUnavailableError(f"{self.address} broke off in the middle of its answer to {what}.")
        if isinstance(error, OSError | http.client.HTTPException):
            reason = getattr(error, "reason", None) or error
            return OdooUnavailableError(
                f"{self.address} cannot be reached ({what}: {reason}). "
                "Figures stay as they are; it is tried again by itself."
            )
        return OdooUnavailableError(f"{what} failed: {type(error).__name__}: {error}")

    def _explain_answer(self, error: odoorpc.error.RPCError, what: str) -> NkError:
        name = str(((error.info or {}).get("data") or {}).get("name", ""))
        message = str(error).strip().splitlines()[0] if str(error).strip() else name
        if name.endswith("AccessDenied"):
            return OdooRefusedError(_CREDENTIALS)
        if name.endswith("OperationalError") and "does not exist" in str(error):
            return OdooRefusedError(
                f"{self.address} has no database {self._settings.odoo_db!r}. Check ODOO_DB."
            )
        if name.endswith(_TRANSIENT_NAMES):
            return OdooUnavailableError(f"{what}: {message}")
        if name in _REFUSALS:
            return OdooRefusedError(f"{_REFUSALS[name]} ({what}): {message}")
        return OdooUnavailableError(f"{what}: {name}: {message}")
