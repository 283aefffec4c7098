"""JSON-2: what goes over the wire, and every way in which an answer can be no answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import httpx
import orjson
import pytest

from nk_common.errors import NkError, OdooRefusedError, OdooUnavailableError
from nk_common.observability import Metrics
from nk_extractor.odoo.json2 import Json2Transport
from nk_extractor.odoo.jsonrpc import JsonRpcTransport
from nk_extractor.odoo.refusals import UnknownModelError
from nk_extractor.odoo.transport import build_transport
from nk_extractor.odoo.turnstile import Turnstile
from nk_extractor.settings import OdooSettings

KEY = "k3y-of-the-test"
SETTINGS = OdooSettings.model_validate(
    {"ODOO_HOST": "odoo.test", "ODOO_PORT": 443, "ODOO_DB": "nk", "ODOO_API_KEY": KEY}
)
Handle = Callable[[httpx.Request], httpx.Response]


def transport(handle: Handle) -> Json2Transport:
    return Json2Transport(SETTINGS, Turnstile(2, Metrics()).lane(), httpx.MockTransport(handle))


def recorded(answer: object) -> tuple[list[httpx.Request], Json2Transport]:
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=answer)

    return requests, transport(handle)


def test_a_call_is_a_post_with_named_arguments_and_a_bearer_key() -> None:
    requests, odoo = recorded([{"id": 3}])
    answer = odoo.call("pos.order", "read", [[3]], {"fields": ["id"], "load": "", "context": {"a": 1}})
    assert answer == [{"id": 3}]
    request = requests[0]
    assert (request.method, str(request.url)) == ("POST", "https://odoo.test/json/2/pos.order/read")
    assert request.headers["Authorization"] == f"bearer {KEY}"
    assert request.headers["X-Odoo-Database"] == "nk"
    assert orjson.loads(request.content) == {"ids": [3], "fields": ["id"], "load": "", "context": {"a": 1}}


@pytest.mark.parametrize(
    ("method", "args", "kwargs", "body"),
    [
        ("search", [[["id", ">", 1]]], {"order": "id"}, {"domain": [["id", ">", 1]], "order": "id"}),
        ("search_count", [[]], {}, {"domain": []}),
        ("search_read", [[]], {"fields": ["id"], "limit": 1}, {"domain": [], "fields": ["id"], "limit": 1}),
        ("fields_get", [], {"attributes": ["type"]}, {"attributes": ["type"]}),
        ("has_access", ["read"], {}, {"operation": "read"}),
        ("check_access_rights", ["read", False], {}, {"operation": "read", "raise_exception": False}),
    ],
)
def test_positional_arguments_get_their_names(
    method: str, args: list[object], kwargs: dict[str, object], body: dict[str, object]
) -> None:
    requests, odoo = recorded([])
    odoo.call("m", method, args, kwargs)
    assert orjson.loads(requests[0].content) == body


def test_read_group_goes_to_its_successor_and_comes_back_under_its_own_names() -> None:
    requests, odoo = recorded([{"date:day": "6 Jan", "__count": 2, "amount:sum": 5.0, "__extra_domain": []}])
    groups = odoo.call("m", "read_group", [[], ["amount"], ["date:day"]], {"lazy": False})
    assert requests[0].url.path == "/json/2/m/formatted_read_group"
    assert orjson.loads(requests[0].content) == {
        "domain": [],
        "groupby": ["date:day"],
        "aggregates": ["__count", "amount:sum"],
    }
    assert groups == [{"date:day": "6 Jan", "__count": 2, "amount": 5.0, "__extra_domain": []}]


def error(status: int, name: str, message: str) -> Handle:
    return lambda _request: httpx.Response(status, json={"name": name, "message": message, "debug": KEY})


def fail(kind: type[httpx.HTTPError]) -> Handle:
    def handle(request: httpx.Request) -> httpx.Response:
        raise kind("out of order")

    return handle


@pytest.mark.parametrize(
    ("handle", "kind", "words"),
    [
        (error(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey"), OdooRefusedError, "API key"),
        (error(403, "odoo.exceptions.AccessError", "not allowed"), OdooRefusedError, "may not read"),
        (error(404, "werkzeug.exceptions.NotFound", "the model 'm' does not exist"), OdooRefusedError, "know"),
        (error(500, "builtins.ValueError", "Invalid field 'x'"), OdooRefusedError, "Invalid field 'x'"),
        (error(500, "psycopg2.errors.SerializationFailure", "again"), OdooUnavailableError, "again"),
        (error(500, "builtins.MemoryError", "full"), OdooUnavailableError, "full"),
        (lambda _: httpx.Response(404, html="<h1>no</h1>"), OdooRefusedError, "no Odoo at this address"),
        (lambda _: httpx.Response(502, html="<h1>no</h1>"), OdooUnavailableError, "HTTP 502"),
        (lambda _: httpx.Response(429, html="<h1>no</h1>"), OdooUnavailableError, "HTTP 429"),
        (lambda _: httpx.Response(200, content=b'[{"id": 1'), OdooUnavailableError, "broke off"),
        (fail(httpx.ConnectError), OdooUnavailableError, "cannot be reached"),
        (fail(httpx.ReadTimeout), OdooUnavailableError, "cannot be reached"),
        (fail(httpx.RemoteProtocolError), OdooUnavailableError, "broke off"),
    ],
)  # fmt: skip
def test_every_failure_is_of_a_kind_that_decides_the_retry(
    handle: Handle, kind: type[NkError], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        transport(handle).call("m", "search", [[]], {})
    assert KEY not in str(caught.value)


def test_an_unknown_model_is_known_by_its_fields() -> None:
    handle = error(404, "werkzeug.exceptions.NotFound", "the model 'm' does not exist")
    with pytest.raises(UnknownModelError):
        transport(handle).call("m", "fields_get", [], {})


def test_no_more_calls_at_once_than_allowed() -> None:
    """Two by default."""
    inside, most, lock = 0, 0, threading.Lock()

    def handle(_request: httpx.Request) -> httpx.Response:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.02)
        with lock:
            inside -= 1
        return httpx.Response(200, json=[])

    odoo = transport(handle)
    threads = [threading.Thread(target=odoo.call, args=("m", "search", [[]], {})) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == SETTINGS.odoo_concurrency == 2


def test_the_setting_chooses_the_transport() -> None:
    assert isinstance(build_transport(SETTINGS, Turnstile(2, Metrics()).lane()), JsonRpcTransport)
    chosen = build_transport(
        SETTINGS.model_copy(update={"odoo_transport": "json2"}), Turnstile(2, Metrics()).lane()
    )
    assert isinstance(chosen, Json2Transport)
    chosen.close()
