"""What the serving database says of itself."""

from __future__ import annotations

from collections import Counter
from datetime import UTC

from nk_common.datasets.base import PartitionKey
from nk_query_api.serving.applying import Held, data_version
from nk_query_api.serving.checking.facts import HeldDays
from nk_query_api.serving.checking.findings import Findings
from nk_query_api.serving.snapshot import Snapshot


def held_days(look: Snapshot, findings: Findings) -> HeldDays:
    """What is held, as the snapshot sees it; what is noted twice is a finding."""
    rows = look.rows("SELECT dataset, day, version, as_of, rows FROM loaded_days")
    for (dataset, day), times in Counter((row[0], row[1]) for row in rows).items():
        if times > 1:
            findings.add("loaded_days", day, f"{dataset} is noted {times} times.")
    held = {
        PartitionKey(dataset, day): Held(version, as_of.replace(tzinfo=UTC), count)
        for dataset, day, version, as_of, count in rows
    }
    if look.data_version() != data_version(held):
        what = f"The data version {look.data_version()} is not that of what is held, {data_version(held)}."
        findings.add("data_version", None, what)
    return held
