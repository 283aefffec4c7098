"""Goods that come with vendor bills and go with customer invoices, and what is sent back of both.

A bill's goods come on its day or the day before. Bills and invoices that never leave the draft state move nothing, and
one that is cancelled later has moved its goods all the same.
"""

from collections.abc import Iterable, Iterator

from nk_demo.world import accounting_records as accounting
from nk_demo.world.accounting_records import Document, DocumentLine
from nk_demo.world.invoicing import goods_of, invoices_of_day
from nk_demo.world.purchasing import bills_of_day
from nk_demo.world.stock_moves import (
    DELIVERY_MOVES,
    DELIVERY_PICKINGS,
    RECEIPT_MOVES,
    RECEIPT_PICKINGS,
    Numbering,
    clock_time,
    document_name,
)
from nk_demo.world.stock_places import (
    CUSTOMER,
    DELIVERIES,
    RECEIPTS,
    SUPPLIER,
    WAREHOUSE,
    WAREHOUSE_CODE,
    Places,
)
from nk_demo.world.stock_records import PICKING_STRIDE, Move, Transfer

_TEN, _THREE = 10 * 3_600, 15 * 3_600


def receipts(places: Places, ordinal: int) -> list[Transfer]:
    """Receipts of a day's bills and of some of the next day's."""
    return _receipts(places, ordinal).transfers


def deliveries(places: Places, ordinal: int) -> list[Transfer]:
    """Goods that leave with a day's invoices; those of the tills have left the stores already."""
    return _deliveries(places, ordinal).transfers


def plan_trade(places: Places, ordinal: int) -> list[Transfer]:
    """Everything of a day: receipts and deliveries, and what is sent back of earlier ones.

    As in Odoo, goods go back to a vendor by the outgoing picking type, and come back from a customer by the incoming.
    """
    inward, outward = _receipts(places, ordinal), _deliveries(places, ordinal)
    for document in _moving(bills_of_day(places.shop, ordinal), "in_refund"):
        day = _day_of(document.reversed_id)
        earlier = [*receipts(places, day - 1), *receipts(places, day)]
        inward.add(document, DELIVERIES, (WAREHOUSE, SUPPLIER), earlier)
    for document in _moving(invoices_of_day(places.shop, ordinal), "out_refund"):
        earlier = deliveries(places, _day_of(document.reversed_id))
        outward.add(document, RECEIPTS, (CUSTOMER, WAREHOUSE), earlier)
    return [*inward.transfers, *outward.transfers]


def _receipts(places: Places, ordinal: int) -> "_Pickings":
    found = _Pickings(places, ordinal, RECEIPT_MOVES, RECEIPT_PICKINGS, _TEN)
    today = _moving(bills_of_day(places.shop, ordinal), "in_invoice")
    tomorrow = _moving(bills_of_day(places.shop, ordinal + 1), "in_invoice")
    coming = [*(one for one in today if not _early(one)), *(one for one in tomorrow if _early(one))]
    for document in coming:
        found.add(document, RECEIPTS, (SUPPLIER, WAREHOUSE))
    return found


def _deliveries(places: Places, ordinal: int) -> "_Pickings":
    found = _Pickings(places, ordinal, DELIVERY_MOVES, DELIVERY_PICKINGS, _THREE)
    for document in _moving(invoices_of_day(places.shop, ordinal), "out_invoice"):
        found.add(document, DELIVERIES, (WAREHOUSE, CUSTOMER))
    return found


def _moving(documents: Iterable[Document], move_type: str) -> Iterator[Document]:
    """Documents of a type whose goods move."""
    for document in documents:
        sure = document.counted or document.settled
        if document.move_type == move_type and sure and not document.pos_orders:
            yield document


def _early(document: Document) -> bool:
    """Whether a bill's goods come the day before."""
    return document.id % 3 == 0


def _day_of(document_id: int | None) -> int:
    return (document_id or 0) // accounting.MOVE_STRIDE


class _Pickings:
    """Collects the pickings of a day, one for each document."""

    def __init__(
        self, places: Places, ordinal: int, first_move: int, first_picking: int, second: int
    ) -> None:
        self.transfers: list[Transfer] = []
        self._places, self._ordinal = places, ordinal
        self._numbering = Numbering(places, ordinal, first_move)
        self._picking, self._second = ordinal * PICKING_STRIDE + first_picking, second

    def add(
        self, document: Document, kind: int, ends: tuple[int, int], earlier: list[Transfer] | None = None
    ) -> None:
        """One picking; `earlier` are the transfers of the documents that may be sent back with it."""
        lines = [line for line in goods_of(document) if line.quantity > 0]
        moves = tuple(self._move(line, ends, document, earlier) for line in lines)
        if not moves:
            return
        shop, number = self._places.shop, len(self.transfers)
        code = "IN" if kind == RECEIPTS else "OUT"
        name = document_name(f"{WAREHOUSE_CODE}/{code}", self._ordinal, self._picking % PICKING_STRIDE)
        self.transfers.append(
            Transfer(
                name, clock_time(shop, self._ordinal, 8 * 3_600 + number, 17), *ends, moves,
                done=clock_time(shop, self._ordinal, self._second + 90 * number, 809),
                picking_id=self._picking, picking_type=kind, partner_id=document.partner_id,
                origin=document.origin, purchase_id=document.purchase_id, document_id=document.id,
            )
        )  # fmt: skip
        self._picking += 1

    def _move(
        self, line: DocumentLine, ends: tuple[int, int], document: Document, earlier: list[Transfer] | None
    ) -> Move:
        number = line.product.id if line.product else 0
        source, dest = (self._places.home(number) if end == WAREHOUSE else end for end in ends)
        returned = _returned_move(document.reversed_id, number, earlier or [])
        uom = line.uom or accounting.UNIT
        return self._numbering.move(number, line.quantity, source, dest, uom=uom, returned_move=returned)


def _returned_move(document_id: int | None, product_id: int, earlier: list[Transfer]) -> int | None:
    """The move by which a returned product came or went."""
    for transfer in earlier:
        if transfer.document_id == document_id:
            for move in transfer.moves:
                if move.product.id == product_id:
                    return move.id
    return None
