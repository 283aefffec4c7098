"""The stock's day-planned models: transfers, moves, their lines, productions, and the quants of now."""

from functools import lru_cache

from nk_demo.orm import stock_rows
from nk_demo.orm.day_model import DayModel, Source
from nk_demo.world.stock import LAST_STOCK_WRITE, LATEST_LINE, Block, stock_of
from nk_demo.world.stock_quants import QUANT_STRIDE, Quant, Quants
from nk_demo.world.stock_records import MOVE_STRIDE, PICKING_STRIDE, PRODUCTION_STRIDE
from nk_demo.world.world import World

# A quant of any age may have been written just now.
_ANY_TIME = 1_000_000


def _block(source: Source, day: int) -> Block:
    return stock_of(source.world).block(day, source.now)


def _names(source: Source) -> stock_rows.Names:
    return _names_of(source.world)


@lru_cache(maxsize=4)
def _names_of(world: World) -> stock_rows.Names:
    return stock_rows.Names(world.shop)


def _quants(source: Source, day: int) -> list[Quant]:
    first = source.world.days(source.now).start
    return _quants_of(source.world).at(source.now) if day == first else []


@lru_cache(maxsize=4)
def _quants_of(world: World) -> Quants:
    return Quants(stock_of(world))


def _picking_label(source: Source, picking_id: int) -> str | None:
    row = source.record("stock.picking", picking_id)
    return str(row.transfer.name) if row else None


def _move_label(source: Source, move_id: int) -> str | None:
    row = source.record("stock.move", move_id)
    return stock_rows.move_label(_names(source), row) if row else None


def _line_label(source: Source, line_id: int) -> str | None:
    row = source.record("stock.move.line", line_id)
    return str(row.move.product.display_name) if row else None


def _quant_label(source: Source, quant_id: int) -> str | None:
    row = source.record("stock.quant", quant_id)
    return str(row.product.display_name) if row else None


def _production_label(source: Source, production_id: int) -> str | None:
    row = source.record("mrp.production", production_id)
    return str(row.production.name) if row else None


STOCK_DAYS = (
    DayModel(
        "stock.picking",
        PICKING_STRIDE,
        rows=lambda source, day: _block(source, day).pickings,
        index=lambda source, day: _block(source, day).pickings_by_id,
        getters=lambda source: stock_rows.picking_getters(_names(source)),
        label=_picking_label,
        times={"date": 0, "scheduled_date": 0, "date_done": LATEST_LINE},
        relations={"move_ids": "stock.move", "move_line_ids": "stock.move.line"},
        last_write=LAST_STOCK_WRITE,
    ),
    DayModel(
        "stock.move",
        MOVE_STRIDE,
        rows=lambda source, day: _block(source, day).moves,
        index=lambda source, day: _block(source, day).moves_by_id,
        getters=lambda source: stock_rows.move_getters(_names(source)),
        label=_move_label,
        times={"date": LATEST_LINE},
        relations={
            "picking_id": "stock.picking",
            "move_line_ids": "stock.move.line",
            "production_id": "mrp.production",
            "raw_material_production_id": "mrp.production",
        },
        last_write=LAST_STOCK_WRITE,
    ),
    DayModel(
        "stock.move.line",
        MOVE_STRIDE,
        rows=lambda source, day: _block(source, day).lines,
        index=lambda source, day: _block(source, day).lines_by_id,
        getters=lambda source: stock_rows.line_getters(_names(source)),
        label=_line_label,
        times={"date": LATEST_LINE},
        relations={"move_id": "stock.move", "picking_id": "stock.picking", "production_id": "mrp.production"},
        last_write=LAST_STOCK_WRITE,
    ),
    DayModel(
        "mrp.production",
        PRODUCTION_STRIDE,
        rows=lambda source, day: list(_block(source, day).productions),
        getters=lambda source: stock_rows.production_getters(_names(source)),
        label=_production_label,
        times={"date_planned_start": 0, "date_finished": 0},
        relations={"move_raw_ids": "stock.move", "move_finished_ids": "stock.move"},
        last_write=LAST_STOCK_WRITE,
    ),
    DayModel(
        "stock.quant",
        QUANT_STRIDE,
        rows=_quants,
        getters=lambda source: stock_rows.quant_getters(_names(source)),
        label=_quant_label,
        last_write=_ANY_TIME,
    ),
)
