"""Look at the pages without a pipeline: `python tests/unit/nk_web/serve_fake.py [state] [--port 8180]`.

States: full, partial (gaps, failures, runs), empty, down, slow, broken.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from nk_common.http import build_server

sys.path.insert(0, str(Path(__file__).parents[2]))

from nk_common.api.dead_letters import DeadLetter, LetterContent
from nk_common.api.pipeline import Run
from nk_web.api_client import ApiDownError, ApiFailedError
from nk_web.app import build_app
from nk_web.settings import WebSettings
from support import fake_pipeline
from support.fake_query_api import FakeQueryApi

TODAY = date(2026, 11, 23)


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, 7, 45, tzinfo=UTC)


def fake(state: str) -> FakeQueryApi:
    api = FakeQueryApi(TODAY)
    if state == "partial":
        _damage(api)
    if state == "empty":
        api.missing = {TODAY - timedelta(days=at) for at in range(1500)}
    if state == "down":
        api.error = ApiDownError("away")
    if state == "slow":
        api.delay = 4.0
    if state == "broken":
        api.errors = {"/v1/sales/trend": ApiFailedError("The serving database is being rebuilt.")}
    return api


def _damage(api: FakeQueryApi) -> None:
    def ago(*days: int) -> set[date]:
        return {TODAY - timedelta(days=day) for day in days}

    api.missing, api.failed = ago(9, 10, 17), ago(4)
    api.partial, api.empty, api.running, api.stale = ago(2), ago(21), ago(0), ago(13)
    at = api.now
    api.comparisons = [fake_pipeline.unequal(TODAY, at)]
    api.waiting = {"nk-cleaner": 214, "nk-loader": 3}
    refused = "1 hari gagal dimuat dan tidak punya angka: 2026-11-19. Galat terakhir: Odoo menolak: akses ke pos.order"
    old = "Terakhir dibaca 3 jam yang lalu, seharusnya paling lama 30 menit; perubahan sesudahnya belum ada di angka."
    api.unwell = {
        "pos": [fake_pipeline.finding("failing", refused, "failed-days"), fake_pipeline.finding("late", old)],
        "partners": [fake_pipeline.finding("late", old)],
    }
    api.run_list = [
        Run(run_id="r2", kind="backfill", reason="Libur panjang", requested_by="web", created_at=at, state="running",
            total=30, done=17, failed=1, running=2, rate_per_minute=6.5, seconds_left=118),
        Run(run_id="r1", kind="schedule", reason=None, requested_by=None, created_at=at - timedelta(hours=13),
            state="done", total=7, done=7, failed=0, running=0, finished_at=at - timedelta(hours=13)),
    ]  # fmt: skip
    api.content = LetterContent(
        kind="json", bytes=9, key=None, headers={}, document={"type": "backfill", "dataset": "pos"}
    )
    api.letters = [
        DeadLetter(id=12, at=at, topic="nk.control.v1", error="BadCommandError",
                   message="'dataset' is not a field of a backfill; write 'datasets': [...]"),
        DeadLetter(id=11, at=at, topic="nk.extract.requested.v1", error="OdooRefusedError", dataset="pos",
                   day=at.date(), message="Odoo denies reading pos.payment.", attempts=4, run_id="r2"),
        DeadLetter(id=10, at=at, topic="nk.control.v1", error="BadCommandError", message="This is not JSON.",
                   resolution="discarded", resolved_at=at, resolved_by="api", resolution_reason="uji coba kcat"),
    ]  # fmt: skip


async def _announce(api: FakeQueryApi) -> None:
    while True:
        await asyncio.sleep(15)
        api.publish("loaded", "{}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", nargs="?", default="full")
    parser.add_argument("--port", type=int, default=8180)
    parser.add_argument("--live", action="store_true", help="announce a loaded day every 15 seconds")
    arguments = parser.parse_args()
    api = fake(arguments.state)
    app = build_app(WebSettings(), api, FixedClock())
    server = build_server(app, "127.0.0.1", arguments.port, app.state.site.closing.set)

    async def run() -> None:
        background = asyncio.create_task(_announce(api)) if arguments.live else None
        await server.serve()
        if background:
            background.cancel()

    asyncio.run(run())


if __name__ == "__main__":
    main()
