"""Numbering and building moves: ids follow each other, and products with lots are split over them."""

from nk_demo.world import calendar
from nk_demo.world.planner import Shop
from nk_demo.world.records import as_text
from nk_demo.world.stock_places import Places, split
from nk_demo.world.stock_records import MOVE_STRIDE, UNITS, Move, Share

# Regions of a day's move ids: who begins where. The ids of a move's lines begin with the move's own.
COUNT_MOVES, SESSION_MOVES, RECEIPT_MOVES, DELIVERY_MOVES = 1, 66_000, 90_000, 98_000
TRANSFER_MOVES, OTHER_MOVES, ORDER_MOVES = 100_000, 128_000, 131_072
# Regions of a day's picking ids.
OTHER_PICKINGS, TRANSFER_PICKINGS, SESSION_PICKINGS, RECEIPT_PICKINGS, DELIVERY_PICKINGS = (
    1,
    64,
    128,
    256,
    1_024,
)


class Numbering:
    """Makes moves with ids from `first` on; within a day's block they must come in a fixed order."""

    def __init__(self, places: Places, day: int, first: int) -> None:
        self._places = places
        self._next = day * MOVE_STRIDE + first

    def move(
        self, product_id: int, qty: int, source: int, dest: int, *,
        uom: int = UNITS, lot: int | None = None, returned_move: int | None = None,
    ) -> Move:  # fmt: skip
        """The next move. Without a `lot`, a product with lots is split over all of them."""
        first = self._next
        lots = (lot,) if lot is not None else self._places.lots(product_id)
        parts = [part for part in split(qty, len(lots)) if part] if lots else []
        shares = tuple(Share(first + n, part, lots[n]) for n, part in enumerate(parts))
        # A move's id is also its first line's, so a second line takes the id of the next move.
        self._next += max(1, len(shares))
        product = self._places.product(product_id)
        return Move(first, product, qty, source, dest, shares or (Share(first, qty),), uom, returned_move)


def clock_time(shop: Shop, ordinal: int, second: int, micros: int = 0) -> str:
    """A wall-clock second of a local day as UTC text; `second` may lie past midnight."""
    text = as_text(calendar.local_moment(calendar.date_of(ordinal), second, shop.tz))
    return f"{text[:19]}.{micros:06d}"


def document_name(code: str, ordinal: int, number: int | str) -> str:
    """A reference: Odoo's prefix, the day, and a number of the day."""
    tail = f"{number:03d}" if isinstance(number, int) else number
    return f"{code}/{calendar.date_of(ordinal):%y%m%d}{tail}"
