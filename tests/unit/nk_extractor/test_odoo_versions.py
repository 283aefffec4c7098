"""The demo as Odoo 14 to 19, over both transports: the same figures under other names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from pydantic import SecretStr

from nk_common.datasets.types import FLAG, ID, NUMBER, TEXT
from nk_common.errors import OdooRefusedError
from nk_common.observability import Metrics
from nk_demo.server import DemoServer, running
from nk_demo.settings import DEMO_KEY, DemoSettings
from nk_extractor.extract import pos
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.transport import build_transport
from nk_extractor.odoo.turnstile import Turnstile
from nk_extractor.odoo.versions import (
    groupable,
    model,
    product_line_domain,
    resolve,
    units_hold_references,
)
from nk_extractor.settings import OdooSettings

NOW = datetime(2026, 1, 20, 15, 30, tzinfo=UTC)
DAY = date(2026, 1, 14)
VERSIONS = (14, 15, 16, 17, 18, 19)
WAYS = [(version, "jsonrpc") for version in VERSIONS] + [(19, "json2")]


@contextmanager
def demo(version: int = 16, **knobs: object) -> Iterator[DemoServer]:
    settings = DemoSettings.model_validate(
        {"port": 0, "days": 15, "orders_per_day": 12, "customers": 20, "version": version, **knobs}
    )
    with running(settings, lambda: NOW) as server:
        yield server


def settings_for(server: DemoServer, transport: str = "jsonrpc") -> OdooSettings:
    return OdooSettings.model_validate(
        {
            "ODOO_HOST": server.host, "ODOO_PORT": server.port, "ODOO_PROTOCOL": "jsonrpc", "ODOO_DB": "nk",
            "ODOO_USERNAME": "extractor", "ODOO_API_KEY": DEMO_KEY, "odoo_transport": transport,
        }
    )  # fmt: skip


Clients = Callable[..., OdooClient]


@pytest.fixture
def client_for() -> Iterator[Clients]:
    """Makes clients, and closes them after the test."""
    made: list[OdooClient] = []

    def make(server: DemoServer, transport: str = "jsonrpc", **changes: object) -> OdooClient:
        settings = settings_for(server, transport).model_copy(update=changes)
        made.append(OdooClient(build_transport(settings, Turnstile(2, Metrics()).lane()), 100))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[int, DemoServer]]:
    with (
        demo(14) as v14, demo(15) as v15, demo(16) as v16, demo(17) as v17, demo(18) as v18, demo(19) as v19
    ):  # fmt: skip
        yield dict(zip(VERSIONS, (v14, v15, v16, v17, v18, v19), strict=True))


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]}-{way[1]}")
def way(
    request: pytest.FixtureRequest, servers: dict[int, DemoServer], client_for: Clients
) -> tuple[int, OdooClient]:
    version, transport = request.param
    return version, client_for(servers[version], transport)


def test_the_version_is_told(way: tuple[int, OdooClient]) -> None:
    version, client = way
    assert client.server_version() == f"{version}.0"


@pytest.mark.parametrize(
    ("where", "name", "expected"),
    [
        ("stock.move.line", "qty_done", "qty_done qty_done qty_done quantity quantity quantity"),
        ("stock.move", "is_inventory", "inventory_id" + " is_inventory" * 5),
        ("stock.move", "scrapped", "scrapped " * 5 + "scrap_id"),
        ("stock.location", "scrap_location", "scrap_location " * 5 + "-"),
        ("product.product", "detailed_type", "type detailed_type detailed_type detailed_type type type"),
        ("product.product", "is_storable", "- - - - is_storable is_storable"),
        ("uom.uom", "category_id", "category_id " * 5 + "-"),
        ("pos.order.line", "refunded_orderline_id", "-" + " refunded_orderline_id" * 5),
        ("account.move.line", "exclude_from_invoice_tab", "exclude_from_invoice_tab " * 2 + "- - - -"),
    ],
)
def test_names_by_version(
    where: str, name: str, expected: str, servers: dict[int, DemoServer], client_for: Clients
) -> None:
    """One name per version, 14 to 19; - where there is none."""
    found = [resolve(client_for(servers[version]), where, name) or "-" for version in VERSIONS]
    assert found == expected.split()


def test_lots_by_version(way: tuple[int, OdooClient]) -> None:
    version, client = way
    assert model(client, "stock.lot") == ("stock.production.lot" if version < 16 else "stock.lot")
    assert model(client, "stock.nothing") is None


POS_COLUMNS = ["id", "order_id", "product_id", "qty", "price_subtotal_incl", "extra_discount"]


def test_a_day_of_pos_is_the_same_everywhere(
    way: tuple[int, OdooClient], servers: dict[int, DemoServer], client_for: Clients
) -> None:
    """Lines, payments and totals of a day are Odoo 16's, whatever version answers, and whichever way."""
    settings = settings_for(servers[16])
    expected = pos.extract(client_for(servers[16]), settings, DAY)
    found = pos.extract(way[1], settings, DAY)
    assert expected.totals.lines > 5
    assert found.totals == expected.totals
    lines = "pos_order_lines"
    assert found.tables[lines].select(POS_COLUMNS) == expected.tables[lines].select(POS_COLUMNS)
    assert found.tables["pos_payments"] == expected.tables["pos_payments"]


def test_product_lines_are_the_same_everywhere(
    way: tuple[int, OdooClient], servers: dict[int, DemoServer], client_for: Clients
) -> None:
    """Sections, notes, taxes and due dates are left out in every version's own way."""
    posted = [["parent_state", "=", "posted"], ["date", "=", DAY.isoformat()]]
    reference = client_for(servers[16])
    expected = reference.search("account.move.line", [*posted, ["display_type", "=", "product"]])
    assert 0 < len(expected) < len(reference.search("account.move.line", posted))
    client = way[1]
    assert client.search("account.move.line", [*posted, *product_line_domain(client)]) == expected


MOVES = pa.schema([("id", ID), ("is_inventory", FLAG), ("scrapped", FLAG)])


def test_stock_is_the_same_everywhere(
    way: tuple[int, OdooClient], servers: dict[int, DemoServer], client_for: Clients
) -> None:
    """Quantities under either name, and the flags that are links elsewhere."""
    done = [
        ["state", "=", "done"],
        ["date", ">=", "2026-01-12 00:00:00"],
        ["date", "<", "2026-01-15 00:00:00"],
    ]
    quantities = pa.schema([("id", ID), ("qty_done", NUMBER)])

    def read(client: OdooClient) -> tuple[pa.Table, pa.Table]:
        names = {"qty_done": resolve(client, "stock.move.line", "qty_done")}
        flags = {one: resolve(client, "stock.move", one) for one in ("is_inventory", "scrapped")}
        lines = client.read_table(
            "stock.move.line", client.search("stock.move.line", done), quantities, names
        )
        return lines, client.read_table("stock.move", client.search("stock.move", done), MOVES, flags)

    expected = read(client_for(servers[16]))
    assert expected[0].num_rows > 0
    assert any(expected[1]["is_inventory"].to_pylist())
    assert read(way[1]) == expected


def test_units_say_which_way_they_convert(way: tuple[int, OdooClient]) -> None:
    """A dozen is 1/12 of a unit's factor until 18, and 12 of them since 19."""
    version, client = way
    units = client.read_table(
        "uom.uom", client.search("uom.uom", []), pa.schema([("name", TEXT), ("factor", NUMBER)])
    )
    dozen = dict(zip(units["name"].to_pylist(), units["factor"].to_pylist(), strict=True))["Dozens"]
    assert units_hold_references(client) is (version == 19)
    assert dozen == pytest.approx(12.0 if version == 19 else 1 / 12)


def test_orders_can_be_grouped_by_store_since_17(way: tuple[int, OdooClient]) -> None:
    version, client = way
    assert groupable(client, "pos.order", "config_id") is (version >= 17)
    assert groupable(client, "pos.order", "session_id")
    assert not groupable(client, "pos.order", "nothing")


def test_counting_is_the_same_everywhere(
    way: tuple[int, OdooClient], servers: dict[int, DemoServer], client_for: Clients
) -> None:
    """JSON-2 counts by formatted_read_group, whose columns have other names."""
    domain = [["date_order", ">=", "2026-01-13 00:00:00"], ["state", "=", "draft"]]
    counted = [["date_order", ">=", "2026-01-13 00:00:00"]]
    assert way[1].count_and_newest("pos.order", counted) == client_for(servers[16]).count_and_newest(
        "pos.order", counted
    )
    assert way[1].count_and_newest("pos.order", [*domain, ["id", "=", 0]]) == (0, None)


def test_a_model_of_another_version_is_not_there(client_for: Clients) -> None:
    """By either transport, and asked for twice: what is not installed is remembered until somebody forgets."""
    with demo(19) as server:
        for transport in ("jsonrpc", "json2"):
            client = client_for(server, transport)
            assert not client.has_model("stock.production.lot")
            client.forget_fields()
            assert not client.has_model("stock.production.lot")


def test_refused_credentials_are_no_missing_model(client_for: Clients) -> None:
    """A key that expired must not turn into "no lots here"."""
    with demo(19) as server:
        for transport in ("jsonrpc", "json2"):
            client = client_for(server, transport, odoo_api_key=SecretStr("wrong"))
            with pytest.raises(OdooRefusedError, match="API key"):
                client.has_model("stock.lot")
