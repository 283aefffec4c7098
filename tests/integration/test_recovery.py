"""Faults of Odoo on the way: retried, or failed and kept in sight; never half a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from nk_demo.server import DemoServer
from nk_demo.server import running as demo_running
from nk_demo.totals import day_totals
from support.kafka import post
from support.shop_clock import shop_settings, shop_today
from support.system import System, running, wait_until

TODAY = shop_today()


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[tuple[System, DemoServer]]:
    with (
        demo_running(shop_settings(days=60, orders_per_day=40, products=60)) as demo,
        running(tmp_path, demo, NK_ODOO_TIMEOUT="2", NK_RETRY_FAILED_AFTER="2") as system,
    ):
        yield system, demo


@pytest.mark.parametrize("kind", ["http_502", "drop", "truncate", "hang"])
def test_passing_faults_are_retried_and_the_day_is_right(
    faulty: tuple[System, DemoServer], kind: str
) -> None:
    system, demo = faulty
    day = TODAY - timedelta(days=4)
    fault = {"kind": kind, "count": 3, "model": "pos.order.line", "seconds": 5}
    httpx.post(f"{demo.url}/demo/faults", json={"rules": [fault]}).raise_for_status()
    _backfill(system, day)
    system.wait_loaded(day, day)
    assert system.partitions()[str(day)].lines == day_totals(demo.world, day).all.lines


def test_an_expired_key_fails_the_day_and_a_new_one_loads_it(faulty: tuple[System, DemoServer]) -> None:
    """Refused credentials are not retried in the message's budget, but the day is tried again later."""
    system, demo = faulty
    day = TODAY - timedelta(days=4)
    httpx.post(f"{demo.url}/demo/faults", json={"rules": [{"kind": "expired_key"}]}).raise_for_status()
    _backfill(system, day)
    wait_until(lambda: _state(system, day) == "failed", 20, "the day is failed")
    assert "API key" in (system.partitions()[str(day)].error or "")
    httpx.post(f"{demo.url}/demo/faults", json={"rules": []}).raise_for_status()
    _backfill(system, day)
    system.wait_loaded(day, day)


def _backfill(system: System, day: object) -> None:
    command = {"type": "backfill", "datasets": ["pos"], "start": str(day), "end": str(day)}
    post(system.broker_port, "nk.control.v1", command)


def _state(system: System, day: object) -> str:
    row = system.partitions().get(str(day))
    return row.state if row else "missing"
