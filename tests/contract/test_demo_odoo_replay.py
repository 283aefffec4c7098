"""The demo Odoo answers as the recorded Odoo 16 does: every recorded exchange, asked again and compared in shape.

Shape: status, content type, keys, types, error class and error text. Values differ, since the businesses do.
What differs on purpose is in DIFFERENCES, and in docs/demo-odoo.md.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nk_demo.server import DemoServer, running
from nk_demo.settings import DEMO_KEY, DemoSettings
from nk_demo.world.planner import LINE_STRIDE

FIXTURES = Path(__file__).parents[1] / "fixtures" / "odoo16"
CASES = sorted(path.stem for path in (FIXTURES / "rpc").glob("*.json"))
# The recorded business was 45 days up to this evening.
NOW = datetime(2026, 1, 20, 15, 0, tzinfo=UTC)

# Recorded case or topic -> what the demo does instead, on purpose. docs/demo-odoo.md has the same table.
DIFFERENCES = {
    "web_session": "Browser sessions are not there: `/web/session/authenticate` is 404, `call_kw` is always expired.",
    "fields": "Models and fields are a part of Odoo's; the others do not exist (`UserError`, `ValueError`).",
    "write": "Nobody writes over RPC, not even admin: `AccessError`. The demo changes by itself and by /demo.",
    "ids": "Ids come from the day of the order, so they start high, have gaps, and a backdated sale sorts by its day.",
    "discount": "`x_studio_discount_amount` is an extra discount on top of `price_subtotal_incl`, not part of it.",
    "line_name": "Line names are `Line/<id>`, order names carry the date (`Toko Kemang/2601150012`).",
    "refunds": "A refund may name a sale from before the demo's history; that line is then not found.",
    "archived": "Archived products still sell now and then, so that every day has history of them.",
    "collation": "Text sorts by code point, not by the database's collation.",
    "headers": "`Server` is nk-demo, `debug` is one line, and only version_info sets a cookie.",
    "postgres_text": "The LINE part of PostgreSQL's date errors is shortened.",
    "numbers": "Numbers of moves and purchase orders end in their ids, with gaps (`INV/2026/72294401`, `P141509`).",
    "invoices": "An invoiced order's move has the order's id, and stays as posted whatever becomes of the order.",
    "search_everything": "A condition on a field without a column is evaluated; Odoo may ignore it.",
}


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with running(DemoSettings(port=0, days=45, orders_per_day=62), lambda: NOW) as server:
        yield server


def recorded(case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / "rpc" / f"{case}.json").read_text())
    return found


def ask(server: DemoServer, path: str, body: object) -> tuple[int, str, Any]:
    """(status, content type, JSON or text)."""
    request = urllib.request.Request(server.url + path, json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.headers["Content-Type"], json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def translated(server: DemoServer, case: str, request: dict[str, Any]) -> dict[str, Any]:
    """The recorded request with the demo's secrets and ids."""
    secret = "wrong" if "wrong_password" in case else DEMO_KEY
    text = json.dumps(request).replace("<SECRET>", secret)
    body: dict[str, Any] = json.loads(text)
    args = body["params"].get("args", [])
    if len(args) > 5 and args[3:5] == ["pos.order.line", "read"]:
        world = server.world
        lines = world.snapshot(world.today() - 4, world.now()).lines
        assert lines[0].id // LINE_STRIDE == world.today() - 4
        args[5][0] = [one if one > 100 else lines[one].id for one in args[5][0]]
    return body


def kinds(value: Any) -> Any:
    """A value's shape: types, keys, and for a list what its elements may be."""
    if isinstance(value, dict):
        return {key: kinds(one) for key, one in value.items()}
    if isinstance(value, list):
        return [kinds(one) for one in value]
    return type(value).__name__


def check_rows(mine: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    """Same keys in every row; per key no type that the recording does not have (False stands for null).

    A field that is False in every recorded row says nothing about its type.
    """
    assert mine
    for row in mine:
        assert set(row) == set(theirs[0])
    for key in theirs[0]:
        seen = {type(row[key]).__name__ for row in theirs if row[key] is not False}
        assert not seen or {type(row[key]).__name__ for row in mine} <= seen | {"bool"}, key


def check_result(case: str, mine: Any, theirs: Any) -> None:
    if isinstance(theirs, list) and theirs and isinstance(theirs[0], dict):
        check_rows(mine, theirs)
    elif isinstance(theirs, dict) and case == "read_by_proxy":
        assert set(theirs) <= set(mine)
        for name, one in theirs.items():
            told = {
                key: one[key] for key in ("type", "relation", "store", "required", "string") if key in one
            }
            assert {key: mine[name].get(key) for key in told} == told
    elif isinstance(theirs, dict):
        assert mine == theirs
    elif isinstance(theirs, list):
        assert {type(one) for one in mine} == {type(one) for one in theirs}
    else:
        assert type(mine) is type(theirs)


@pytest.mark.parametrize("case", [case for case in CASES if case != "web_session"])
def test_a_recorded_exchange_has_the_same_shape(case: str, server: DemoServer) -> None:
    """Asked again with this world's ids and secrets."""
    for exchange in recorded(case)["exchanges"]:
        body = translated(server, case, exchange["request"])
        status, content_type, mine = ask(server, exchange["path"], body)
        theirs = exchange["response"]
        assert (status, content_type) == (exchange["status"], exchange["content_type"])
        if isinstance(theirs, str):
            assert mine.startswith("<!DOCTYPE html>")
            continue
        assert set(mine) == set(theirs)
        assert mine["id"] == theirs["id"]
        if "error" in theirs:
            assert kinds(mine["error"]) == kinds(theirs["error"])
            for key in ("name", "message", "arguments"):
                assert mine["error"]["data"][key] == theirs["error"]["data"][key]
            assert {key: mine["error"][key] for key in ("code", "message")} == {
                key: theirs["error"][key] for key in ("code", "message")
            }
        else:
            check_result(case, mine["result"], theirs["result"])


def test_groups_look_as_recorded(server: DemoServer) -> None:
    """Labels, ranges and domains of the same days are the very same, only counts and sums differ."""
    for case in ("read_group", "read_group_utc", "read_group_by_state"):
        exchange = recorded(case)["exchanges"][0]
        mine = ask(server, exchange["path"], translated(server, case, exchange["request"]))[2]["result"]
        theirs = exchange["response"]["result"]
        own = [
            {key: one for key, one in row.items() if key not in {"__count", "amount_total"}} for row in mine
        ]
        for row in theirs:
            del row["__count"], row["amount_total"]
            assert row in own


@pytest.mark.parametrize("model", sorted(path.stem for path in (FIXTURES / "samples").glob("*.json")))
def test_a_sample_record_has_the_same_types(model: str, server: DemoServer) -> None:
    """Every field that the demo has of a recorded record comes in a type that was recorded for it."""
    samples = json.loads((FIXTURES / "samples" / f"{model}.json").read_text())
    args = ["nk", 2, DEMO_KEY, model]
    params = {"service": "object", "method": "execute_kw", "args": [*args, "fields_get", []]}
    fields = ask(server, "/jsonrpc", {"id": 1, "params": params})[2]["result"]
    names = [name for name in samples[0] if name in fields and name != "id"]
    assert len(names) >= len(samples[0]) - 3
    keywords = {"fields": names, "limit": 200, "context": {"active_test": False}}
    params = {"service": "object", "method": "execute_kw", "args": [*args, "search_read", [[]], keywords]}
    rows = ask(server, "/jsonrpc", {"id": 1, "params": params})[2]["result"]
    names.append("id")
    check_rows(rows, [{key: row[key] for key in names} for row in samples])


def test_browser_sessions_are_refused(server: DemoServer) -> None:
    """The one recorded case that is left out on purpose."""
    first, second = recorded("web_session")["exchanges"]
    assert ask(server, first["path"], first["request"])[0] == 404
    assert ask(server, second["path"], second["request"])[2]["error"]["message"] == "Odoo Session Expired"


def test_every_difference_is_documented() -> None:
    """In the same words."""
    page = (Path(__file__).parents[2] / "docs" / "demo-odoo.md").read_text()
    for topic, text in DIFFERENCES.items():
        assert f"| {topic} | {text} |" in page, topic
