"""The demo Odoo for integration tests: one world, its clock set, so that every run sees the same days."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nk_demo.server import DemoServer, running
from support.shop_clock import shop_settings


@pytest.fixture(scope="session")
def demo() -> Iterator[DemoServer]:
    """About two years of a small shop, selling nothing new while tests run."""
    with running(shop_settings(days=400, orders_per_day=60, products=60, customers=120)) as server:
        yield server
