"""Odoo 19's JSON-2 API: one POST per call, named arguments, the API key as a bearer token."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import httpx
import orjson

from nk_common.errors import NkError, OdooCredentialsError
from nk_extractor.odoo.grouping import formatted, plain_groups
from nk_extractor.odoo.refusals import CREDENTIALS, Answerer
from nk_extractor.odoo.turnstile import Lane
from nk_extractor.settings import OdooSettings

_PARAMETERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "search": ("domain",),
        "search_count": ("domain",),
        "search_read": ("domain", "fields"),
        "read": ("ids", "fields"),
        "read_group": ("domain", "fields", "groupby"),
        "fields_get": ("allfields", "attributes"),
        "has_access": ("operation",),
        "check_access_rights": ("operation", "raise_exception"),
    }
)
"""Names of the positional arguments of the methods in use."""


class Json2Transport:
    """Implements `Transport`. At most `odoo_concurrency` calls run at once; more wait."""

    def __init__(self, settings: OdooSettings, lane: Lane, via: httpx.BaseTransport | None = None) -> None:
        key = settings.odoo_api_key.get_secret_value()
        self._http = httpx.Client(
            base_url=settings.odoo_address,
            headers={
                "Authorization": f"bearer {key}",
                "X-Odoo-Database": settings.odoo_db,
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "nkdash",
            },
            timeout=settings.odoo_timeout,
            transport=via,
        )
        self._lane = lane
        self._answerer = Answerer(settings.odoo_address, settings.odoo_db)

    def call(self, model: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        body = {**dict(zip(_PARAMETERS[method], args, strict=False)), **kwargs}
        if method == "read_group":
            # Deprecated in 19 and about to go; its successor names its columns otherwise.
            return plain_groups(self._post(model, "formatted_read_group", formatted(body)))
        return self._post(model, method, body)

    def server_version(self) -> str:
        """Such as "19.0"."""
        try:
            answer = self._http.get("/web/version")
            return str(orjson.loads(answer.content)["version"])
        except (httpx.HTTPError, orjson.JSONDecodeError, KeyError) as error:
            raise self._answerer.away("version", error) from error

    def close(self) -> None:
        """Lets go of idle connections."""
        self._http.close()

    def _post(self, model: str, method: str, body: dict[str, Any]) -> Any:
        what = f"{model}.{method}"
        with self._lane.turn(model, method):
            try:
                answer = self._http.post(f"/json/2/{model}/{method}", content=orjson.dumps(body))
            except httpx.RemoteProtocolError as error:
                raise self._answerer.broken_off(what) from error
            except httpx.HTTPError as error:
                raise self._answerer.away(what, str(error) or type(error).__name__) from error
            if answer.status_code != httpx.codes.OK:
                raise self._refusal(answer, model, method)
            try:
                return orjson.loads(answer.content)
            except orjson.JSONDecodeError as error:
                raise self._answerer.broken_off(what) from error

    def _refusal(self, answer: httpx.Response, model: str, method: str) -> NkError:
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            return OdooCredentialsError(CREDENTIALS)
        try:
            error = orjson.loads(answer.content)
            return self._answerer.error(str(error["name"]), str(error["message"]), model, method)
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return self._not_odoo(answer.status_code, f"{model}.{method}")

    def _not_odoo(self, status: int, what: str) -> NkError:
        """A page instead of JSON: a proxy, or an Odoo that lacks the database or the JSON-2 API."""
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status in (408, 429):
            return self._answerer.away(what, f"HTTP {status}")
        return self._answerer.no_odoo(status)
