"""What all events share: how they name their partition, and how they travel."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from nk_common.datasets.base import PartitionKey

Headers = dict[str, str]


class Event(BaseModel):
    """Base of all JSON events: immutable; unknown keys are drift and are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PartitionEvent(Event):
    """An event about one partition. `day` is null for a dataset that is loaded whole.

    `requested_at` travels unchanged from the request to the loaded day: the age of a figure is known
    at every stage. `as_of` is when Odoo was read.
    """

    dataset: str
    day: date | None
    run_id: str
    requested_at: datetime

    @property
    def partition(self) -> PartitionKey:
        return PartitionKey(self.dataset, self.day)


class Totals(Event):
    """Control totals as they travel; see `nk_common.datasets.base.ControlTotals`."""

    documents: int
    lines: int
    quantity: float
    amount: float
    payments: float
