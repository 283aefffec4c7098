"""JSON-RPC through odoorpc: a few connections, each used by one thread at a time."""

from __future__ import annotations

import http.client
import json
import queue
import urllib.error
from collections.abc import Callable
from typing import Any

import odoorpc

from nk_common.errors import NkError, OdooCredentialsError, OdooUnavailableError
from nk_extractor.odoo.fast_json import use_fast_json
from nk_extractor.odoo.refusals import CREDENTIALS, Answerer
from nk_extractor.odoo.turnstile import Lane
from nk_extractor.settings import OdooSettings


class JsonRpcTransport:
    """Implements `Transport`. Calls wait for their turn in `lane`."""

    def __init__(
        self, settings: OdooSettings, lane: Lane, connect: Callable[..., Any] = odoorpc.ODOO
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        self._lane = lane
        self._answerer = Answerer(settings.odoo_address, settings.odoo_db)

    def call(self, model: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        with self._lane.turn(model, method):
            try:
                connection = self._take()
                answer = connection.execute_kw(model, method, args, kwargs)
            except Exception as error:
                raise self._explain(error, model, method) from error
            self._idle.put(connection)
            return answer

    def server_version(self) -> str:
        """Such as "16.0". Logs in, if nobody has yet."""
        try:
            connection = self._take()
        except Exception as error:
            raise self._explain(error, "common", "version") from error
        self._idle.put(connection)
        return str(connection.version)

    def close(self) -> None:
        """Forgets the logins; odoorpc keeps no connection open between calls."""
        while not self._idle.empty():
            self._idle.get_nowait()

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
        use_fast_json(connection)
        try:
            connection.login(s.odoo_db, s.odoo_username, s.odoo_api_key.get_secret_value())
        except odoorpc.error.RPCError as error:
            if not error.info:
                raise OdooCredentialsError(CREDENTIALS) from error
            raise
        return connection

    def _explain(self, error: Exception, model: str, method: str) -> NkError:
        """The same failure in our own words and kinds; never with the key in it."""
        what = f"{model}.{method}"
        if isinstance(error, NkError):
            return error
        if isinstance(error, odoorpc.error.RPCError):
            name = str(((error.info or {}).get("data") or {}).get("name", ""))
            return self._answerer.error(name, str(error), model, method)
        if isinstance(error, urllib.error.HTTPError) and error.code < 500 and error.code not in (408, 429):
            return self._answerer.no_odoo(error.code)
        if isinstance(error, json.JSONDecodeError):
            return self._answerer.broken_off(what)
        if isinstance(error, OSError | http.client.HTTPException):
            return self._answerer.away(what, getattr(error, "reason", None) or error)
        return OdooUnavailableError(f"{what} failed: {type(error).__name__}: {error}")
