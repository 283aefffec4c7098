"""stock.quant: what lies where now, with ids that a (product, location, lot) keeps as long as the world lasts."""

from dataclasses import dataclass

from nk_demo.world.records import Product
from nk_demo.world.stock import Stock
from nk_demo.world.stock_places import (
    CUSTOMER,
    INVENTORY,
    LOT_COUNT,
    PRODUCTION,
    SCRAP,
    SHELF_A,
    SHELF_B,
    SUPPLIER,
    TRANSIT,
    WAREHOUSE,
    Key,
    store_stock,
)

# Room for 5,000 products in 42 locations. Quants have no day: all of them are filed under the world's first.
QUANT_STRIDE, _PRODUCT_STRIDE = 655_360, 128
_PLACES = (SUPPLIER, CUSTOMER, INVENTORY, PRODUCTION, SCRAP, TRANSIT, WAREHOUSE, SHELF_A, SHELF_B)


@dataclass(slots=True, frozen=True)
class Quant:
    """One stock.quant; quantities in the product's own unit."""

    id: int
    product: Product
    location: int
    lot: int | None
    quantity: int
    reserved: int
    internal: bool
    entered: str
    written: str


class Quants:
    """The quants of a world, kept until the next thing happens."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self._known: tuple[str, str, int, list[Quant]] | None = None
        slots = [*_PLACES, *(store_stock(store.index) for store in stock.world.shop.people.stores)]
        self._slots = {place: slot for slot, place in enumerate(slots)}

    def at(self, now: str) -> list[Quant]:
        """All quants at `now`, by id."""
        with self._stock.world.lock:
            entries = len(self._stock.world.journal.entries)
            known = self._known
            if known is None or not known[0] <= now < known[1] or known[2] != entries:
                known = self._known = (now, self._stock.steady_until(now), entries, self._made(now))
            return known[3]

    def _made(self, now: str) -> list[Quant]:
        stock, reserved = self._stock, self._stock.reserved(now)
        first = max(0, stock.world.start) * QUANT_STRIDE
        found = [
            Quant(
                first + _offset(key, self._slots[key[1]]), stock.places.product(key[0]), key[1], key[2], level.units,
                reserved[key], key in stock.places.targets, level.counted, level.written,
            )
            for key, level in stock.levels(now, now).items()
        ]  # fmt: skip
        return sorted(found, key=lambda quant: quant.id)


def _offset(key: Key, slot: int) -> int:
    product_id, _, lot = key
    part = 0 if lot is None else 1 + lot % LOT_COUNT
    return product_id * _PRODUCT_STRIDE + slot * (LOT_COUNT + 1) + part
