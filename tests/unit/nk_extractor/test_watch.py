"""The change watch: what changed in Odoo, mapped to its local days, each change asked for once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from nk_common.datasets.base import PartitionKey
from nk_common.errors import NoOdooError, OdooCredentialsError, OdooRefusedError, OdooUnavailableError
from nk_common.events.topics import EXTRACT_REQUESTED
from nk_common.health.outage import outage_of
from nk_common.ledger.routines import WATCH, RoutineRow, Routines
from nk_extractor.odoo.client import OdooClient
from nk_extractor.watch import ChangeWatch
from support.fake_odoo import FakeOdoo, order, shop


@pytest.fixture
def odoo() -> FakeOdoo:
    return shop(order(1, "2026-01-10 01:00:00", write_date="2026-01-10 01:00:00"))


@pytest.fixture
def watch(parts: Any, odoo: FakeOdoo) -> ChangeWatch:
    parts.writer.advance_watermark("pos.order", datetime(2026, 1, 10, 5, tzinfo=UTC))
    return ChangeWatch(
        parts.settings, OdooClient(odoo, 1000), parts.reader, parts.writer, parts.planner, parts.clock
    )


@pytest.fixture(autouse=True)
def a_minute_later(parts: Any) -> None:
    """What is written in the very second of a look would be asked for again by the next."""
    parts.clock.tick(minutes=1)


async def asked(parts: Any) -> list[str | None]:
    await parts.dispatcher.once()
    keys = [s.key for s in parts.bus.on(EXTRACT_REQUESTED)]
    parts.bus.sent.clear()
    return keys


def touch(odoo: FakeOdoo, date_order: str, write_date: str, **changes: Any) -> None:
    new = len(odoo.records["pos.order"]) + 1
    odoo.records["pos.order"].append(order(new, date_order, write_date=write_date, **changes))


async def test_nothing_new_asks_for_nothing(parts: Any, watch: ChangeWatch) -> None:
    await watch.once()
    assert await asked(parts) == []


async def test_a_sale_asks_for_its_local_day_once(parts: Any, watch: ChangeWatch, odoo: FakeOdoo) -> None:
    """17:30 UTC on the 9th is the 10th in Jakarta. The overlap reads the row again; it is not news."""
    touch(odoo, "2026-01-09 17:30:00", "2026-01-10 05:00:01")
    await watch.once()
    assert await asked(parts) == ["pos|2026-01-10"]
    await watch.once()
    assert await asked(parts) == []


async def test_an_order_changed_again_is_news_again(parts: Any, watch: ChangeWatch, odoo: FakeOdoo) -> None:
    touch(odoo, "2026-01-09 03:00:00", "2026-01-10 05:00:01")
    await watch.once()
    await asked(parts)
    parts.clock.tick(seconds=8)
    odoo.records["pos.order"][-1] |= {"state": "cancel", "write_date": "2026-01-10 05:00:09"}
    await watch.once()
    assert await asked(parts) == ["pos|2026-01-09"], "a cancelled order must leave its day"


async def test_days_before_the_window_are_asked_for_only_when_they_are_loaded(
    parts: Any, watch: ChangeWatch, odoo: FakeOdoo
) -> None:
    known = PartitionKey("pos", date(2025, 11, 5))
    parts.writer.request([known], "r", "backfill", parts.clock.now())
    touch(odoo, "2025-11-05 03:00:00", "2026-01-10 05:00:01")
    touch(odoo, "2025-11-06 03:00:00", "2026-01-10 05:00:02")
    await watch.once()
    assert await asked(parts) == [str(known)]


MOVE_LINE = {"date": "2026-01-09 17:30:00", "write_date": "2026-01-10 05:00:01"}
MOVE = {"date": "2026-01-09", "state": "cancel", "write_date": "2026-01-10 05:00:01"}


@pytest.mark.parametrize(
    ("model", "record", "keys"),
    [
        ("stock.move.line", {**MOVE_LINE, "state": "done"}, ["inventory-moves|2026-01-10"]),
        ("stock.move.line", {**MOVE_LINE, "state": "assigned"}, []),
        ("account.move", {**MOVE, "move_type": "out_refund"}, ["invoice-sales|2026-01-09"]),
        ("account.move", {**MOVE, "move_type": "in_invoice"}, ["purchases|2026-01-09"]),
        ("account.move", {**MOVE, "move_type": "entry"}, []),
        ("account.move", {**MOVE, "move_type": "in_invoice", "date": "2026-01-11"}, []),
    ],
)
async def test_which_day_of_which_dataset_a_record_touches(
    model: str, record: dict[str, Any], keys: list[str], parts: Any, watch: ChangeWatch, odoo: FakeOdoo
) -> None:
    """Plans and reservations move nothing; an accounting date has no time; tomorrow is not loaded yet."""
    parts.writer.advance_watermark(model, datetime(2026, 1, 10, 5, tzinfo=UTC))
    odoo.records[model] = [{"id": 1, **record}]
    await watch.once()
    assert await asked(parts) == keys


async def test_many_changes_in_one_second_are_all_seen(
    parts: Any, watch: ChangeWatch, odoo: FakeOdoo
) -> None:
    """2,500 orders with one `write_date` and pages of 1,000: the keyset goes on by id."""
    for _ in range(2499):
        touch(odoo, "2026-01-09 03:00:00", "2026-01-10 05:00:01")
    touch(odoo, "2026-01-08 03:00:00", "2026-01-10 05:00:01")
    await watch.once()
    assert await asked(parts) == ["pos|2026-01-09", "pos|2026-01-08"]


async def test_a_mass_edit_hides_no_later_change(parts: Any, watch: ChangeWatch, odoo: FakeOdoo) -> None:
    """1,500 orders of one second, then an order of a lower id a second later: it is on no page after them."""
    touch(odoo, "2026-01-08 03:00:00", "2026-01-10 05:00:02")
    for _ in range(1500):
        touch(odoo, "2026-01-09 03:00:00", "2026-01-10 05:00:01")
    await watch.once()
    assert await asked(parts) == ["pos|2026-01-09", "pos|2026-01-08"]


async def test_a_change_in_the_second_of_the_look_is_news_again(
    parts: Any, watch: ChangeWatch, odoo: FakeOdoo
) -> None:
    """Seconds are all that Odoo shows: the order may be written once more before this one is over."""
    touch(odoo, "2026-01-09 03:00:00", f"{parts.clock.now():%Y-%m-%d %H:%M:%S}")
    await watch.once()
    await asked(parts)
    parts.clock.tick(seconds=2)
    await watch.once()
    assert await asked(parts) == ["pos|2026-01-09"]
    await watch.once()
    assert await asked(parts) == []


async def test_an_odoo_that_is_away_moves_no_watermark(
    parts: Any, watch: ChangeWatch, odoo: FakeOdoo
) -> None:
    before = parts.writer.watermark("pos.order")

    def away(*_: Any) -> Any:
        raise OdooUnavailableError("away")

    touch(odoo, "2026-01-09 03:00:00", "2026-01-10 05:00:01")
    odoo.hook = away
    with pytest.raises(OdooUnavailableError):
        await watch.once()
    assert parts.writer.watermark("pos.order") == before
    odoo.hook = lambda _m, _n, answer: answer
    await watch.once()
    assert await asked(parts) == ["pos|2026-01-09"]


def refuse(odoo: FakeOdoo, said: str = "Odoo is away.") -> None:
    def away(*_: Any) -> Any:
        raise OdooUnavailableError(said)

    odoo.hook = away


def answer_again(odoo: FakeOdoo) -> None:
    odoo.hook = lambda _model, _method, answer: answer


def noted(parts: Any) -> RoutineRow:
    row = parts.reader.watch()
    assert row is not None
    return row  # type: ignore[no-any-return]


async def test_a_look_that_failed_is_kept_until_one_succeeds(
    parts: Any, watch: ChangeWatch, odoo: FakeOdoo
) -> None:
    """Since the first that failed, with the newest reason; and Odoo is away for that long."""
    Routines(parts.engine).tell(WATCH, "15", parts.clock.now())
    await watch.look()
    looked = noted(parts).looked_at
    parts.clock.tick(seconds=15)
    since = parts.clock.now()
    refuse(odoo)
    await watch.look()
    parts.clock.tick(minutes=9)
    refuse(odoo, "Odoo timed out.")
    await watch.look()
    row = noted(parts)
    assert (row.failing_since, row.failed_at, row.looked_at) == (since, parts.clock.now(), looked)
    outage = outage_of(row, parts.clock.now())
    assert outage is not None
    assert (outage.since, outage.error) == (since, "Odoo timed out.")
    answer_again(odoo)
    await watch.look()
    row = noted(parts)
    assert (row.failing_since, row.failed_at, row.error_class, row.error) == (None, None, None, None)
    assert outage_of(row, parts.clock.now()) is None


@pytest.mark.parametrize(
    ("error", "refused"),
    [(OdooCredentialsError("The key has expired."), True), (NoOdooError("A proxy says 404."), False)],
)
async def test_a_look_at_nothing_has_failed(
    parts: Any, watch: ChangeWatch, odoo: FakeOdoo, error: Exception, refused: bool
) -> None:
    Routines(parts.engine).tell(WATCH, "15", parts.clock.now())

    def fails(*_: Any) -> Any:
        raise error

    odoo.hook = fails
    await watch.look()
    assert noted(parts).looked_at is None
    outage = outage_of(noted(parts), parts.clock.now())
    assert outage is not None
    assert (outage.refused, outage.error) == (refused, str(error))


async def test_one_model_that_may_not_be_read_fails_no_look(
    parts: Any, watch: ChangeWatch, odoo: FakeOdoo
) -> None:
    Routines(parts.engine).tell(WATCH, "15", parts.clock.now())

    def no_rights(model: str, _method: str, answer: Any) -> Any:
        if model == "account.move":
            raise OdooRefusedError("No rights.")
        return answer

    odoo.hook = no_rights
    touch(odoo, "2026-01-09 03:00:00", "2026-01-10 05:00:01")
    await watch.look()
    assert await asked(parts) == ["pos|2026-01-09"]
    assert noted(parts).looked_at == parts.clock.now()
    assert noted(parts).error is None


async def test_what_an_extractor_found_that_is_gone_is_not_known_to_last(
    parts: Any, watch: ChangeWatch, odoo: FakeOdoo
) -> None:
    """And one that begins afterwards did not last since then."""
    Routines(parts.engine).tell(WATCH, "15", parts.clock.now())
    refuse(odoo)
    await watch.look()
    parts.clock.tick(minutes=10)
    assert outage_of(noted(parts), parts.clock.now()) is not None
    parts.clock.tick(seconds=1)
    assert outage_of(noted(parts), parts.clock.now()) is None
    await watch.look()
    assert noted(parts).failing_since == parts.clock.now()
    Routines(parts.engine).tell(WATCH, "", parts.clock.now())
    assert noted(parts).error is None, "nobody looks any more"


async def test_looks_that_are_far_apart_are_remembered_for_longer(
    parts: Any, watch: ChangeWatch, odoo: FakeOdoo
) -> None:
    Routines(parts.engine).tell(WATCH, "900", parts.clock.now())
    refuse(odoo)
    await watch.look()
    assert outage_of(noted(parts), parts.clock.now() + timedelta(minutes=45)) is not None
    assert outage_of(noted(parts), parts.clock.now() + timedelta(minutes=46)) is None


async def test_the_key_is_never_in_what_is_kept(parts: Any, odoo: FakeOdoo) -> None:
    """Libraries repeat what they cannot send."""
    Routines(parts.engine).tell(WATCH, "15", parts.clock.now())
    settings = parts.settings.model_copy(update={"odoo_api_key": SecretStr("very-secret")})
    client = OdooClient(odoo, 1000)
    watch = ChangeWatch(settings, client, parts.reader, parts.writer, parts.planner, parts.clock)
    refuse(odoo, "Illegal header value b'Bearer very-secret'")
    await watch.look()
    assert noted(parts).error == "Illegal header value b'Bearer ...'"


async def test_of_two_extractors_one_looks(parts: Any, watch: ChangeWatch, odoo: FakeOdoo) -> None:
    """Both would ask for every change: what one has seen, the other does not know. The other one looks once the first
    has not for some time, and at once where it took its leave."""
    Routines(parts.engine).tell(WATCH, "15", parts.clock.now())
    other = ChangeWatch(
        parts.settings, OdooClient(odoo, 1000), parts.reader, parts.writer, parts.planner, parts.clock
    )
    touch(odoo, "2026-01-09 17:30:00", "2026-01-10 05:00:01")
    await watch.look()
    assert await asked(parts) == ["pos|2026-01-10"]
    for _ in range(8):
        parts.clock.tick(seconds=15)
        await watch.look()
        await other.look()
        assert await asked(parts) == []
    parts.clock.tick(seconds=44)
    await other.look()
    assert await asked(parts) == []
    parts.clock.tick(seconds=1)
    await other.look()
    assert await asked(parts) == ["pos|2026-01-10"], "nobody knows whether the one that is gone had asked"
    loop = asyncio.create_task(other.run())
    await asyncio.sleep(0.2)
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    touch(odoo, "2026-01-09 03:00:00", "2026-01-10 05:05:00")
    await watch.look()
    assert await asked(parts) == ["pos|2026-01-09"]
