"""When the digest of a day is sent, and what it must say of what is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from nk_common.api.common import Text
from nk_common.api.pipeline import PartitionState
from nk_common.clock import day_end
from nk_common.datasets import REGISTRY
from nk_notifier.digest import sentences as words

WANTED = ("pos", "invoice-sales")
"""What the figures of sales are made of."""
_NOT_LOADED = "not-loaded:"


@dataclass(frozen=True)
class Compared:
    """What the newest comparison with Odoo found, and when."""

    status: str
    at: datetime


@dataclass(frozen=True)
class Standing:
    """How far a day is. `missing` is waited for; `remarks` are said and not waited for. Each with a code."""

    missing: tuple[tuple[str, Text], ...]
    remarks: tuple[tuple[str, Text], ...]

    def served(self, days_missing: int) -> Standing:
        """The same, knowing how many days are missing from the figures: the ledger may say that a day is loaded while
        the query API has still to take it up."""
        if not days_missing or any(code.startswith(_NOT_LOADED) for code, _ in self.missing):
            return self
        return replace(self, missing=(("not-served:sales", words.NOT_SERVED), *self.missing))

    @property
    def said(self) -> tuple[tuple[str, Text], ...]:
        return (*self.missing, *self.remarks)


@dataclass(frozen=True)
class Hours:
    """Local times of day. `at` None: never; `latest` None: it waits for as long as the day is yesterday."""

    at: time | None
    latest: time | None

    @classmethod
    def of(cls, at: str, latest: str) -> Hours:
        """From texts such as `07:30`, or nothing."""
        return cls(*(time.fromisoformat(text) if text else None for text in (at, latest)))

    def reached(self, local: datetime) -> bool:
        return self.at is not None and local.time() >= self.at

    def over(self, local: datetime) -> bool:
        """Whether it is sent although something is missing."""
        return self.latest is not None and local.time() >= self.latest


def standing(
    day: date,
    states: Mapping[str, PartitionState],
    compared: Mapping[str, Compared],
    zone: ZoneInfo,
    *,
    reconciles: bool,
) -> Standing:
    """Of `day`, which is over. `reconciles`: days are compared with Odoo every night."""
    missing: list[tuple[str, Text]] = []
    remarks: list[tuple[str, Text]] = []
    for name in WANTED:
        title = _title(name)
        if states.get(name, "missing") not in ("loaded", "empty"):
            missing.append((f"{_NOT_LOADED}{name}", words.not_loaded(title)))
            continue
        found = compared.get(name)
        # A comparison of the evening before knows nothing of what was sold after it.
        if found is None or found.at < day_end(day, zone):
            if reconciles:
                missing.append((f"not-compared:{name}", words.not_compared(title)))
        elif found.status == "failed":
            remarks.append((f"not-compared:{name}", words.not_comparable(title)))
        elif found.status != "equal":
            remarks.append((f"differs:{name}", words.differs(title)))
    return Standing(tuple(missing), tuple(remarks))


def _title(name: str) -> Text:
    dataset = next(one for one in REGISTRY if one.name == name)
    return Text(id=dataset.title_id, en=dataset.title_en)
