"""Stores, payment methods, cashiers, users and partners."""

from dataclasses import dataclass
from random import Random

from nk_demo.world.catalogue import FIRST_PRINCIPAL

_PLACES = (
    "Kemang", "Senayan", "Bintaro", "Bandung", "Surabaya", "Bekasi",
    "Depok", "Bogor", "Malang", "Semarang", "Medan", "Makassar",
)  # fmt: skip
_FIRST = (
    "Dewi", "Rizky", "Siti", "Tono", "Ayu", "Kartika", "Putri", "Oki", "Rina", "Bagus", "Lestari", "Wulan",
    "Intan", "Fajar", "Maya", "Nadia", "Sari", "Yuni", "Indah", "Citra", "Dian", "Gita", "Hana", "Laras",
)  # fmt: skip
_LAST = (
    "Anggraini", "Ramadhan", "Aminah", "Subagja", "Pratama", "Halim", "Nugroho", "Santoso", "Wijaya",
    "Permata", "Kusuma", "Hartono", "Siregar", "Lubis", "Saputra", "Maharani", "Utami", "Setiawan",
)  # fmt: skip

CARD, CUSTOMER_ACCOUNT, QRIS = 2, 3, 5
ADMIN, EXTRACTOR, FIRST_CASHIER_USER = 2, 8, 6
FIRST_RESELLER, RESELLERS, FIRST_CUSTOMER = 40, 4, 101
DEFAULT_VENDOR_NAME = "CV Grosir Kosmetik Raya"


@dataclass(slots=True, frozen=True)
class Store:
    """One pos.config: who sells there and which methods its till takes."""

    index: int
    config_id: int
    place: str
    name: str
    user_id: int
    cash_method: int
    employees: tuple[int, ...]

    @property
    def display_name(self) -> str:
        """As many2one pairs show it: with the user of the open session."""
        return f"{self.name} (Kasir {self.place})"


@dataclass(slots=True, frozen=True)
class Partner:
    """One res.partner."""

    id: int
    name: str
    ref: str | None = None
    is_company: bool = False
    parent_id: int | None = None
    kind: str = "contact"
    customer: bool = False
    supplier: bool = False
    city: str | None = None
    active: bool = True


@dataclass(slots=True, frozen=True)
class People:
    """Everyone and every place that orders refer to."""

    stores: tuple[Store, ...]
    employees: dict[int, str]
    partners: dict[int, Partner]
    customers: tuple[int, ...]


def _user_id(store: int) -> int:
    """Cashier users are 6 and 7; the extractor took 8, so a third store's user is 9."""
    return FIRST_CASHIER_USER + store + (1 if store >= 2 else 0)


def _cash_method(store: int) -> int:
    """Cash methods are 1 and 4 (as recorded), then 6, 7 and so on."""
    return (1, 4)[store] if store < 2 else 4 + store


def build_people(seed: int, stores: int, customers: int, principals: tuple[str, ...]) -> People:
    """The people of a seed."""
    shops = tuple(_store(index) for index in range(stores))
    employees = {1: "Administrator"}
    for shop in shops:
        for employee in shop.employees:
            employees[employee] = f"{_FIRST[employee - 2]} {_LAST[(employee - 2) % len(_LAST)]}"
    partners = {partner.id: partner for partner in _fixed_partners(shops, principals)}
    ids = range(FIRST_CUSTOMER, FIRST_CUSTOMER + customers)
    partners.update((number, _customer(seed, number)) for number in ids)
    return People(shops, employees, partners, tuple(ids))


def _store(index: int) -> Store:
    place = _PLACES[index]
    staff = (2 + 2 * index, 3 + 2 * index)
    return Store(index, index + 1, place, f"Toko {place}", _user_id(index), _cash_method(index), staff)


def _fixed_partners(shops: tuple[Store, ...], principals: tuple[str, ...]) -> list[Partner]:
    fixed = [
        Partner(1, "NK Kosmetik", is_company=True, city="Jakarta"),
        Partner(2, "OdooBot", active=False),
        Partner(3, "Administrator"),
        Partner(4, "Public user", active=False),
        Partner(5, "Default User Template", active=False),
        Partner(19, "Extractor"),
    ]
    fixed += [Partner(user_partner(shop), f"Kasir {shop.place}") for shop in shops]
    fixed += [
        Partner(FIRST_PRINCIPAL + n, name, f"VEN-{n + 1:02d}", True, supplier=True, city="Jakarta")
        for n, name in enumerate(principals)
    ]
    fixed.append(
        Partner(
            default_vendor(principals), DEFAULT_VENDOR_NAME, "VEN-99", True, supplier=True, city="Bandung"
        )
    )
    for n in range(RESELLERS):
        shop_id, name = FIRST_RESELLER + 2 * n, f"Toko {_LAST[n + 4]} {_PLACES[n]}"
        fixed.append(Partner(shop_id, name, f"RSL-{n + 1:03d}", True, customer=True, city=_PLACES[n]))
        fixed.append(Partner(shop_id + 1, "Gudang 1", parent_id=shop_id, kind="delivery"))
    return fixed


def default_vendor(principals: tuple[str, ...]) -> int:
    """Who sells what no principal does: a partner's id."""
    return FIRST_PRINCIPAL + len(principals)


def user_partner(shop: Store) -> int:
    """The partner behind a store's user."""
    return 6 + shop.index


def _customer(seed: int, number: int) -> Partner:
    """A named customer. Names repeat (people are no keys either); a few are archived."""
    rng = Random(f"{seed}:customer:{number}")
    name = f"{_FIRST[rng.randrange(len(_FIRST))]} {_LAST[rng.randrange(len(_LAST))]}"
    place = number - FIRST_CUSTOMER + 1
    return Partner(number, name, f"CUST-{place:04d}", customer=True, active=place % 97 != 50)
