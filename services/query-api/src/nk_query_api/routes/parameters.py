"""Query parameters, checked. An unknown one is a mistake and not silently ignored."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from nk_common.api.common import Compare, Grain
from nk_query_api.errors import BadQuestionError

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MAX_ROWS = 1000


def _iso_day(value: object) -> object:
    """Only `YYYY-MM-DD`: other forms (numbers, times) mean something else to whoever sends them."""
    if isinstance(value, str) and not _ISO_DAY.fullmatch(value):
        raise ValueError("must be a day such as 2025-12-23")
    return value


IsoDay = Annotated[date, BeforeValidator(_iso_day)]


class Parameters(BaseModel):
    """Base of all sets of parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RangeParameters(Parameters):
    """Inclusive days in the business time zone; today when none are given."""

    start: IsoDay | None = Field(default=None, description="First day; the same as `end` if not given.")
    end: IsoDay | None = Field(default=None, description="Last day; today if not given.")


class SummaryParameters(RangeParameters):
    compare: Compare = Field(default="none", description="What to compare the range with.")


class TrendParameters(SummaryParameters):
    grain: Grain = Field(default="day", description="Length of a bucket; weeks begin on Monday.")
    kpi: str = Field(default="revenue", description="A slug of `/v1/kpis`.")


class BreakdownParameters(RangeParameters):
    limit: int = Field(default=50, ge=1, le=MAX_ROWS, description="Rows at most; totals are over all.")


class PartitionParameters(RangeParameters):
    dataset: list[str] = Field(default=[], description="Datasets, all if not given; may be repeated.")


class RunParameters(Parameters):
    limit: int = Field(default=20, ge=1, le=MAX_ROWS)


class DeadLetterParameters(Parameters):
    limit: int = Field(default=50, ge=1, le=MAX_ROWS)


def _none(request: Request) -> None:
    for name in request.query_params:
        raise BadQuestionError(f"Unknown parameter {name!r}.")


NO_PARAMETERS = Depends(_none)
