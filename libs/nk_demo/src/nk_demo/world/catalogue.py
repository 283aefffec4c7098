"""Brands, categories, products and taxes: the same for a seed, whatever day it is."""

from dataclasses import dataclass
from random import Random

from nk_demo.world.records import Product

TAX_INCLUDED, TAX_ON_TOP, TAX_NONE = 3, 4, 5

# name, country, principal (its partner id is FIRST_PRINCIPAL + position), share of the shelf.
# The last brand is the same house typed twice, with a trailing space: names are no keys.
_BRANDS = (
    ("Aira", None, "PT Aira Kosmetika"),
    ("Bunga", "ID", "PT Bunga Rampai Indonesia"),
    ("Citra Ayu", "ID", "PT Citra Ayu Nusantara"),
    ("Dewi Glow", "ID", "PT Bunga Rampai Indonesia"),
    ("Elok", "ID", None),
    ("Fleur", "FR", "CV Fleur Distribusi"),
    ("Gita", "ID", "PT Gita Harum Abadi"),
    ("Harum", "ID", "PT Gita Harum Abadi"),
    ("Intan", "KR", "PT Intan Seoul Indonesia"),
    ("Jelita", "JP", None),
    ("intan ", None, None),
)
FIRST_PRINCIPAL = 20

# id: (name, parent). "Sets" and "Oil" are leaves of the same name under different parents.
_CATEGORIES: dict[int, tuple[str, int | None]] = {
    1: ("All", None),
    2: ("Saleable", 1),
    3: ("Expenses", 1),
    4: ("PoS", 2),
    5: ("Makeup", None),
    6: ("Lips", 5),
    7: ("Face", 5),
    8: ("Eyes", 5),
    9: ("Skincare", None),
    10: ("Serum", 9),
    11: ("Moisturizer", 9),
    12: ("Cleanser", 9),
    13: ("Sun Care", 9),
    14: ("Body Care", None),
    15: ("Fragrance", 14),
    16: ("Lotion", 14),
    17: ("Matte", 6),
    18: ("Gloss", 6),
    19: ("Brightening", 10),
    20: ("Sets", 5),
    21: ("Sets", 9),
    22: ("Oil", 12),
    23: ("Oil", 14),
}

# category: (words a product is named with, lowest and highest price in thousands of rupiah)
_SHELVES: tuple[tuple[int, tuple[str, ...], int, int], ...] = (
    (17, ("Lip Cream Matte", "Matte Lipstick", "Velvet Tint"), 45, 160),
    (18, ("Lip Gloss", "Plumping Gloss"), 40, 140),
    (7, ("Cushion", "BB Cream", "Loose Powder", "Primer", "Blush"), 60, 260),
    (8, ("Mascara", "Eyeliner", "Brow Pencil", "Eye Palette"), 35, 290),
    (10, ("Hyaluronic Acid", "Centella Ampoule", "Retinol Serum"), 80, 320),
    (19, ("Vitamin C Serum", "Niacinamide Serum"), 90, 340),
    (11, ("Day Cream", "Night Cream", "Oil Free Lotion", "Water Gel"), 60, 250),
    (12, ("Facial Wash", "Micellar Water", "Cleansing Balm"), 25, 150),
    (22, ("Cleansing Oil",), 60, 220),
    (13, ("Sunscreen SPF 50", "Sun Stick"), 50, 190),
    (15, ("Eau de Parfum", "Body Mist", "Perfume Oil", "Travel Spray"), 70, 480),
    (16, ("Body Lotion", "Body Serum", "Hand Cream"), 30, 170),
    (23, ("Massage Oil", "Body Oil"), 45, 180),
    (20, ("Party Look Set",), 190, 520),
    (21, ("Glow Starter Set",), 240, 690),
    (1, ("Gift Card Sleeve", "Cotton Pads"), 5, 30),
)
_SHADES = ("Rose", "Nude", "Cherry", "Coral", "Peony", "Amber", "Musk", "Bloom", "Ivory", "Honey")
FIRST_PRODUCT = 4
# What is on bills and invoices but on no shelf: id (of variant and template), name, kind.
DISCOUNT_SERVICE, DELIVERY_SERVICE = 1, 2
_SERVICES = (
    (DISCOUNT_SERVICE, "Potongan Pembelian", "service"),
    (DELIVERY_SERVICE, "Ongkos Kirim", "service"),
    (3, "Tas Belanja", "consu"),
)


@dataclass(slots=True, frozen=True)
class Item:
    """One variant on the shelf, with what product.product and product.template show of it."""

    product: Product
    template_id: int
    name: str
    shade: str
    code: str
    barcode: str
    category_id: int
    brand_id: int | None
    active: bool
    weight: float
    kind: str = "product"


@dataclass(slots=True, frozen=True)
class Catalogue:
    """Everything sellable; `chances` are cumulative weights for picking one. `extras` are services and consumables."""

    items: tuple[Item, ...]
    brands: tuple[tuple[str, str | None, str | None], ...]
    categories: dict[int, tuple[str, int | None]]
    principals: tuple[str, ...]
    chances: tuple[float, ...]
    extras: tuple[Item, ...]


def category_path(category_id: int, categories: dict[int, tuple[str, int | None]]) -> tuple[int, ...]:
    """Ids from the root down to the category."""
    path = [category_id]
    while (parent := categories[path[0]][1]) is not None:
        path.insert(0, parent)
    return tuple(path)


def build_catalogue(seed: int, products: int) -> Catalogue:
    """The catalogue of a seed: product n is the same however many follow it."""
    items: list[Item] = []
    template = FIRST_PRODUCT
    while len(items) < products:
        variants = _template_items(seed, template, FIRST_PRODUCT + len(items))
        items.extend(variants[: products - len(items)])
        template += 1
    chances, total = [], 0.0
    for item in items:
        total += item.weight
        chances.append(total)
    principals = tuple(dict.fromkeys(principal for _, _, principal in _BRANDS if principal))
    extras = tuple(_extra(*one) for one in _SERVICES)
    return Catalogue(tuple(items), _BRANDS, dict(_CATEGORIES), principals, tuple(chances), extras)


def _extra(number: int, name: str, kind: str) -> Item:
    product = Product(number, name, name, 0, 0, TAX_NONE)
    return Item(product, number, name, "", "", "", 1, None, True, 0.0, kind)


def _template_items(seed: int, template: int, first_id: int) -> list[Item]:
    """One template's variants: three shades where the shelf has shades, else one."""
    rng = Random(f"{seed}:product:{template}")
    category_id, words, low, high = _SHELVES[(template * 7) % len(_SHELVES)]
    word = words[rng.randrange(len(words))]
    brand = None if rng.random() < 0.07 or category_id == 1 else rng.randrange(1, len(_BRANDS) + 1)
    if brand == len(_BRANDS) and rng.random() < 0.5:
        brand = 9
    price = rng.randrange(low * 2, high * 2 + 1) * 500
    if price % 1000 and rng.random() < 0.4:
        price += 500
    tax = rng.choices((TAX_INCLUDED, TAX_ON_TOP, TAX_NONE), (92, 3, 5))[0]
    cost = round(price * rng.uniform(0.42, 0.62) / 100) * 100
    maker = _BRANDS[brand - 1][0].strip() + " " if brand else ""
    name = f"{maker}{word} {template:03d}" if template % 3 == 0 else f"{maker}{word}"
    shades = rng.sample(_SHADES, 3) if category_id in {17, 18, 7} and template % 2 else [""]
    active = template % 29 != 17
    weight = 1.0 / (1 + rng.randrange(60)) + 0.02
    return [
        _item(first_id + n, template, name, shade, (price, cost, tax), (category_id, brand, active, weight))
        for n, shade in enumerate(shades)
    ]


def _item(
    product_id: int,
    template: int,
    name: str,
    shade: str,
    money: tuple[int, int, int],
    shelf: tuple[int, int | None, bool, float],
) -> Item:
    """A variant. A few products carry no code: their display name is then the name alone."""
    number = product_id - FIRST_PRODUCT + 1
    code = "" if number % 28 == 0 else f"NK{number:04d}"
    full_name = f"{name} ({shade})" if shade else name
    display = f"[{code}] {full_name}" if code else full_name
    price, cost, tax = money
    product = Product(product_id, display, full_name, price * 100, cost * 100, tax)
    digits = f"899{number:09d}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
    category_id, brand, active, weight = shelf
    barcode = f"{digits}{check}"
    return Item(product, template, name, shade, code, barcode, category_id, brand, active, weight)
