"""An unmodified odoorpc on the demo Odoo: it logs in, reads, pages, and raises what it raised at the real one."""

import json
import urllib.error
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import odoorpc
import pytest

from nk_demo.server import DemoServer, running
from nk_demo.settings import DEMO_KEY, DemoSettings

RPC = Path(__file__).parents[1] / "fixtures" / "odoo16" / "rpc"
NOW = datetime(2026, 1, 20, 15, 0, tzinfo=UTC)
RAISING = sorted(
    path.stem
    for path in RPC.glob("error_*.json")
    if isinstance(json.loads(path.read_text())["odoorpc_raises"], dict)
)
COUNTED = ["state", "in", ["paid", "done", "invoiced"]]


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with running(DemoSettings(port=0, days=45, orders_per_day=62), lambda: NOW) as server:
        yield server


def connect(
    server: DemoServer, login: str = "extractor", key: str = DEMO_KEY, db: str = "nk"
) -> odoorpc.ODOO:
    client = odoorpc.ODOO(server.host, port=server.port, timeout=10)
    client.login(db, login, key)
    return client


@pytest.mark.parametrize(
    ("login", "key", "uid"), [("admin", "admin", 2), ("admin", DEMO_KEY, 2), ("extractor", DEMO_KEY, 8)]
)
def test_login(login: str, key: str, uid: int, server: DemoServer) -> None:
    """By password and by key; the version and the user's context are there."""
    client = connect(server, login, key)
    assert client.version == "16.0"
    assert client.env.uid == uid
    assert client.env.context["tz"] == ("Asia/Jakarta" if uid == 2 else "UTC")


@pytest.mark.parametrize(
    ("login", "key"), [("admin", "wrong"), ("extractor", "admin"), ("nobody@example.com", DEMO_KEY)]
)
def test_a_wrong_login_raises_as_recorded(login: str, key: str, server: DemoServer) -> None:
    """Without any detail, as odoorpc has none."""
    with pytest.raises(odoorpc.error.RPCError, match="Wrong login ID or password"):
        connect(server, login, key)


def test_an_unknown_database(server: DemoServer) -> None:
    """Is an error of the database driver."""
    with pytest.raises(odoorpc.error.RPCError) as caught:
        connect(server, db="nosuchdb")
    assert caught.value.info["data"]["name"] == "psycopg2.OperationalError"


@pytest.mark.parametrize("case", RAISING)
def test_an_error_is_raised_as_recorded(case: str, server: DemoServer) -> None:
    """The recorded last request through odoorpc: same class, same message, same name on the wire."""
    found = json.loads((RPC / f"{case}.json").read_text())
    last = found["exchanges"][-1]
    args: list[Any] = last["request"]["params"]["args"]
    args[2] = "wrong" if case == "error_wrong_password_on_call" else DEMO_KEY
    client = connect(server)
    with pytest.raises(odoorpc.error.RPCError) as caught:
        client.json("/jsonrpc", last["request"]["params"])
    assert str(caught.value) == found["odoorpc_raises"]["message"]
    assert caught.value.info["data"]["name"] == last["response"]["error"]["data"]["name"]


def test_a_wrong_address_is_an_http_error(server: DemoServer) -> None:
    """404 with a page, not JSON."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        connect(server).json("/json/2/pos.order/search_read", {})
    caught.value.close()
    assert caught.value.code == 404


def test_a_day_is_extracted_in_pages(server: DemoServer) -> None:
    """Ids first, then lines by keyset, by `execute_kw` and by the model proxy: the same rows."""
    client = connect(server)
    domain = [
        COUNTED,
        ["date_order", ">=", "2026-01-14 17:00:00"],
        ["date_order", "<", "2026-01-15 17:00:00"],
    ]
    ids = client.execute_kw("pos.order", "search", [domain], {"order": "id"})
    assert len(ids) == client.execute("pos.order", "search_count", domain) > 20
    lines: list[dict[str, Any]] = []
    while True:
        last = lines[-1]["id"] if lines else 0
        page = client.execute_kw(
            "pos.order.line",
            "search_read",
            [[["order_id", "in", ids], ["id", ">", last]]],
            {"fields": ["order_id", "qty", "price_subtotal_incl"], "limit": 25, "order": "id"},
        )
        if not page:
            break
        lines += page
    proxy = client.env["pos.order"].read(ids, ["lines", "payment_ids", "amount_total"])
    assert sorted(one for order in proxy for one in order["lines"]) == [line["id"] for line in lines]
    total = round(sum(order["amount_total"] for order in proxy), 2)
    assert round(sum(line["price_subtotal_incl"] for line in lines), 2) == total


def test_the_proxy_browses_relations(server: DemoServer) -> None:
    """odoorpc's records follow many2one and to-many fields."""
    client = connect(server, "admin", "admin")
    assert client.env.user.name == "Administrator"
    assert "pos.order" in client.env
    assert "no.such.model" not in client.env
    order_id = client.env["pos.order"].search([COUNTED, ["partner_id", "!=", False]], limit=1)[0]
    order = client.env["pos.order"].browse(order_id)
    assert order.config_id.name.startswith("Toko ")
    assert order.lines[0].product_id.categ_id.complete_name


def test_the_recorded_behaviour_of_dates(server: DemoServer) -> None:
    """Bare dates, offsets, contexts and rubbish, as behaviour.json has them."""
    client = connect(server)

    def count(*bounds: list[str], **keywords: Any) -> int:
        found: int = client.execute_kw("pos.order", "search_count", [[COUNTED, *bounds]], keywords)
        return found

    day = "date_order"
    utc = count([day, ">=", "2026-01-15 00:00:00"], [day, "<", "2026-01-16 00:00:00"])
    local = count([day, ">=", "2026-01-14 17:00:00"], [day, "<", "2026-01-15 17:00:00"])
    assert count([day, ">=", "2026-01-15"], [day, "<", "2026-01-16"]) == utc
    assert count([day, ">=", "2026-01-15"], [day, "<=", "2026-01-15"]) == utc
    assert count([day, ">", "2026-01-14"], [day, "<=", "2026-01-15"]) == utc
    assert count([day, "=", "2026-01-15"]) == 0
    assert count([day, ">=", "2026-01-15T00:00:00+07:00"], [day, "<", "2026-01-16T00:00:00+07:00"]) == utc
    assert count([day, ">=", "2026-01-14T17:00:00Z"], [day, "<", "2026-01-15T17:00:00Z"]) == local
    bounds = [[day, ">=", "2026-01-15 00:00:00"], [day, "<", "2026-01-16 00:00:00"]]
    assert count(*bounds, context={"tz": "Asia/Jakarta"}) == utc
    with pytest.raises(odoorpc.error.RPCError, match='out of range: "15/01/2026 00:00:00"') as caught:
        count([day, ">=", "15/01/2026"])
    assert caught.value.info["data"]["name"] == "psycopg2.errors.DatetimeFieldOverflow"


def test_a_write_date_never_equals_what_it_reads_as(server: DemoServer) -> None:
    """`=` finds nothing, `>` finds the same row again."""
    client = connect(server)
    row = client.execute_kw("pos.order.line", "search_read", [[]], {"fields": ["write_date"], "limit": 1})[0]
    same = ["id", "=", row["id"]]
    assert (
        client.execute("pos.order.line", "search_count", [same, ["write_date", "=", row["write_date"]]]) == 0
    )
    assert (
        client.execute("pos.order.line", "search_count", [same, ["write_date", ">", row["write_date"]]]) == 1
    )
