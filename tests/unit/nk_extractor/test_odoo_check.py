"""`nk odoo check`: what it finds, how it says so, and its exit codes. The key is never in what it says."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from nk_common.observability import Metrics
from nk_demo.faults import FaultRule
from nk_demo.server import DemoServer, running
from nk_demo.settings import DEMO_KEY, DemoSettings
from nk_extractor.by_hand import check_odoo
from nk_extractor.odoo.check import LINES, Discounts, check, discounts_of, in_a_word, listed_databases
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.transport import build_transport
from nk_extractor.odoo.turnstile import Turnstile
from nk_extractor.settings import OdooSettings
from support.fake_odoo import FakeOdoo

NOW = datetime(2026, 1, 20, 15, 30, tzinfo=UTC)
FIELD = "x_studio_discount_amount"


@pytest.fixture
def demo(request: pytest.FixtureRequest) -> Iterator[DemoServer]:
    small = {"port": 0, "days": 3, "orders_per_day": 5, "customers": 5, **getattr(request, "param", {})}
    with running(DemoSettings.model_validate(small), lambda: NOW) as server:
        yield server


def settings(demo: DemoServer, **changes: object) -> OdooSettings:
    named = {
        "ODOO_HOST": demo.host, "ODOO_PORT": demo.port, "ODOO_PROTOCOL": "jsonrpc", "ODOO_DB": "nk",
        "ODOO_USERNAME": "extractor", "ODOO_API_KEY": DEMO_KEY, "odoo_principal_field": "",
    }  # fmt: skip
    return OdooSettings.model_validate({**named, **changes})


def ended(settings: OdooSettings, *, as_json: bool = False) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = check_odoo(settings, out, err, as_json=as_json)
    assert DEMO_KEY not in out.getvalue() + err.getvalue()
    return code, out.getvalue(), err.getvalue()


def test_an_odoo_that_lacks_nothing_is_fit(demo: DemoServer) -> None:
    code, out, err = ended(settings(demo))
    assert (code, err) == (0, "")
    assert "Odoo 16.0 answers at http://127.0.0.1" in out
    assert "It lets extractor into the database nk." in out
    assert "Its databases: nk." in out
    assert "All that nkdash reads can be read." in out


def test_scripts_get_a_document(demo: DemoServer) -> None:
    code, out, _ = ended(settings(demo), as_json=True)
    found: dict[str, Any] = json.loads(out)
    assert (code, found["version"], found["databases"], found["missing"]) == (0, "16.0", ["nk"], [])


@pytest.mark.parametrize("demo", [{"modules_missing": ["mrp"]}], indirect=True)
def test_what_can_be_done_without_is_said_and_no_failure(demo: DemoServer) -> None:
    code, out, _ = ended(settings(demo))
    assert code == 0
    assert out.count("Not there: ") == 2


@pytest.mark.parametrize("demo", [{"modules_missing": ["stock"]}], indirect=True)
def test_what_figures_need_is_a_failure(demo: DemoServer) -> None:
    code, out, _ = ended(settings(demo))
    assert code == 1
    assert "NEEDED: Odoo does not have the model stock.quant" in out


def test_a_model_that_may_not_be_read_says_what_that_costs(demo: DemoServer) -> None:
    demo.faults.replace([FaultRule(kind="refused_model", model="stock.quant")])
    code, out, _ = ended(settings(demo))
    assert code == 1
    assert "NEEDED: The Odoo user may not read stock.quant" in out


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ODOO_API_KEY": "another-secret"}, "refused the user name or the API key"),
        ({"ODOO_DB": "another"}, "has no database 'another'. Check ODOO_DB. It lists nk."),
        ({"ODOO_API_KEY": "", "ODOO_DB": ""}, "ODOO_DB, ODOO_API_KEY is not set"),
    ],
)
def test_a_wrong_setting_is_78(demo: DemoServer, changes: dict[str, str], words: str) -> None:
    code, out, err = ended(settings(demo, **changes))
    assert (code, out) == (78, "")
    assert words in err
    assert "another-secret" not in err


def test_without_a_host_there_is_nothing_to_look_at(
    demo: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default of ODOO_HOST is no Odoo that somebody named."""
    monkeypatch.delenv("ODOO_HOST", raising=False)
    code, _, err = ended(OdooSettings.model_validate({"ODOO_DB": "nk", "ODOO_API_KEY": "k"}))
    assert code == 78
    assert "ODOO_HOST, ODOO_USERNAME is not set" in err


def test_an_odoo_that_does_not_answer_is_69(demo: DemoServer) -> None:
    known = settings(demo)
    demo.stop()
    code, out, err = ended(known)
    assert (code, out) == (69, "")
    assert err


def odoo_with(*lines: tuple[float, float, float, float]) -> FakeOdoo:
    """Lines of quantity, price, discount in percent, and discount as an amount."""
    rows = [
        {"id": n, "qty": qty, "price_unit": price, "discount": percent, FIELD: amount}
        for n, (qty, price, percent, amount) in enumerate(lines)
    ]
    return FakeOdoo({LINES: rows})


TWICE = (2.0, 50_000.0, 10.0, 10_000.0)
OWN = (2.0, 50_000.0, 10.0, 2_500.0)


@pytest.mark.parametrize(
    ("lines", "counted", "fit"),
    [
        ([TWICE] * 10, (10, 10), False),
        ([TWICE] * 9 + [OWN], (10, 9), False),
        ([TWICE] * 8 + [OWN] * 2, (10, 8), True),
        ([TWICE] * 4, (4, 4), True),
        ([OWN] * 10, (10, 0), True),
        ([(-2.0, 50_000.0, 10.0, -10_000.0)] * 5, (5, 5), False),
    ],
)
def test_a_discount_that_is_named_twice_is_found(
    lines: list[tuple[float, float, float, float]], counted: tuple[int, int], fit: bool
) -> None:
    """Nine of ten lines, and five lines at least; refunds, too."""
    found = discounts_of(OdooClient(odoo_with(*lines), 100), FIELD)
    assert found == Discounts(field=FIELD, looked_at=counted[0], the_same=counted[1])
    assert found.repeats is not fit
    assert ("set NK_ODOO_DISCOUNT_FIELD= (empty)" in in_a_word(found)) is not fit


def test_figures_that_would_be_wrong_are_no_fit(demo: DemoServer) -> None:
    """A discount that is taken off twice counts as much as a model that cannot be read."""
    client = OdooClient(build_transport(settings(demo), Turnstile(1, Metrics()).lane()), 100)
    found = check(client, settings(demo), None)
    client.close()
    twice = Discounts(field=FIELD, looked_at=10, the_same=10)
    assert found.is_fit
    assert not found.model_copy(update={"discounts": twice}).is_fit


def test_a_server_that_does_not_list_its_databases_is_no_mistake(demo: DemoServer) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"error": {"message": "Access Denied"}})

    assert listed_databases(settings(demo), httpx.MockTransport(answer)) is None
    assert listed_databases(settings(demo), httpx.MockTransport(lambda _: httpx.Response(404))) is None
