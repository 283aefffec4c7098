"""What a database lacks is said in sentences, once; what cannot be done without is refused with one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from nk_common.errors import OdooRefusedError, OdooUnavailableError
from nk_common.observability import Metrics
from nk_demo.faults import FaultRule
from nk_demo.server import DemoServer, running
from nk_demo.settings import DEMO_KEY, DemoSettings
from nk_extractor.odoo.capabilities import Missing, capabilities, require
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.transport import build_client, build_transport
from nk_extractor.odoo.turnstile import Turnstile
from nk_extractor.odoo.versions import custom
from nk_extractor.settings import OdooSettings
from support.fake_odoo import FakeOdoo

NOW = datetime(2026, 1, 20, 15, 30, tzinfo=UTC)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[DemoServer]:
    knobs = getattr(request, "param", {})
    small = {"port": 0, "days": 3, "orders_per_day": 5, "customers": 5, **knobs}
    with running(DemoSettings.model_validate(small), lambda: NOW) as server:
        yield server


@pytest.fixture
def settings(server: DemoServer) -> OdooSettings:
    return OdooSettings.model_validate(
        {
            "ODOO_HOST": server.host, "ODOO_PORT": server.port, "ODOO_PROTOCOL": "jsonrpc", "ODOO_DB": "nk",
            "ODOO_USERNAME": "extractor", "ODOO_API_KEY": DEMO_KEY, "odoo_principal_field": "",
        }
    )  # fmt: skip


@pytest.fixture
def client(settings: OdooSettings) -> OdooClient:
    return OdooClient(build_transport(settings, Turnstile(2, Metrics()).lane()), 100)


def places(found: list[Missing]) -> list[tuple[str, str | None, bool]]:
    return [(one.model, one.field, one.required) for one in found]


def test_a_complete_database_lacks_nothing(client: OdooClient, settings: OdooSettings) -> None:
    assert capabilities(client, settings) == []


@pytest.mark.parametrize("server", [{"modules_missing": ["mrp", "pos_hr", "studio"]}], indirect=True)
def test_missing_modules_only_cost_what_is_said(client: OdooClient, settings: OdooSettings) -> None:
    found = capabilities(client, settings)
    assert places(found) == [
        ("pos.order", "employee_id", False),
        ("stock.move", "production_id", False),
        ("stock.move", "raw_material_production_id", False),
        ("product.product", "x_studio_brand_id", False),
        ("pos.order.line", "x_studio_discount_amount", False),
    ]
    assert "cashiers are Odoo's users" in found[0].sentence
    require(client, "pos.order")


@pytest.mark.parametrize("server", [{"modules_missing": ["stock"]}], indirect=True)
def test_a_missing_required_model_is_refused_in_one_sentence(
    client: OdooClient, settings: OdooSettings
) -> None:
    required = [one for one in capabilities(client, settings) if one.required]
    assert [one.model for one in required] == ["stock.move.line", "stock.location", "stock.quant"]
    with pytest.raises(OdooRefusedError, match=r"model stock\.quant.*not installed.*Stock on hand"):
        require(client, "stock.quant")


def test_a_missing_required_field_is_named_with_its_cost(client: OdooClient, server: DemoServer) -> None:
    server.faults.replace([FaultRule(kind="missing_field", model="pos.order", field="session_id")])
    with pytest.raises(OdooRefusedError, match=r"no field session_id on pos\.order.*Point-of-sale figures"):
        require(client, "pos.order")


def test_a_refused_model_is_told_from_a_missing_one(
    client: OdooClient, server: DemoServer, settings: OdooSettings
) -> None:
    server.faults.replace([FaultRule(kind="refused_model", model="account.move")])
    refused = [one for one in capabilities(client, settings) if one.model == "account.move"]
    assert places(refused) == [("account.move", None, True)]
    assert "may not read account.move" in refused[0].sentence


@pytest.mark.parametrize("server", [{"version": 17}], indirect=True)
def test_other_names_are_not_missing(client: OdooClient, settings: OdooSettings) -> None:
    assert capabilities(client, settings) == []


def test_a_custom_field_of_another_type_is_taken_for_absent(
    client: OdooClient, settings: OdooSettings
) -> None:
    """The brand's field is a link; as a discount it would be nonsense."""
    wrong = settings.model_copy(update={"odoo_discount_field": "full_product_name"})
    found = capabilities(client, wrong)
    assert places(found) == [("pos.order.line", "full_product_name", False)]
    assert "of type char" in found[0].sentence
    assert custom(client, "pos.order.line", "full_product_name", ("float",)) is None
    assert custom(client, "pos.order.line", "qty", ("float",)) == "qty"
    assert custom(client, "pos.order.line", "", ("float",)) is None


@pytest.mark.parametrize("server", [{"modules_missing": ["pos_hr"]}], indirect=True)
def test_the_report_is_logged_once_at_first_use(settings: OdooSettings) -> None:
    client = build_client(settings, Turnstile(2, Metrics()).lane())
    with structlog.testing.capture_logs() as logs:
        client.search("pos.order", [["id", "=", 0]])
        client.search("pos.order", [["id", "=", 0]])
    said = [(log["event"], log.get("field"), log.get("version")) for log in logs]
    assert said == [
        ("connected to Odoo", None, "16.0"),
        ("missing in Odoo", "employee_id", None),
    ]
    assert DEMO_KEY not in str(logs)


def test_a_report_that_failed_is_tried_again() -> None:
    """An Odoo that was away at the first call is reported on at the next."""
    reports: list[str] = []

    def report(_client: OdooClient) -> None:
        reports.append("tried")
        if len(reports) == 1:
            raise OdooUnavailableError("away")

    client = OdooClient(FakeOdoo({"m": [{"id": 1}]}), 10, report)
    with pytest.raises(OdooUnavailableError):
        client.search("m", [])
    assert client.search("m", []) == [1]
    assert client.search("m", []) == [1]
    assert reports == ["tried", "tried"]
