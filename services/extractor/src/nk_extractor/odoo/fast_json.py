"""JSON for odoorpc: orjson instead of the standard library's, which takes three times as long to read a page."""

from __future__ import annotations

import random
from typing import Any
from urllib.request import Request

import orjson
from odoorpc.rpc.jsonrpclib import ProxyJSON


class FastProxy(ProxyJSON):  # type: ignore[misc]  # odoorpc has no types
    """odoorpc's proxy with the same addresses, cookies and time-out. It logs nothing: calls carry the key."""

    def __call__(self, url: str, params: dict[str, Any] | None = None) -> Any:
        number = random.randint(0, 1_000_000_000)
        call = {"jsonrpc": "2.0", "method": "call", "params": params or {}, "id": number}
        headers = {"Content-Type": "application/json"}
        request = Request(self._get_full_url(url.lstrip("/")), orjson.dumps(call), headers)  # noqa: S310  # the scheme is http(s)
        with self._opener.open(request, timeout=self._timeout) as response:
            return orjson.loads(response.read())


def use_fast_json(connection: Any) -> None:
    """Let an `odoorpc.ODOO` speak through FastProxy from now on."""
    connector = connection._connector
    connector._proxy_json = FastProxy(
        connector.host, connector.port, connector.timeout, ssl=connector.ssl, opener=connector._opener
    )
