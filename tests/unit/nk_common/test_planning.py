"""Planning: exactly which days a command runs."""

from __future__ import annotations

from datetime import date

import pytest

from nk_common.api.pipeline import PartitionState
from nk_common.datasets import WHOLES
from nk_common.datasets.base import PartitionKey
from nk_common.errors import BadCommandError
from nk_common.events.commands import BackfillCommand, RefreshDimensionsCommand
from nk_common.planning import in_rows, plan_backfill, plan_refresh

TODAY = date(2026, 1, 10)
STATES: dict[int, PartitionState] = {
    1: "loaded",
    2: "failed",
    3: "missing",
    4: "partial",
    5: "empty",
    6: "stale",
    7: "running",
}


def state_of(key: PartitionKey) -> PartitionState:
    return STATES[key.day.day] if key.day else "loaded"


def command(
    start: str, end: str, *, force: bool = False, datasets: tuple[str, ...] = ("pos",)
) -> BackfillCommand:
    return BackfillCommand(
        datasets=list(datasets), start=date.fromisoformat(start), end=date.fromisoformat(end), force=force
    )


def test_only_what_is_missing_failed_or_unfinished_runs() -> None:
    plan = plan_backfill(command("2026-01-01", "2026-01-07"), TODAY, state_of)
    assert [item.partition.day.day for item in plan if item.run and item.partition.day] == [2, 3, 4, 6]
    assert len(plan) == 7, "what is passed over is in the plan, too"


def test_force_runs_everything() -> None:
    assert all(
        item.run for item in plan_backfill(command("2026-01-01", "2026-01-07", force=True), TODAY, state_of)
    )


def test_dimensions_stand_for_all_of_them() -> None:
    plan = plan_backfill(command("2026-01-03", "2026-01-03", datasets=("dimensions", "pos")), TODAY, state_of)
    assert [str(i.partition) for i in plan] == [
        *(f"{dataset.name}|whole" for dataset in WHOLES),
        "pos|2026-01-03",
    ]


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-01-05", "2026-01-04", "ends .* before it begins"),
        ("2026-01-05", "2026-01-11", "has not come yet"),
        ("0001-01-01", "2026-01-01", "cannot be loaded"),
        ("2010-01-01", "2026-01-01", "at most 3660"),
    ],
)
def test_ranges_that_cannot_be_meant_are_refused(start: str, end: str, words: str) -> None:
    with pytest.raises(BadCommandError, match=words):
        plan_backfill(command(start, end), TODAY, state_of)


def test_unknown_datasets_are_refused_with_the_known_ones() -> None:
    with pytest.raises(BadCommandError, match="no dataset 'sales'.*pos"):
        plan_backfill(command("2026-01-01", "2026-01-02", datasets=("sales",)), TODAY, state_of)


def test_a_replay_runs_every_day_that_has_the_layer() -> None:
    """Also loaded ones: that they are made again is what is asked for."""
    asked = command("2026-01-01", "2026-01-05").model_copy(update={"from_stage": "raw"})
    plan = plan_backfill(asked, TODAY, lambda _: "loaded", lambda key: key.day != date(2026, 1, 3))
    assert [i.partition.day.day for i in plan if i.run and i.partition.day] == [1, 2, 4, 5]


def test_refresh_takes_dimensions_only() -> None:
    plan = plan_refresh(RefreshDimensionsCommand(targets=["products"]), state_of)
    assert [str(i.partition) for i in plan if i.run] == ["products|whole"]
    with pytest.raises(BadCommandError, match="day by day"):
        plan_refresh(RefreshDimensionsCommand(targets=["pos"]), state_of)


def test_days_in_a_row_are_said_as_one() -> None:
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 5), date(2026, 1, 4)]
    keys = [PartitionKey("pos", day) for day in days] + [PartitionKey("products", None)]
    assert in_rows(keys) == {
        "pos": ["2025-12-31/2026-01-01", "2026-01-03/2026-01-05"],
        "products": ["whole"],
    }
    assert in_rows([PartitionKey("pos", days[0])]) == {"pos": ["2025-12-31"]}
    assert in_rows([]) == {}
