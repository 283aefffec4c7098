"""Answers of `/v1/pipeline/trust`: how far the figures of a range may be relied on."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from nk_common.api.common import ApiModel, DateRange
from nk_common.api.sales import KpiValue

_LEDGER = "null while the ledger cannot be read."


class TrustFigures(ApiModel):
    """Days of the range that have come, by what is known of them. `loaded`, `partial` and `missing` add up to
    `requested`; the others count days of any of these."""

    requested: int
    loaded: int = Field(description="Can be asked about, and were read after they were over.")
    partial: int = Field(description="Can be asked about, and were read before they were over.")
    missing: int = Field(description="Cannot be asked about.")
    failed: int | None = Field(
        description=f"The newest attempt failed; what was loaded before is still shown; {_LEDGER}"
    )
    running: int | None = Field(description=f"On their way through the pipeline; {_LEDGER}")
    rejected_rows: int | None = Field(
        description=f"Rows that could not be used and were put aside; {_LEDGER}"
    )
    reconciled: int | None = Field(
        description="Days whose newest comparison with Odoo found them equal; null where Odoo cannot be asked "
        "(what is derived from other days), or while the ledger cannot be read."
    )
    differing: int | None = Field(
        description="Days whose newest comparison found a difference; null as above."
    )
    last_reconciled_at: datetime | None = Field(
        description="The newest comparison of any of the days; null when there was none."
    )
    fresh_until: datetime | None = Field(
        description="What Odoo knew by then is in the figures; null when no day is loaded."
    )


class DatasetTrust(TrustFigures):
    """The same of one dataset."""

    dataset: str


class DimensionsTrust(ApiModel):
    """What names things: datasets that are loaded whole."""

    loaded: int
    missing: int
    fresh_until: datetime | None = Field(description="When the oldest of them was read.")


class Trust(ApiModel):
    """`GET /v1/pipeline/trust`

    `together`: a day is loaded if it is for every dataset; missing, failed, running or differing if it is for
    any; reconciled if every dataset that Odoo can be asked about is equal. `fresh_until` is the oldest.
    """

    data_version: str
    timezone: str
    range: DateRange
    together: TrustFigures
    missing_days: list[date] = Field(
        default=[], description="The first 31 that `together` counts as missing."
    )
    failed_days: list[date] | None = Field(
        default=None, description=f"The first 31 that it counts as failed; {_LEDGER}"
    )
    differing_days: list[date] | None = Field(
        default=None, description=f"The first 31 that it counts as differing; {_LEDGER}"
    )
    datasets: list[DatasetTrust]
    dimensions: DimensionsTrust
    kpis: list[KpiValue] = Field(description="The main figures of `together`, with their names.")
    ledger_problem: str | None = Field(
        description="Why the ledger cannot be read, in a sentence; its figures are then null."
    )
