"""One HTTP exchange: Odoo's addresses, the demo's own, and every way of answering badly."""

import socket
from http.server import BaseHTTPRequestHandler
from secrets import token_hex
from threading import Event
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import orjson
import structlog

from nk_demo import json2
from nk_demo.control import BadRequestError, Control
from nk_demo.faults import FaultPlan, Outcome
from nk_demo.orm.errors import OdooError
from nk_demo.rpc import Services
from nk_demo.settings import DemoSettings

_HTML = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>\n"
_MOST_BYTES = 32 * 1024 * 1024


class App(Protocol):
    """What a handler answers with."""

    services: Services
    control: Control
    faults: FaultPlan
    stopping: Event
    settings: DemoSettings


class Handler(BaseHTTPRequestHandler):
    """Answers on the thread of its connection; the world's lock is held only while an answer is computed."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "nk-demo", ""
    # One packet for headers and body: with small writes the kernel waits for acknowledgements.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 120
    app: App

    def do_POST(self) -> None:
        """Odoo's JSON-RPC, and the demo's actions."""
        path = urlsplit(self.path).path
        if path.startswith("/demo/"):
            self._post_demo(path)
        elif path in {"/jsonrpc", "/web/webclient/version_info", "/web/dataset/call_kw"}:
            self._post_json(path)
        elif path.startswith(json2.PREFIX) and self.app.services.edition.version >= json2.SINCE:
            self._post_json2(path)
        else:
            self._body()
            self._page(404, "Not Found", "The requested address does not exist.")

    def do_GET(self) -> None:
        """The demo's questions; Odoo's own pages are not here."""
        parts = urlsplit(self.path)
        if parts.path == "/jsonrpc":
            self._page(400, "Bad Request", "This address takes a JSON POST.")
            return
        edition = self.app.services.edition
        if parts.path == "/web/version" and edition.version >= json2.SINCE:
            info = edition.version_info
            self._json(200, {"version": info["server_version"], "version_info": info["server_version_info"]})
            return
        try:
            answer = self.app.control.get(parts.path, dict(parse_qsl(parts.query)))
        except BadRequestError as error:
            self._json(400, {"error": str(error)})
            return
        if answer is None:
            self._page(404, "Not Found", "The requested address does not exist.")
        else:
            self._json(200, answer)

    def log_message(self, *_args: object) -> None:
        """No access log: a backfill would fill a screen with it."""

    def _post_demo(self, path: str) -> None:
        try:
            body = orjson.loads(self._body() or b"{}")
            answer = self.app.control.post(path, body)
        except (BadRequestError, orjson.JSONDecodeError) as error:
            self._json(400, {"error": str(error)})
            return
        if answer is None:
            self._page(404, "Not Found", "The requested address does not exist.")
        else:
            self._json(200, answer)

    def _post_json(self, path: str) -> None:
        try:
            request = orjson.loads(self._body())
            params = request.get("params") or {}
            number = request.get("id")
        except (orjson.JSONDecodeError, AttributeError):
            self._page(400, "Bad Request", "Invalid JSON data.")
            return
        if path == "/web/webclient/version_info":
            cookie = f"session_id={token_hex(20)}; Max-Age=7776000; HttpOnly; Path=/"
            self._json(200, _result(number, self.app.services.edition.version_info), {"Set-Cookie": cookie})
        elif path == "/jsonrpc":
            self._rpc(number, params)
        else:
            error = OdooError("odoo.http.SessionExpiredException", "Session expired")
            self._json(200, _error(None, error, 100, "Odoo Session Expired"))

    def _rpc(self, number: Any, params: dict[str, Any]) -> None:
        service, method = str(params.get("service")), str(params.get("method"))
        args = list(params.get("args") or [])
        named = args[3:5] if service == "object" and len(args) >= 5 else ["", method]
        outcome = self.app.faults.decide(service, str(named[0]), str(named[1]))
        if not self._breaks(outcome):
            answer = self._answer(number, service, method, args, outcome)
            self._deliver(200, answer, answer.get("result"), outcome)

    def _post_json2(self, path: str) -> None:
        body, names = self._body(), json2.names_of(path)
        services, asked_for = self.app.services, self.headers.get("X-Odoo-Database")
        if names is None or (asked_for and asked_for != services.db):
            self._page(404, "Not Found", "Did you mean POST /json/2/&lt;model&gt;/&lt;method&gt;?")
            return
        outcome = self.app.faults.decide("object", *names)
        if not self._breaks(outcome):
            status, answer = json2.answer(
                services, names, self.headers.get("Authorization", ""), body, outcome
            )
            self._deliver(status, answer, answer, outcome)

    def _breaks(self, outcome: Outcome) -> bool:
        """Whether the call was answered badly, or not at all."""
        stopped = outcome.delay and self.app.stopping.wait(outcome.delay)
        if stopped or outcome.breaks in {"hang", "drop"}:
            self._drop()
        elif outcome.breaks == "http_502":
            self._page(502, "Bad Gateway", "The upstream server is not there.")
        else:
            return False
        return True

    def _deliver(self, status: int, answer: object, result: object, outcome: Outcome) -> None:
        self.app.stopping.wait(_rows(result) * self.app.settings.row_latency)
        body = orjson.dumps(answer)
        self._send(status, body[: len(body) // 2] if outcome.breaks == "truncate" else body)

    def _answer(
        self, number: Any, service: str, method: str, args: list[Any], outcome: Outcome
    ) -> dict[str, Any]:
        try:
            return _result(number, self.app.services.call(service, method, args, outcome))
        except OdooError as error:
            return _error(number, error, 200, "Odoo Server Error")
        except Exception as error:  # whatever breaks, Odoo answers with its class and text
            structlog.get_logger().exception("demo.call_failed", service=service, method=method)
            name = f"builtins.{type(error).__name__}"
            return _error(number, OdooError(name, str(error)), 200, "Odoo Server Error")

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MOST_BYTES:
            self.close_connection = True
            return b""
        return self.rfile.read(length)

    def _drop(self) -> None:
        """Hang up without a word."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _page(self, status: int, title: str, text: str) -> None:
        self._send(status, _HTML.format(title, text).encode(), "text/html;charset=utf-8")

    def _json(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        self._send(status, orjson.dumps(body), headers=headers)

    def _send(
        self,
        status: int,
        body: bytes,
        kind: str = "application/json; charset=utf-8",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", kind)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _rows(result: object) -> int:
    """Records in a result; ids, counts and errors are none."""
    return len(result) if isinstance(result, list) and result and isinstance(result[0], dict) else 0


def _result(number: Any, result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "result": result}


def _error(number: Any, error: OdooError, code: int, message: str) -> dict[str, Any]:
    data = {
        "name": error.name,
        "debug": f"Traceback (most recent call last):\n{error.name}: {error.message}\n",
        "message": error.message,
        "arguments": [error.message],
        "context": {},
    }
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message, "data": data}}
