"""A full refresh reads every record again, also those that Odoo does not date as changed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from nk_common.events.commands import RefreshDimensionsCommand
from nk_demo.server import running
from support.pipeline import Pipeline
from support.shop_clock import shop_settings

PAGE = 5


@pytest.mark.parametrize(("full", "read_again"), [(False, False), (True, True)])
def test_only_a_full_refresh_reads_what_is_known(tmp_path: Path, full: bool, read_again: bool) -> None:
    """Partners do not change between two refreshes. The table is whole either way, and so is the next one."""
    settings = shop_settings(days=3, orders_per_day=5, customers=40)
    with running(settings) as demo:
        pipeline = Pipeline(tmp_path, demo.port, odoo_page_size=PAGE)

        def refresh(run: str, *, full: bool) -> int:
            """How many pages of partners are read."""
            httpx.post(f"{demo.url}/demo/stats/reset").raise_for_status()
            command = RefreshDimensionsCommand(id=run, targets=["partners"], full=full)

            async def work() -> None:
                await pipeline.planner.run(command)
                await pipeline.drain()

            asyncio.run(work())
            stats = httpx.get(f"{demo.url}/demo/stats").json()
            return int(stats.get("res.partner", {}).get("read", 0))

        try:
            whole = refresh("first", full=False)
            rows = pipeline.row("partners", None).lines or 0
            assert whole == -(-rows // PAGE) > 4
            assert (refresh("second", full=full) == whole) is read_again
            assert pipeline.row("partners", None).lines == rows
            assert refresh("third", full=False) < whole
        finally:
            pipeline.close()
