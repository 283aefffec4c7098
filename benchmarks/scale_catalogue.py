"""What the made-up shops sell, and to whom: names, places and prices. One row per member, by its index."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

PRODUCTS, BRANDS, PRINCIPALS, STORES, CASHIERS_PER_STORE = 500, 40, 12, 6, 4
VENDORS = PRINCIPALS + 1
"""One for each principal, and one for goods without a brand."""
BUSINESSES = 40
"""Customers of invoices."""
FIRST_PRODUCT, FIRST_CATEGORY, FIRST_VENDOR, FIRST_BUSINESS, FIRST_CUSTOMER = 101, 7, 11, 101, 1001
"""Ids of the members of index 0; those after it follow without a gap."""
NO_BRAND, NO_PRINCIPAL = "(no brand)", "(no principal)"
TAX = 1.11
SALE_TAX, PURCHASE_TAX = 1, 2

CATEGORIES: tuple[tuple[str, str], ...] = tuple(
    (parent, leaf)
    for parent, leaves in (
        ("Skin", ("Serum", "Toner", "Moisturizer", "Sunscreen")),
        ("Hair", ("Shampoo", "Conditioner", "Serum", "Tools")),
        ("Makeup", ("Lipstick", "Foundation", "Mascara", "Powder")),
        ("Body", ("Soap", "Lotion", "Scrub", "Deodorant")),
        ("Fragrance", ("Eau de Parfum", "Body Mist", "Cologne", "Room")),
        ("Accessories", ("Brushes", "Cotton", "Pouches", "Tools")),
    )
    for leaf in leaves
)
"""Parent and leaf; some leaves are called alike."""
PARENTS = tuple(dict.fromkeys(parent for parent, _ in CATEGORIES))
BRAND_NAMES = tuple(
    first + last
    for first, last in product(
        ("Lu", "Aru", "Sa", "Ki", "Me", "Na", "Ra", "Te"), ("mina", "nika", "vera", "dara", "lani")
    )
)
PRINCIPAL_NAMES = tuple(
    f"PT {name}"
    for name in (
        "Sinar Abadi", "Cahaya Murni", "Bumi Lestari", "Mitra Sejati", "Karya Indah", "Tirta Kencana",
        "Anugerah Jaya", "Graha Asri", "Surya Utama", "Mekar Wangi", "Nusa Makmur", "Citra Rasa",
    )
)  # fmt: skip
VENDOR_NAMES = (*PRINCIPAL_NAMES, "CV Grosir Umum")
STORE_NAMES = tuple(f"Toko {place}" for place in ("Kemang", "Bekasi", "Bandung", "Surabaya", "Medan", "Bali"))
METHOD_NAMES = ("Tunai", "QRIS", "Kartu Debit", "Kartu Kredit", "Transfer", "E-Wallet")
CASH = 0


@dataclass(frozen=True)
class Places:
    """Stock locations. Those that hold stock come first: the warehouse, then one per store."""

    ids: tuple[int, ...] = (8, 20, 21, 22, 23, 24, 25, 4, 5, 14, 15, 16)
    names: tuple[str, ...] = (
        "WH/Stock", *(f"TK{n}/Stock" for n in range(1, STORES + 1)), "Partners/Vendors", "Partners/Customers",
        "Virtual Locations/Inventory adjustment", "Virtual Locations/Production", "Virtual Locations/Scrap",
    )  # fmt: skip
    usages: tuple[str, ...] = (
        *("internal",) * (STORES + 1), "supplier", "customer", "inventory", "production", "inventory",
    )  # fmt: skip


PLACES = Places()
INTERNAL = STORES + 1
WAREHOUSE, FIRST_SHOP, VENDOR_SIDE, CUSTOMER_SIDE, LOSS, PRODUCTION, SCRAP = 0, 1, 7, 8, 9, 10, 11
"""Indices into `PLACES`; places 0 to INTERNAL - 1 hold stock."""


@dataclass(frozen=True)
class Catalogue:
    """Products, by index. Days are indices of the range, 0 the first.

    `brand` is -1 where there is none. `weight` is how often it is bought, relative to others; `starts` and
    `ends` are the days between which it is sold, `cost_from` that of its first bill. `price` is what one
    costs at first, with tax, and `cost` what the shop pays for it then, with tax.
    """

    category: Ints
    brand: Ints
    vendor: Ints
    weight: Floats
    starts: Ints
    ends: Ints
    cost_from: Ints
    price: Floats
    cost: Floats
    names: tuple[str, ...]

    @property
    def brand_names(self) -> list[str]:
        return [BRAND_NAMES[brand] if brand >= 0 else NO_BRAND for brand in self.brand]


def catalogue(rng: np.random.Generator, days: int) -> Catalogue:
    """A few products have no brand, a few come or go within the range, and a few cost nothing known at first."""
    indices = np.arange(PRODUCTS)
    brand = np.where(rng.random(PRODUCTS) < 0.03, -1, indices % BRANDS)
    category = rng.integers(0, len(CATEGORIES), PRODUCTS)
    price = np.round(np.clip(rng.lognormal(np.log(60_000), 0.7, PRODUCTS), 5_000, 900_000) / 500) * 500
    starts, ends, cost_from = _lives(rng, days)
    return Catalogue(
        category=category,
        brand=brand,
        vendor=np.where(brand < 0, PRINCIPALS, brand % PRINCIPALS),
        weight=_popularity(rng),
        starts=starts,
        ends=ends,
        cost_from=cost_from,
        price=price,
        cost=np.round(price * rng.uniform(0.55, 0.8, PRODUCTS), 2),
        names=tuple(_name(int(i), int(brand[i]), int(category[i])) for i in indices),
    )


def _popularity(rng: np.random.Generator) -> Floats:
    """Like Zipf's law, with ranks dealt out by chance; the last ten are never sold."""
    ranks = rng.permutation(PRODUCTS)
    weights: Floats = np.power(ranks + 6.0, -0.85, dtype=np.float64)
    weights[ranks >= PRODUCTS - 10] = 0.0
    return weights


def _lives(rng: np.random.Generator, days: int) -> tuple[Ints, Ints, Ints]:
    """First day, day after the last, day of the first cost."""
    chance = rng.random(PRODUCTS)
    starts = np.where(chance < 0.1, rng.integers(0, days, PRODUCTS), 0)
    gone = (chance > 0.96) & (days > 30)
    ends = np.where(gone, rng.integers(days // 2, days, PRODUCTS), days)
    late = rng.random(PRODUCTS) < 0.03
    cost_from = np.where(late, starts + (days * rng.uniform(0.2, 0.6, PRODUCTS)).astype(np.int64), starts)
    cost_from[np.flatnonzero(late)[:3]] = days
    return starts, ends, cost_from


def _name(index: int, brand: int, category: int) -> str:
    maker = BRAND_NAMES[brand] if brand >= 0 else "Polos"
    parent, leaf = CATEGORIES[category]
    return f"{maker} {parent} {leaf} {index:03}"
