"""What figures can be narrowed down to: one entry per filter, and their values as they stand in the address.

Names are those of the query API's parameters, so an address of a page and a question to the API say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from nk_web.i18n import Said, say
from nk_web.names import MOVEMENT_NAMES

Kind = Literal["id", "name", "choice"]
Filters = Mapping[str, tuple[str, ...]]
"""Values by parameter; a parameter without values is not in it."""
Hours = tuple[int, int]
"""First and last hour of the day, both included."""

MOST_VALUES: Final = 200
ALL_DAY: Final[Hours] = (0, 23)


@dataclass(frozen=True)
class Filter:
    """`members` is the dimension of `/v1/dimensions/{members}` that has its values; a choice lists them itself."""

    param: str
    title: Said
    kind: Kind
    members: str = ""
    by_path: bool = False
    """Whether a member is only known by its path: every shop has a place called "Stock"."""
    usages: tuple[str, ...] = ()
    """Only members of these usages can be chosen; all when empty."""
    choices: tuple[tuple[str, Said], ...] = ()


SOURCES: Final = (("pos", say("Till")), ("invoice", say("Invoices")))
FILTERS: Final[tuple[Filter, ...]] = (
    Filter("store", say("Store"), "id", "stores"),
    Filter("parent_category", say("Parent category"), "name", "parent-categories"),
    Filter("category", say("Category"), "id", "categories"),
    Filter("brand", say("Brand"), "id", "brands"),
    Filter("principal", say("Principal"), "name", "principals"),
    Filter("product", say("Product"), "id", "products"),
    Filter(
        "location", say("Stock location"), "id", "locations", by_path=True, usages=("internal", "transit")
    ),
    Filter("type", say("Kind of movement"), "choice", choices=tuple(MOVEMENT_NAMES.items())),
    Filter("cashier", say("Cashier"), "id", "cashiers"),
    Filter("customer", say("Customer"), "id", "customers"),
    Filter("payment_method", say("Payment method"), "id", "payment-methods"),
    Filter("source", say("Kind of sale"), "choice", choices=SOURCES),
)
BY_PARAM: Final[Mapping[str, Filter]] = {known.param: known for known in FILTERS}
PRODUCT_FILTERS: Final = ("parent_category", "category", "brand", "principal", "product")
"""All that questions about products take."""
STOCK_FILTERS: Final = (*PRODUCT_FILTERS, "location")
SALES_FILTERS: Final = tuple(param for param in BY_PARAM if param not in {"location", "type"})


def parse_filters(pairs: Iterable[tuple[str, str]], taken: Iterable[str]) -> tuple[Filters, tuple[Said, ...]]:
    """The filters that the page takes, each value once; what cannot be one is left out, and that is said."""
    found: dict[str, list[str]] = {}
    notes: list[Said] = []
    wanted = set(taken)
    for param, text in pairs:
        known = BY_PARAM.get(param)
        if (
            known is None
            or param not in wanted
            or not text.strip()
            or (known.kind == "choice" and text == "all")
        ):
            continue
        values = found.setdefault(param, [])
        if not _is_value(known, text) or len(values) >= MOST_VALUES:
            notes.append(say("A filter of this address could not be used and is left out."))
        elif text not in values:
            values.append(text)
    kept = {param: tuple(found[param]) for param in BY_PARAM if found.get(param)}
    # A choice takes one value; both sources together are all of them.
    for param in [p for p, values in kept.items() if BY_PARAM[p].kind == "choice" and len(values) > 1]:
        del kept[param]
    return kept, tuple(notes[:1])


def _is_value(known: Filter, text: str) -> bool:
    if known.kind == "choice":
        return text in {value for value, _ in known.choices}
    if known.kind == "name":
        return len(text) <= 200
    digits = text[1:] if text == "-1" else text
    return digits.isascii() and digits.isdigit() and len(digits) <= 15


def parse_hours(params: Mapping[str, str]) -> tuple[Hours, tuple[Said, ...]]:
    """The hours of the address; what is none begins or ends with the day, and that is said."""
    texts = [params.get(name, "").strip() for name in ("hour_from", "hour_to")]
    first, last = (_hour(text) for text in texts)
    notes: list[Said] = []
    if any(text and _hour(text) is None for text in texts):
        notes.append(say("Hours go from 0 to 23; what is none of them is left out."))
    hours = (0 if first is None else first, 23 if last is None else last)
    if hours[0] > hours[1]:
        hours = (hours[1], hours[0])
        notes.append(say("The hours ended before they began; the two have been swapped."))
    return hours, tuple(notes)


def _hour(text: str) -> int | None:
    digits = text.isascii() and text.isdigit() and len(text) <= 2
    return int(text) if digits and int(text) <= 23 else None
