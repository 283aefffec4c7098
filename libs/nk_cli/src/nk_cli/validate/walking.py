"""Which files the lake holds: those that lie where they should, and those that nobody wrote there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from nk_cli.validate.finding import Finding
from nk_cli.validate.places import LakeFile, Place
from nk_common.lake.layout import Layout
from nk_common.lake.writer import TEMPORARY_PREFIX

_LAYERS = ("raw", "clean", "star-schema")
_STAGING = "_staging"
_REJECTED = "_rejected"
_DAY_FOLDERS = re.compile(r"year=(\d{4})/month=(\d{2})/day=(\d{2})")
_LEFT_OVER_AFTER = timedelta(hours=1)
_REMOVE = "Move it out of the lake, or remove it."


@dataclass(frozen=True)
class Scope:
    """What is looked at: the places of some datasets, and inclusive days (None: no limit).

    `everywhere` is whether folders of unknown tables are looked at, too.
    """

    places: Mapping[tuple[str, str], Place]
    start: date | None
    end: date | None
    everywhere: bool

    def has(self, day: date | None) -> bool:
        """Whether `day` is looked at; what has no day always is."""
        return day is None or ((self.start or day) <= day <= (self.end or day))


def walk(layout: Layout, scope: Scope, now: datetime) -> Iterator[LakeFile | Finding]:
    """Every file below the layers, in no particular order."""
    for layer in _LAYERS:
        for folder, below, names in os.walk(layout.root / layer):
            if folder == str(layout.root / "raw"):
                below[:] = [name for name in below if name != _STAGING]  # chunks on their way, no layer
            for name in names:
                found = _classify(layout, scope, Path(folder, name), now)
                if found is not None:
                    yield found


def _classify(layout: Layout, scope: Scope, path: Path, now: datetime) -> LakeFile | Finding | None:
    layer, *rest = path.relative_to(layout.root).parts
    if layer == "clean" and rest[0] == _REJECTED and len(rest) > 1:
        layer, rest = "rejected", rest[1:]
    table = rest[0] if len(rest) > 1 else path.stem
    place = scope.places.get((layer, table))
    day = _day_of(rest)
    if not scope.has(day) or (place is None and not scope.everywhere):
        return None
    if path.name.startswith(TEMPORARY_PREFIX):
        return _leftover(layout, place, path, day, now)
    if place is None:
        return _extra(layout, place, path, day, _unknown_table(layer, table))
    # Only a dataset that is loaded whole has files without a day.
    if (day is not None) == (place.dataset.kind == "daily") and path == place.path(layout, day):
        return LakeFile(place, day, path)
    return _extra(layout, place, path, day, _why_extra(layout, place, path, day))


def _day_of(parts: list[str]) -> date | None:
    match = _DAY_FOLDERS.fullmatch("/".join(parts[1:-1]))
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _unknown_table(layer: str, table: str) -> str:
    return f"nkdash has no table {table} in {layer}, so this file is in no figure."


def _why_extra(layout: Layout, place: Place, path: Path, day: date | None) -> str:
    if place.dataset.kind == "whole":
        return f"{place.table} is one file, {place.path(layout, None).name}; this other one is in no figure."
    if day is None:
        return "It lies in no folder of a day (year=YYYY/month=MM/day=DD), so it is in no figure."
    named = re.fullmatch(r".*_(\d{4}-\d{2}-\d{2})\.parquet", path.name)
    if named and named[1] != str(day):
        return (
            f"Its name says {named[1]} and its folder {day}. nkdash reads neither day from it; other programs "
            "count it on one of them."
        )
    return (
        f"The folder of a day holds one file, {place.path(layout, day).name}. nkdash does not read this second "
        "one; other programs that read the whole folder count the day twice."
    )


def _extra(layout: Layout, place: Place | None, path: Path, day: date | None, sentence: str) -> Finding:
    return Finding(
        kind="extra",
        path=str(path.relative_to(layout.root)),
        dataset=place.dataset.name if place else None,
        day=day,
        sentence=sentence,
        action=_REMOVE,
    )


def _leftover(
    layout: Layout, place: Place | None, path: Path, day: date | None, now: datetime
) -> Finding | None:
    try:
        age = now.timestamp() - path.stat().st_mtime
    except FileNotFoundError:
        return None
    if age < _LEFT_OVER_AFTER.total_seconds():
        return None  # a writer may be at it
    return Finding(
        kind="leftover",
        path=str(path.relative_to(layout.root)),
        dataset=place.dataset.name if place else None,
        day=day,
        sentence=f"A writer that was killed {age / 3600:.0f} h ago left this; it is in no figure.",
        action="Start nkdash again, which sweeps such files, or run nk prune, which removes them after a day.",
    )
