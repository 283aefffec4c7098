"""What every answer of the query API carries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Compare = Literal["none", "previous", "year", "weekday"]
Grain = Literal["hour", "day", "week", "month"]
Unit = Literal["currency", "count", "quantity", "ratio"]


class ApiModel(BaseModel):
    """Base of all answers: immutable, and strict about unknown keys so that drift is noticed."""

    # Built when first used: nobody's first answer waits for the models of all others.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ApiRequest(ApiModel):
    """Base of all that is asked in a body: FastAPI builds those when it starts."""

    model_config = ConfigDict(defer_build=False)


class Text(ApiModel):
    """A text in both languages of the product."""

    id: str
    en: str


class DateRange(ApiModel):
    """Inclusive days in the business time zone."""

    start: date
    end: date


class Days(ApiModel):
    """How complete the asked days are. Missing is not zero: it is said."""

    requested: int
    loaded: int
    missing: int
    failed: int = Field(
        default=0,
        description="Days of which the newest attempt failed; what was loaded before is still shown.",
    )
    missing_days: list[date] = Field(description="The first 31 missing days.")
    failed_days: list[date] = Field(default=[], description="The first 31 failed days.")


class Meta(ApiModel):
    """Where a figure comes from."""

    data_version: str = Field(description="Changes exactly when any loaded day or dimension changes.")
    fresh_until: datetime | None = Field(
        description="Everything Odoo knew at this moment is in the figures; null when no day is loaded."
    )
    days: Days
    inputs: list[str] = Field(
        default=[], description="Datasets that the figures are made of; a day counts as loaded if all are."
    )
    timezone: str
    currency: str


class Problem(BaseModel):
    """RFC 9457 problem details; `detail` is one sentence a person can act on."""

    model_config = ConfigDict(defer_build=True)

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None
