"""`/v1/inventory/movements`: what moved, by kind, day, product or place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nk_common.api.common import Text
from nk_common.api.inventory import MovedRow, Movements, MovementType
from nk_common.star.stock import MOVEMENT_TYPES
from nk_query_api.questions.context import Context, meta
from nk_query_api.questions.inventory.catalogue import Places, catalogue, places
from nk_query_api.questions.inventory.ends import MOVES
from nk_query_api.questions.inventory.listing import Page, check_sort, grouped, rows_of_page
from nk_query_api.questions.inventory.moved import SUMS, By, Moved, moved
from nk_query_api.questions.windows import Window
from nk_query_api.serving.sale_lines import UNKNOWN_NAME
from nk_query_api.serving.snapshot import Snapshot

TYPE_NAMES: dict[str, Text] = {
    "incoming": Text(id="Masuk dari pemasok", en="Incoming"),
    "outgoing": Text(id="Keluar ke pelanggan", en="Outgoing"),
    "transfer": Text(id="Transfer", en="Transfer"),
    "production_in": Text(id="Hasil produksi", en="Production in"),
    "production_out": Text(id="Dipakai produksi", en="Production out"),
    "adjustment": Text(id="Penyesuaian", en="Adjustment"),
    "scrap": Text(id="Dibuang", en="Scrap"),
    "return_in": Text(id="Retur dari pelanggan", en="Return in"),
    "return_out": Text(id="Retur ke pemasok", en="Return out"),
}
_SORTS = ("key", "label", *SUMS)


@dataclass(frozen=True)
class MovementsQuestion:
    """Which moves, and the page of their members."""

    moved: Moved
    page: Page


def check_movements(asked: MovementsQuestion) -> None:
    """Raises BadQuestionError for a kind of move, or an order, that there is not."""
    check_sort(asked.page, _SORTS)


def movements(look: Snapshot, asked: MovementsQuestion, window: Window, context: Context) -> Movements:
    """The answer, from one snapshot. Of moves that are not loaded nothing is told, which the days say."""
    sums = moved(look, asked.moved, window)
    types = _types(sums)
    rows, found = _kinds(types, asked.page) if asked.moved.by == "type" else _rows(look, asked, sums)
    return Movements(
        meta=meta(look, window, MOVES, context),
        range=window.range,
        by=asked.moved.by,
        types=types,
        total_rows=found,
        rows=rows,
    )


def _types(sums: Mapping[str, npt.NDArray[Any]]) -> list[MovementType]:
    """In the order of rule 10; a kind of which nothing moved is not there."""
    there, of = np.unique(sums["kind"], return_inverse=True)
    totals = grouped({name: sums[name] for name in SUMS}, of, len(there))
    place = {kind: n for n, kind in enumerate(there)}
    return [
        MovementType(
            **_moved(kind, [kind], totals, n, {kind: _number(totals["quantity"][n])}), name=TYPE_NAMES[kind]
        )
        for kind in MOVEMENT_TYPES
        if (n := place.get(kind)) is not None
    ]


def _kinds(types: list[MovementType], page: Page) -> tuple[list[MovedRow], int]:
    """The kinds as rows."""
    ordered = sorted(types, key=lambda kind: kind.key)
    ordered.sort(key=lambda kind: getattr(kind, page.sort), reverse=page.order == "desc")
    rows = [MovedRow(**kind.model_dump(exclude={"name"})) for kind in ordered]
    return rows[page.offset : page.offset + page.limit], len(rows)


def _rows(
    look: Snapshot, asked: MovementsQuestion, sums: Mapping[str, npt.NDArray[Any]]
) -> tuple[list[MovedRow], int]:
    members, of = np.unique(sums["member"], return_inverse=True)
    totals = grouped({name: sums[name] for name in SUMS}, of, len(members))
    keys = [
        str(member)
        for member in members.astype("datetime64[D]" if asked.moved.by == "day" else members.dtype)
    ]
    paths = _paths(look, asked.moved.by, members, keys)
    values: npt.NDArray[Any] = np.array(keys, object)
    if asked.page.sort == "label":
        values = np.array([path[-1].lower() for path in paths], object)
    elif asked.page.sort != "key":
        values = totals[asked.page.sort]
    shown = rows_of_page(asked.page, values, np.array(keys, np.str_))
    kinds = _kinds_of(sums, of, shown)
    return [MovedRow(**_moved(keys[n], paths[n], totals, n, kinds[n])) for n in shown.tolist()], len(members)


def _kinds_of(sums: Mapping[str, npt.NDArray[Any]], of: Places, shown: Places) -> dict[int, dict[str, float]]:
    """`quantity` of each of the members, by kind, in the order of rule 10."""
    rows = np.flatnonzero(np.isin(of, shown))
    found: dict[int, dict[str, float]] = {n: dict.fromkeys(MOVEMENT_TYPES, 0.0) for n in shown.tolist()}
    there: set[tuple[int, str]] = set()
    for row in rows.tolist():
        n, kind = int(of[row]), sums["kind"][row]
        found[n][kind] += float(sums["quantity"][row])
        there.add((n, kind))
    return {
        n: {kind: _number(value) for kind, value in kinds.items() if (n, kind) in there}
        for n, kinds in found.items()
    }


def _paths(look: Snapshot, by: By, members: npt.NDArray[Any], keys: list[str]) -> list[list[str]]:
    if by == "product":
        known = catalogue(look)
        return [known.path(at) for at in known.places(members)]
    if by == "location":
        names = {key: place.name for key, place in places(look).items()}
        return [[names.get(location) or UNKNOWN_NAME] for location in members.tolist()]
    return [[key] for key in keys]


def _moved(
    key: str, path: list[str], sums: Mapping[str, npt.NDArray[Any]], row: int, by_type: dict[str, float]
) -> dict[str, Any]:
    """Fields of a MovedRow."""
    numbers = {name: _number(sums[name][row]) for name in SUMS if name != "lines"}
    lines = int(sums["lines"][row])
    return {"key": key, "label": path[-1], "path": path, "lines": lines, **numbers, "by_type": by_type}


def _number(value: float) -> float:
    return round(float(value), 4) + 0.0
