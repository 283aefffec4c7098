"""`/v1/inventory/movements`: what moved, by kind, day, product or place, and whether it explains the stock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nk_common.api.common import Text
from nk_common.api.inventory import MovedRow, Movements, MovementType
from nk_common.star.stock import MOVEMENT_TYPES
from nk_query_api.kpis.dimensions import PRODUCT, PRODUCT_LABELS
from nk_query_api.questions.context import Context, meta
from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.ends import MOVES
from nk_query_api.questions.inventory.listing import Page, check_sort, listed
from nk_query_api.questions.inventory.moves import move_rows
from nk_query_api.questions.inventory.reconciliation import reconciliation
from nk_query_api.questions.inventory.scope import PRODUCT_ID, Scope
from nk_query_api.questions.windows import Window
from nk_query_api.serving.sale_lines import UNKNOWN_NAME
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.serving.stock_moves import STOCK_MOVES_BY_PLACE

By = Literal["type", "day", "product", "location"]
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
_SORTS = ("key", "label", "lines", "quantity", "arrived", "departed", "effect")


@dataclass(frozen=True)
class _Split:
    """`column` is that of the moves; `key` and `path` are SQL over its `member` in `f` and what is joined to it."""

    column: str
    key: str
    path: str
    labels: str = ""


_NAMED = "CAST(f.member AS VARCHAR)"
_SPLITS: dict[By, _Split] = {
    "type": _Split("movement_type", _NAMED, f"[{_NAMED}]"),
    "day": _Split("day", _NAMED, f"[{_NAMED}]"),
    "product": _Split(
        "product_id", _NAMED, f"[{', '.join(PRODUCT.path)}]", PRODUCT_LABELS.replace(PRODUCT_ID, "f.member")
    ),
    "location": _Split(
        "location_id",
        _NAMED,
        f"[coalesce(l.complete_name, '{UNKNOWN_NAME}')]",
        "LEFT JOIN dim_locations AS l ON l.location_id = f.member",
    ),
}


@dataclass(frozen=True)
class MovementsQuestion:
    """`types` narrows the rows, not the reconciliation, of which `explained` is the page."""

    by: By
    types: tuple[str, ...]
    scope: Scope
    page: Page
    explained: Page

    @property
    def from_places(self) -> bool:
        """Whether moves are seen from single places, which a transfer leaves or comes to."""
        return self.by == "location" or bool(self.scope.locations)


def check_movements(asked: MovementsQuestion) -> None:
    """Raises BadQuestionError for a kind of move, or an order, that there is not."""
    check_sort(asked.page, _SORTS)


def movements(look: Snapshot, asked: MovementsQuestion, window: Window, context: Context) -> Movements:
    """The answer, from one snapshot. Of moves that are not loaded nothing is told, which the days say."""
    types = _types(look, asked, window)
    rows, found = _kinds(types, asked.page) if asked.by == "type" else _rows(look, asked, window)
    return Movements(
        meta=meta(look, window, MOVES, context),
        range=window.range,
        by=asked.by,
        types=types,
        total_rows=found,
        rows=rows,
        reconciliation=reconciliation(look, window, asked.scope, asked.explained, context),
    )


def _types(look: Snapshot, asked: MovementsQuestion, window: Window) -> list[MovementType]:
    """In the order of rule 10; a kind of which nothing moved is not there."""
    binder = Binder()
    sums = _sums(asked, window, "type", "movement_type", binder)
    found = {kind: row for kind, *row in look.rows(f"SELECT {sums} GROUP BY movement_type", binder.values)}
    return [
        MovementType(
            **_moved((kind, [kind], *found[kind])),
            name=TYPE_NAMES[kind],
            by_type={kind: _number(found[kind][1])},
        )
        for kind in MOVEMENT_TYPES
        if kind in found
    ]


def _kinds(types: list[MovementType], page: Page) -> tuple[list[MovedRow], int]:
    """The kinds as rows."""
    ordered = sorted(types, key=lambda kind: kind.key)
    ordered.sort(key=lambda kind: getattr(kind, page.sort), reverse=page.order == "desc")
    rows = [MovedRow(**kind.model_dump(exclude={"name"})) for kind in ordered]
    return rows[page.offset : page.offset + page.limit], len(rows)


def _rows(look: Snapshot, asked: MovementsQuestion, window: Window) -> tuple[list[MovedRow], int]:
    binder = Binder()
    split = _SPLITS[asked.by]
    moved = "(arrived - departed)" if asked.from_places else "moved"
    kinds = ", ".join(f"sum({moved}) FILTER (movement_type = '{kind}') AS {kind}" for kind in MOVEMENT_TYPES)
    columns = f"grouping({split.column}) AS whole, {split.column} AS member, {kinds}"
    sums = _sums(asked, window, asked.by, columns, binder)
    members = (
        f"SELECT whole, {split.key} AS key, {split.path} AS path, f.* EXCLUDE (whole, member) "  # noqa: S608
        f"FROM (SELECT {sums} GROUP BY GROUPING SETS (({split.column}), ())) AS f {split.labels}"
    )
    sort = "lower(path[-1])" if asked.page.sort == "label" else ""
    answer = listed(look, members, asked.page, "key", binder, sort=sort)
    return [_row(row) for row in answer.rows], answer.found


def _sums(asked: MovementsQuestion, window: Window, by: By, columns: str, binder: Binder) -> str:
    """SQL, not yet grouped: the columns, lines, quantity, arrived, departed and effect."""
    scope = asked.scope
    here = " AND ".join(scope.moved(binder))
    source, conditions = STOCK_MOVES_BY_PLACE, list[str]()
    if by == "product" or scope.narrows_products:
        places = asked.from_places
        rows = move_rows(window.start, window.end, binder, by_day=by == "day", by_place=places)
        source = f"({rows})"
    else:
        conditions += [f"day >= {binder.bind(window.start)}", f"day <= {binder.bind(window.end)}"]
    if scope.narrows_products:
        conditions.append(f"product_id IN ({scope.product_ids(binder)})")
    if asked.types:
        conditions.append(f"movement_type = ANY({binder.bind(list(asked.types))}::VARCHAR[])")
    lines, moved, only = "lines", "moved", f" FILTER ({here})"
    if asked.from_places:
        lines, moved, only = "sides", "arrived - departed", ""
        conditions.append(here)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    touched = ", ".join(
        f"coalesce(sum({sql}){only}, 0) AS {name}"
        for name, sql in (("arrived", "arrived"), ("departed", "departed"), ("effect", "arrived - departed"))
    )
    return f"{columns}, sum({lines}) AS lines, sum({moved}) AS quantity, {touched} FROM {source}{where}"


def _row(row: tuple[Any, ...]) -> MovedRow:
    key, path, *rest = row
    kinds = zip(MOVEMENT_TYPES, rest, strict=False)
    by_type = {kind: _number(amount) for kind, amount in kinds if amount is not None}
    return MovedRow(**_moved((key, path, *rest[len(MOVEMENT_TYPES) :])), by_type=by_type)


def _moved(row: tuple[Any, ...]) -> dict[str, Any]:
    """Fields of a MovedRow but `by_type`."""
    key, path, lines, *amounts = row
    names = ("quantity", "arrived", "departed", "effect")
    numbers = {name: _number(amount) for name, amount in zip(names, amounts, strict=True)}
    return {"key": key, "label": path[-1], "path": path, "lines": int(lines), **numbers}


def _number(value: Any) -> float:
    return round(float(value), 4) + 0.0
