"""An Odoo that is away and comes back: said while it lasts, nothing is given up for it, and days are read after it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from nk_demo.server import DemoServer
from support.kafka import post
from support.shop_clock import shop_today
from support.system import WORKERS, System, running, wait_until

DAY = str(shop_today() - timedelta(days=20))


@pytest.mark.parametrize(
    ("kind", "said"), [("http_502", "has not answered"), ("expired_key", "refused the API key")]
)
def test_an_outage_is_said_and_then_over(tmp_path: Path, demo: DemoServer, kind: str, said: str) -> None:
    """A day that is asked for meanwhile waits in the ledger, and is no dead letter."""
    services = (*WORKERS, "query-api")
    environment = {"NK_WATCH": "1", "NK_WATCH_INTERVAL": "1", "NK_CATCH_UP": "0"}
    with running(tmp_path, demo, services, **environment) as system:
        wait_until(lambda: asked(system, "schedules")["watch"]["last_look"], 60, "the watch has looked")
        faults(demo, {"kind": kind})
        try:
            wait_until(lambda: asked(system, "health")["odoo_away"], 60, "the outage is said")
            assert said in asked(system, "health")["odoo_away"]["reason"]["en"]
            watch = asked(system, "schedules")["watch"]
            assert watch["failing_since"] == asked(system, "health")["odoo_away"]["since"]
            assert watch["error"]
            command = {"type": "backfill", "id": "r", "datasets": ["pos"], "start": DAY, "end": DAY}
            post(system.broker_port, "nk.control.v1", command)
            wait_until(lambda: DAY in system.partitions(), 30, "the day is asked for")
        finally:
            faults(demo)
        wait_until(lambda: system.partitions()[DAY].state == "loaded", 60, "the day is loaded")
        wait_until(lambda: asked(system, "health")["odoo_away"] is None, 30, "the outage is over")
        assert asked(system, "schedules")["watch"]["failing_since"] is None
        assert asked(system, "dead-letters")["total"] == 0


def faults(demo: DemoServer, *rules: dict[str, Any]) -> None:
    httpx.post(f"{demo.url}/demo/faults", json={"rules": list(rules)}).raise_for_status()


def asked(system: System, what: str) -> dict[str, Any]:
    answer = httpx.get(f"{system.url('query-api')}/v1/pipeline/{what}", timeout=15)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found
