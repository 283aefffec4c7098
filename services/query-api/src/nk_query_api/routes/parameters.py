"""Query parameters, checked. An unknown one is a mistake and not silently ignored."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from nk_common.api.common import Compare, Grain
from nk_common.api.dead_letters import LetterState
from nk_common.planning import FIRST_DAY
from nk_query_api.errors import BadQuestionError
from nk_query_api.questions.filters import Filters, Source, Values
from nk_query_api.questions.presets import Preset
from nk_query_api.questions.profit.below_cost import Lines, Order, Sort
from nk_query_api.questions.windows import LAST_DAY

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MAX_ROWS = 1000
MAX_CHOICES = 200


def _iso_day(value: object) -> object:
    """Only `YYYY-MM-DD`: other forms (numbers, times) mean something else to whoever sends them."""
    if isinstance(value, str) and not _ISO_DAY.fullmatch(value):
        raise ValueError("must be a day such as 2025-12-23")
    return value


def _day_of_a_shop(day: date) -> date:
    """Beyond these, calendars end and what is reckoned from a day has no date."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"must lie between {FIRST_DAY} and {LAST_DAY}")
    return day


IsoDay = Annotated[date, BeforeValidator(_iso_day), AfterValidator(_day_of_a_shop)]


class Parameters(BaseModel):
    """Base of all sets of parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RangeParameters(Parameters):
    """Inclusive days in the business time zone; today when none are given."""

    start: IsoDay | None = Field(default=None, description="First day; the same as `end` if not given.")
    end: IsoDay | None = Field(default=None, description="Last day; today if not given.")


Ids = Annotated[list[Annotated[int, Field(ge=-1, le=2**53)]], Field(max_length=MAX_CHOICES)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=MAX_CHOICES)]


class FilterParameters(RangeParameters):
    """What every KPI can be narrowed down to. A parameter given twice means either; different ones mean both."""

    preset: Preset | None = Field(default=None, description="A range with a name, instead of start and end.")
    source: Source = Field(default="all", description="Sales of the till, invoices, or all.")
    store: Ids = Field(default=[], description="Ids of stores (POS configurations); -1 is no store.")
    cashier: Ids = Field(default=[], description="Ids of cashiers; -1 is no cashier.")
    customer: Ids = Field(default=[], description="Ids of customers; -1 is no customer.")
    payment_method: Ids = Field(default=[], description="Orders paid at least in part by one of these.")
    product: Ids = Field(default=[], description="Ids of products.")
    category: Ids = Field(default=[], description="Ids of categories; -1 is no category.")
    parent_category: Names = Field(default=[], description="Names of top-level categories.")
    brand: Ids = Field(default=[], description="Ids of brands; -1 is no brand.")
    principal: Names = Field(default=[], description="Names of principals.")
    hour_from: int = Field(default=0, ge=0, le=23, description="First hour of the day.")
    hour_to: int = Field(default=23, ge=0, le=23, description="Last hour of the day, included.")

    @property
    def filters(self) -> Filters:
        """Raises BadQuestionError."""
        if self.hour_from > self.hour_to:
            raise BadQuestionError(
                f"The hours end ({self.hour_to}) before they begin ({self.hour_from}); they lie within one day."
            )
        groups: dict[str, Values] = {
            "product": tuple(self.product),
            "category": tuple(self.category),
            "parent": tuple(self.parent_category),
            "brand": tuple(self.brand),
            "principal": tuple(self.principal),
        }
        all_day = (self.hour_from, self.hour_to) == (0, 23)
        return Filters(
            source=self.source,
            stores=tuple(self.store),
            cashiers=tuple(self.cashier),
            customers=tuple(self.customer),
            payment_methods=tuple(self.payment_method),
            hours=None if all_day else (self.hour_from, self.hour_to),
            product_groups={group: values for group, values in groups.items() if values},
        )


class SummaryParameters(FilterParameters):
    compare: Compare = Field(default="none", description="What to compare the range with.")


class TrendParameters(SummaryParameters):
    grain: Grain = Field(default="day", description="Length of a bucket; weeks begin on Monday.")
    kpi: str | None = Field(
        default=None, description="A slug of `/v1/kpis`; the first of the subject if not given."
    )


class BreakdownParameters(SummaryParameters):
    kpi: list[str] = Field(
        default=[], max_length=30, description="Further figures of each row; may be repeated."
    )
    sort: str | None = Field(
        default=None, description="The slug of a figure, `label`, or `change` (with a comparison)."
    )
    order: Literal["asc", "desc"] = Field(default="desc", description="Direction of the order.")
    search: str = Field(default="", max_length=100, description="Rows whose labels contain this.")
    limit: int = Field(default=50, ge=1, le=MAX_ROWS, description="Rows at most; totals are over all.")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="Rows to pass over.")


class HeatmapParameters(FilterParameters):
    kpi: str = Field(default="revenue", description="A slug of `/v1/kpis`.")
    rows: Literal["weekday", "date"] = Field(default="weekday", description="What a row is.")


class PartitionParameters(RangeParameters):
    dataset: list[str] = Field(default=[], description="Datasets, all if not given; may be repeated.")


class RunParameters(Parameters):
    limit: int = Field(default=20, ge=1, le=MAX_ROWS)


class DeadLetterParameters(Parameters):
    state: LetterState | None = Field(
        default=None,
        description="Only those that nothing was done about, or only the others; all if not given.",
    )
    limit: int = Field(default=50, ge=1, le=MAX_ROWS, description="Letters at most.")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="Letters to pass over.")


class MemberParameters(Parameters):
    search: str = Field(
        default="", max_length=100, description="Members whose label, code or barcode contains this."
    )
    active: bool | None = Field(
        default=None,
        description="Only those that are not archived (true) or that are (false); all if not given.",
    )
    limit: int = Field(default=50, ge=1, le=MAX_ROWS, description="Members at most.")
    offset: int = Field(default=0, ge=0, le=10_000_000, description="Members to pass over.")


class BelowCostParameters(FilterParameters):
    sort: Sort = Field(default="loss", description="What the lines are sorted by.")
    order: Order = Field(default="desc", description="Direction of the order.")
    search: str = Field(
        default="", max_length=100, description="Lines of products whose name, code or barcode contains this."
    )
    limit: int = Field(default=50, ge=1, le=MAX_ROWS, description="Lines at most; totals are over all.")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="Lines to pass over.")

    @property
    def page(self) -> Lines:
        return Lines(self.sort, self.order, self.search, self.limit, self.offset)


class CostHistoryParameters(RangeParameters):
    product: int = Field(ge=-1, le=2**53, description="Id of the product.")
    limit: int = Field(default=200, ge=1, le=MAX_ROWS, description="Events at most.")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="Events to pass over.")


def _none(request: Request) -> None:
    for name in request.query_params:
        raise BadQuestionError(f"Unknown parameter {name!r}.")


NO_PARAMETERS = Depends(_none)
