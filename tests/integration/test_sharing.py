"""Two cleaners and two loaders share the work, and the result is the same."""

from __future__ import annotations

from pathlib import Path

from nk_demo.server import DemoServer
from support.kafka import post
from support.shop_clock import last_days
from support.system import WORKERS, running

START, END = last_days(35)
DATASETS = ("pos", "invoice-sales", "purchases", "inventory-moves", "profit")
BACKFILL = {
    "type": "backfill", "datasets": [*DATASETS, "dimensions"], "start": str(START), "end": str(END)
}  # fmt: skip


def test_two_cleaners_and_two_loaders_share_the_work(demo: DemoServer, tmp_path: Path) -> None:
    with running(tmp_path / "one", demo) as alone:
        post(alone.broker_port, "nk.control.v1", BACKFILL)
        alone.wait_loaded(START, END, *DATASETS)
        expected = alone.star(START, END, *DATASETS)

    with running(tmp_path / "two", demo, (*WORKERS, "cleaner-2", "loader-2")) as shared:
        post(shared.broker_port, "nk.control.v1", BACKFILL)
        shared.wait_loaded(START, END, *DATASETS)
        found = shared.star(START, END, *DATASETS)
        for name in ("cleaner", "cleaner-2", "loader", "loader-2"):
            done = "cleaned" if name.startswith("cleaner") else "loaded"
            assert f'"event": "{done}"' in shared.log(name), f"{name} had a part of the work"

    assert found.keys() == expected.keys()
    assert all(found[name].equals(table) for name, table in expected.items())
