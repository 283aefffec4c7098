"""Names of customers, for small lakes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from nk_common.datasets.base import PartitionKey
from support.lake_factory import LakeFactory, version_of


def write_partners(lake: LakeFactory, names: Mapping[int, str]) -> None:
    """All partners of the lake, by id, and the unknown one."""
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    rows = [
        {"partner_id": partner, "partner_name": name, "is_company": False, "active": True}
        for partner, name in {-1: "(no customer)", **names}.items()
    ]
    lake.write(PartitionKey("partners", None), {"dim_partners": rows}, version_of(moment), moment)
