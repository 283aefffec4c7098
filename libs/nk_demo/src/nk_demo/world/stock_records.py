"""What stock consists of: transfers and their moves as planned, and as they stand at one moment.

Quantities are whole numbers in the move's own unit of measure; times are UTC text, as in `records`.
"""

from dataclasses import dataclass

from nk_demo.world.records import Product

UNITS, DOZENS = 1, 2
# How many of the product's own unit (always Units) one of a unit of measure is.
UNIT_SIZES = {UNITS: 1, DOZENS: 12}

# Ids of a block, in the order of the regions; see `stock_plan` and `stock_sales` for who takes which.
MOVE_STRIDE, PICKING_STRIDE, PRODUCTION_STRIDE = 262_144, 65_536, 16


@dataclass(slots=True, frozen=True)
class Share:
    """One stock.move.line of a move: a quantity, and its lot for a product that has lots."""

    id: int
    qty: int
    lot: int | None = None


@dataclass(slots=True, frozen=True)
class Move:
    """One stock.move: a product from one location to another."""

    id: int
    product: Product
    qty: int
    source: int
    dest: int
    shares: tuple[Share, ...]
    uom: int = UNITS
    returned_move: int | None = None

    @property
    def units(self) -> int:
        """The quantity in the product's own unit."""
        return self.qty * UNIT_SIZES[self.uom]


@dataclass(slots=True, frozen=True)
class Production:
    """One mrp.production: so many of a product, of the components that its raw moves name."""

    id: int
    name: str
    product: Product
    qty: int
    started: str
    raw_ids: tuple[int, ...]
    finished_ids: tuple[int, ...]


@dataclass(slots=True, frozen=True)
class Transfer:
    """Moves that happen together: a stock.picking, or (without `picking_id`) an adjustment, a scrap, a production.

    `done` and `cancelled` say when it ends, if it does; until then it is assigned, or a draft. `typed` means that
    someone filled in the done quantities before, which counts for nothing until the transfer is done.
    """

    name: str
    created: str
    source: int
    dest: int
    moves: tuple[Move, ...]
    done: str | None = None
    cancelled: str | None = None
    picking_id: int | None = None
    picking_type: int | None = None
    partner_id: int | None = None
    origin: str | None = None
    purchase_id: int | None = None
    order_id: int | None = None
    session_id: int | None = None
    production: Production | None = None
    draft: bool = False
    typed: bool = False
    document_id: int | None = None
    inventory: bool = False
    scrapped: bool = False

    @property
    def last_write(self) -> str:
        """When it is written for the last time."""
        return self.done or self.cancelled or self.created

    def state_at(self, now: str) -> str:
        """Odoo's state of the transfer and of its moves at a moment."""
        if self.done is not None and self.done <= now:
            return "done"
        if self.cancelled is not None and self.cancelled <= now:
            return "cancel"
        return "draft" if self.draft else "assigned"


@dataclass(slots=True, frozen=True)
class Standing:
    """A transfer at one moment."""

    transfer: Transfer
    state: str
    date: str
    written: str

    @property
    def id(self) -> int:
        """The picking's id; only pickings are listed by it."""
        return self.transfer.picking_id or 0

    @property
    def created(self) -> str:
        """When the transfer was written first."""
        return self.transfer.created


@dataclass(slots=True, frozen=True)
class MoveRow:
    """A stock.move at one moment."""

    id: int
    move: Move
    standing: Standing


@dataclass(slots=True, frozen=True)
class LineRow:
    """A stock.move.line at one moment; `done` and `reserved` are in the move's unit."""

    id: int
    move: Move
    standing: Standing
    done: int
    reserved: int
    lot: int | None


@dataclass(slots=True, frozen=True)
class ProductionRow:
    """An mrp.production at one moment."""

    id: int
    production: Production
    standing: Standing


def stand(transfer: Transfer, now: str) -> Standing:
    """The transfer as of `now`."""
    state = transfer.state_at(now)
    end = {"done": transfer.done, "cancel": transfer.cancelled}.get(state)
    # A cancelled move keeps the date it was planned for; a done one has the time at which it was done.
    date = end if state == "done" and end else transfer.created
    return Standing(transfer, state, date[:19], end or transfer.created)


def lines_of(standing: Standing) -> list[LineRow]:
    """The visible lines: a draft has them only if its quantities were typed in, a cancelled move likewise."""
    transfer, state = standing.transfer, standing.state
    if state in {"draft", "cancel"} and not transfer.typed:
        return []
    done = state == "done" or transfer.typed
    return [
        LineRow(
            share.id,
            move,
            standing,
            share.qty if done else 0,
            share.qty if state == "assigned" else 0,
            share.lot,
        )
        for move in transfer.moves
        for share in move.shares
    ]
