"""Where stock lies: warehouse, stores, the locations goods come from and go to, lots, and how much is kept where."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil

from nk_demo.world.catalogue import Item
from nk_demo.world.people import Store
from nk_demo.world.planner import Shop
from nk_demo.world.records import Product

SUPPLIER, CUSTOMER, INVENTORY, PRODUCTION, SCRAP, TRANSIT = 4, 5, 14, 15, 16, 17
WAREHOUSE_VIEW, WAREHOUSE, SHELF_A, SHELF_B = 7, 8, 9, 10
RECEIPTS, DELIVERIES, INTERNAL, MANUFACTURING = 1, 2, 5, 9
WAREHOUSE_CODE = "GD"
_FIRST_STORE_VIEW, _STORE_STEP = 19, 8
_CODES = ("KMG", "SNY", "BTR", "BDG", "SBY", "BKS", "DPK", "BGR", "MLG", "SMG", "MDN", "MKS")
_SET_CATEGORIES = (20, 21)
# What the baskets draw on average: lines of an order, units of a line.
_LINES_AN_ORDER, _UNITS_A_LINE = 2.9, 1.67
LOT_COUNT = 2
Key = tuple[int, int, int | None]


@dataclass(slots=True, frozen=True)
class Location:
    """One stock.location."""

    id: int
    name: str
    full_name: str
    usage: str
    parent: int | None
    warehouse: int | None = None
    scrap: bool = False
    shared: bool = False


def store_code(store: int) -> str:
    """What a store's locations and pickings are named with."""
    return _CODES[store]


def store_view(store: int) -> int:
    """The view location above a store's stock."""
    return _FIRST_STORE_VIEW + _STORE_STEP * store


def store_stock(store: int) -> int:
    """The location that a store sells from."""
    return store_view(store) + 1


def store_type(store: int) -> int:
    """The picking type of a store's sales."""
    return _FIRST_STORE_VIEW + 1 + _STORE_STEP * store


def by_session(store: int) -> bool:
    """Whether a store moves its stock at closing; the others do at every order."""
    return store % 2 == 0


def locations(stores: tuple[Store, ...]) -> tuple[Location, ...]:
    """Every location, by id."""
    fixed = [
        Location(1, "Physical Locations", "Physical Locations", "view", None, shared=True),
        Location(2, "Partners", "Partners", "view", None, shared=True),
        Location(3, "Virtual Locations", "Virtual Locations", "view", None, shared=True),
        Location(SUPPLIER, "Vendors", "Partners/Vendors", "supplier", 2, shared=True),
        Location(CUSTOMER, "Customers", "Partners/Customers", "customer", 2, shared=True),
        Location(WAREHOUSE_VIEW, "GD", "GD", "view", 1, 1),
        Location(WAREHOUSE, "Stock", "GD/Stock", "internal", WAREHOUSE_VIEW, 1),
        Location(SHELF_A, "Rak A", "GD/Stock/Rak A", "internal", WAREHOUSE, 1),
        Location(SHELF_B, "Rak B", "GD/Stock/Rak B", "internal", WAREHOUSE, 1),
        Location(INVENTORY, "Inventory adjustment", "Virtual Locations/Inventory adjustment", "inventory", 3),
        Location(PRODUCTION, "Production", "Virtual Locations/Production", "production", 3),
        Location(SCRAP, "Scrap", "Virtual Locations/Scrap", "inventory", 3, scrap=True),
        Location(TRANSIT, "Dalam Perjalanan", "Physical Locations/Dalam Perjalanan", "transit", 1),
    ]
    for store in stores:
        code, view = store_code(store.index), store_view(store.index)
        fixed.append(Location(view, code, code, "view", 1, store.index + 2))
        full = f"{code}/Stock"
        fixed.append(Location(store_stock(store.index), "Stock", full, "internal", view, store.index + 2))
    return tuple(fixed)


def has_lots(item: Item) -> bool:
    """Whether a product is kept by lot."""
    return item.product.id % 23 == 11 and item.kind == "product"


def lots_of(product_id: int) -> tuple[int, ...]:
    """The lots of a product that has lots."""
    return tuple(product_id * LOT_COUNT + n for n in range(LOT_COUNT))


def lot_name(lot: int) -> str:
    """As recorded: the product's number and a letter."""
    return f"LOT{lot // LOT_COUNT:04d}{'AB'[lot % LOT_COUNT]}"


class Places:
    """Which products of a shop are kept where, and how many of them a stock-taking leaves there."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        goods = (*shop.catalogue.extras, *shop.catalogue.items)
        self.items = {item.product.id: item for item in goods if item.kind != "service"}
        self._lotted = {number for number, item in self.items.items() if has_lots(item)}
        self._stored = {number for number, item in self.items.items() if item.kind == "product"}

    def storable(self, product_id: int) -> bool:
        """Whether a product has quants; a consumable is moved and never counted."""
        return product_id in self._stored

    def lots(self, product_id: int) -> tuple[int, ...]:
        """The product's lots; none for most."""
        return lots_of(product_id) if product_id in self._lotted else ()

    def product(self, product_id: int) -> Product:
        """A product of the catalogue."""
        return self.items[product_id].product

    @cached_property
    def storables(self) -> tuple[Product, ...]:
        """Products that have quants."""
        return tuple(self.items[number].product for number in sorted(self._stored))

    @cached_property
    def consumables(self) -> tuple[Product, ...]:
        """Products that are moved but have no quants, such as carrier bags."""
        return tuple(item.product for item in self.items.values() if item.kind == "consu")

    @cached_property
    def sets(self) -> tuple[Product, ...]:
        """Gift sets, which are packed in the warehouse; at most four."""
        return tuple(item.product for item in self.items.values() if item.category_id in _SET_CATEGORIES)[:4]

    def components(self, gift_set: Product) -> tuple[Product, ...]:
        """What a set is packed of: three storable products without lots that are no sets themselves."""
        plain = [
            item.product
            for item in self.items.values()
            if item.category_id not in _SET_CATEGORIES and item.kind == "product" and not has_lots(item)
        ]
        return tuple(plain[(gift_set.id * 7 + 11 * n) % len(plain)] for n in range(3)) if plain else ()

    def home(self, product_id: int) -> int:
        """The warehouse location of a product."""
        return (WAREHOUSE, SHELF_A, SHELF_B, SHELF_A, SHELF_B)[product_id % 5]

    @cached_property
    def rates(self) -> dict[int, float]:
        """Units of each product that all stores sell on an average day, about."""
        items, chances = self.shop.catalogue.items, self.shop.catalogue.chances
        units = self.shop.orders_per_day * _LINES_AN_ORDER * _UNITS_A_LINE
        return {item.product.id: units * item.weight / chances[-1] for item in items}

    def store_share(self, store: int) -> float:
        """The part of all sales that a store makes."""
        shares = [1.0 / (1 + 0.5 * one.index) for one in self.shop.people.stores]
        return shares[store] / sum(shares)

    @cached_property
    def targets(self) -> dict[Key, int]:
        """Units of each (product, internal location, lot) after a stock-taking. Zeros are there: empty quants."""
        found: dict[Key, int] = {}
        for number in sorted(self._stored):
            rate = self.rates[number]
            other = SHELF_B if self.home(number) == SHELF_A else SHELF_A
            self._spread(found, number, self.home(number), ceil(rate * 40) + 24)
            if number % 17 == 5:
                self._spread(found, number, other, 0)
            for store in self.shop.people.stores:
                # A few shelves are kept so short that the store sells more than the books have.
                days = 1 if (number + store.index) % 29 == 3 else 10
                self._spread(
                    found, number, store_stock(store.index), ceil(rate * self.store_share(store.index) * days)
                )
        return found

    def _spread(self, found: dict[Key, int], number: int, place: int, units: int) -> None:
        lots = self.lots(number)
        if not lots:
            found[number, place, None] = units
            return
        for lot, part in zip(lots, split(units, len(lots)), strict=True):
            found[number, place, lot] = part


def split(units: int, parts: int) -> list[int]:
    """A quantity in nearly equal parts, the larger ones first."""
    return [units // parts + (n < units % parts) for n in range(parts)]
