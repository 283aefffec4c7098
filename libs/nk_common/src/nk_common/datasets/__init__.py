"""The registry of datasets: nothing else lists them."""

from __future__ import annotations

from nk_common.datasets.base import Dataset
from nk_common.datasets.cashiers import CASHIERS
from nk_common.datasets.companies import COMPANIES
from nk_common.datasets.inventory_moves import INVENTORY_MOVES
from nk_common.datasets.invoice_sales import INVOICE_SALES
from nk_common.datasets.locations import LOCATIONS
from nk_common.datasets.lots import LOTS
from nk_common.datasets.partners import PARTNERS
from nk_common.datasets.payment_methods import PAYMENT_METHODS
from nk_common.datasets.pos import POS
from nk_common.datasets.pos_configs import POS_CONFIGS
from nk_common.datasets.products import PRODUCTS
from nk_common.datasets.profit import PROFIT
from nk_common.datasets.purchases import PURCHASES
from nk_common.datasets.stock_quants import STOCK_QUANTS
from nk_common.datasets.taxes import TAXES
from nk_common.datasets.uoms import UOMS
from nk_common.datasets.users import USERS
from nk_common.errors import BadCommandError

REGISTRY: tuple[Dataset, ...] = (
    POS,
    INVOICE_SALES,
    PURCHASES,
    STOCK_QUANTS,  # before the moves: stock is rolled back through moves that were read after it
    INVENTORY_MOVES,
    PROFIT,
    PRODUCTS,
    PARTNERS,
    CASHIERS,
    POS_CONFIGS,
    PAYMENT_METHODS,
    TAXES,
    LOCATIONS,
    UOMS,
    USERS,
    COMPANIES,
    LOTS,
)
DAILY = tuple(d for d in REGISTRY if d.kind == "daily")
WHOLES = tuple(d for d in REGISTRY if d.kind == "whole")

DIMENSIONS = "dimensions"
"""Accepted wherever a dataset is: all the datasets that are loaded whole."""


def by_name(name: str) -> Dataset:
    """The dataset called `name`, or by one of its aliases. Raises BadCommandError."""
    wanted = name.strip().lower()
    for dataset in REGISTRY:
        if wanted == dataset.name or wanted in dataset.aliases:
            return dataset
    known = ", ".join([*(d.name for d in REGISTRY), DIMENSIONS])
    raise BadCommandError(f"There is no dataset {name!r}. Known datasets: {known}.")


def expand(names: list[str]) -> list[Dataset]:
    """Datasets named, without doubles, in the order of the registry. Raises BadCommandError."""
    found = [d for n in names for d in (WHOLES if n.strip().lower() == DIMENSIONS else (by_name(n),))]
    return [d for d in REGISTRY if d in found]
