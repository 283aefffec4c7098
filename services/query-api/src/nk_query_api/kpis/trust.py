"""KPIs of trust: how complete and how proven the days of a range are. Freshness is a moment and no figure.

They are computed over the days of the range that have come: one row for each, with 1 or 0 where it is known
whether it is `complete`, `missing`, `failed` or `reconciled`, and its `rejected` rows.
"""

from __future__ import annotations

from nk_common.api.common import Text
from nk_common.datasets import DAILY
from nk_query_api.kpis.base import Kpi

_INPUTS = tuple(dataset.name for dataset in DAILY)

DAYS_COMPLETE = Kpi(
    slug="days_complete",
    name=Text(id="Hari lengkap", en="Days complete"),
    description=Text(
        id="Hari yang dibaca setelah hari itu selesai, untuk semua jenis data.",
        en="Days that were read after they were over, for all datasets.",
    ),
    formula=Text(id="jumlah hari yang lengkap", en="number of days that are complete"),
    unit="count",
    sql="sum(complete)",
    of_nothing=None,
    relation="days",
    inputs=_INPUTS,
)
DAYS_MISSING = Kpi(
    slug="days_missing",
    name=Text(id="Hari belum dimuat", en="Days missing"),
    description=Text(
        id="Hari yang belum dimuat untuk sedikitnya satu jenis data.",
        en="Days that are not loaded for at least one dataset.",
    ),
    formula=Text(id="jumlah hari yang belum dimuat", en="number of days that are not loaded"),
    unit="count",
    sql="sum(missing)",
    of_nothing=None,
    relation="days",
    inputs=_INPUTS,
    higher_is_better=False,
)
DAYS_FAILED = Kpi(
    slug="days_failed",
    name=Text(id="Hari gagal", en="Days failed"),
    description=Text(
        id="Hari yang percobaan terakhirnya gagal; angka yang dimuat sebelumnya tetap ditampilkan.",
        en="Days of which the newest attempt failed; what was loaded before is still shown.",
    ),
    formula=Text(
        id="jumlah hari yang percobaan terakhirnya gagal", en="number of days whose newest attempt failed"
    ),
    unit="count",
    sql="sum(failed)",
    of_nothing=None,
    relation="days",
    inputs=_INPUTS,
    higher_is_better=False,
)
DAYS_RECONCILED = Kpi(
    slug="days_reconciled",
    name=Text(id="Hari cocok dengan Odoo", en="Reconciled days"),
    description=Text(
        id="Hari yang pada pembandingan terakhir sama dengan Odoo.",
        en="Days that the newest comparison found equal to Odoo.",
    ),
    formula=Text(
        id="jumlah hari yang hasil pembandingan terakhirnya sama",
        en="number of days whose newest comparison was equal",
    ),
    unit="count",
    sql="sum(reconciled)",
    of_nothing=None,
    relation="days",
    inputs=_INPUTS,
)
REJECTED_ROWS = Kpi(
    slug="rejected_rows",
    name=Text(id="Baris ditolak", en="Rejected rows"),
    description=Text(
        id="Baris dari Odoo yang tidak dapat dipakai dan disisihkan dengan alasannya.",
        en="Rows of Odoo that could not be used and were put aside with the reason.",
    ),
    formula=Text(id="jumlah baris yang ditolak", en="number of rejected rows"),
    unit="count",
    sql="sum(rejected)",
    of_nothing=None,
    relation="days",
    inputs=_INPUTS,
    higher_is_better=False,
)

TRUST_KPIS: tuple[Kpi, ...] = (DAYS_COMPLETE, DAYS_MISSING, DAYS_FAILED, DAYS_RECONCILED, REJECTED_ROWS)
