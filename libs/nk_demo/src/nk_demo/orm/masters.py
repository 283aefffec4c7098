"""Rows of the models that do not grow: products, categories, brands, people, stores, methods, taxes.

Each row is a dict of raw values; a field that a row leaves out is null.
"""

from datetime import date

from nk_demo.orm.masters_people import people_rows
from nk_demo.orm.rows import Row
from nk_demo.orm.stock_masters import stock_rows
from nk_demo.world.accounting_records import IDR, USD
from nk_demo.world.catalogue import FIRST_PRINCIPAL, Catalogue, Item, category_path
from nk_demo.world.documents import rate_of
from nk_demo.world.people import ADMIN, CARD, CUSTOMER_ACCOUNT, QRIS, People, Store
from nk_demo.world.planner import Shop
from nk_demo.world.stock_places import has_lots
from nk_demo.world.taxes import TAXES, Tax

_STAMP = "2020-01-01 01:00:00.250000"
_SUPPLIER_TAX = 7
# Names of records whose models the demo leaves out.
OUTSIDE: dict[str, dict[int, str]] = {
    "account.account": {
        6: "121000 Account Receivable",
        14: "211000 Account Payable",
        17: "251000 Tax Received",
        21: "400000 Product Sales",
        26: "600000 Expenses",
    },
    "account.journal": {
        1: "Customer Invoices",
        2: "Vendor Bills",
        3: "Miscellaneous Operations",
        6: "Cash",
        7: "Bank",
        9: "Point of Sale",
    },
    "account.tax.group": {3: "PPN"},
    "product.pricelist": {1: "Public Pricelist (IDR)"},
    "uom.category": {1: "Unit"},
}


def master_rows(shop: Shop) -> dict[str, list[Row]]:
    """All rows by model."""
    items = (*shop.catalogue.extras, *shop.catalogue.items)
    rows: dict[str, list[Row]] = {
        "product.product": [_product(item) for item in items],
        "product.template": _templates(items),
        "product.category": _categories(shop.catalogue),
        "x_brand": _brands(shop.catalogue),
        "pos.config": [_config(store) for store in shop.people.stores],
        "pos.payment.method": _methods(shop.people),
        "account.tax": [_tax(tax) for tax in TAXES.values()],
        **people_rows(shop),
        **stock_rows(shop),
        **_base_rows(),
    }
    for table in rows.values():
        for row in table:
            _complete(row)
    return rows


def _complete(row: Row) -> None:
    """What every model has. Rows were written a minute apart, so that write dates differ."""
    minute = row["id"] % 60
    stamp = f"{_STAMP[:14]}{minute:02d}{_STAMP[16:]}"
    row.setdefault("active", True)
    row |= {"create_date": _STAMP, "write_date": stamp, "create_uid": ADMIN, "write_uid": ADMIN}
    row.setdefault("display_name", row.get("name"))


def _product(item: Item) -> Row:
    goods = item.product
    return {
        "id": goods.id,
        "name": item.name,
        "display_name": goods.display_name,
        "default_code": item.code or None,
        "barcode": item.barcode or None,
        "product_tmpl_id": item.template_id,
        "lst_price": goods.price / 100,
        "standard_price": goods.cost / 100,
        "product_template_variant_value_ids": (goods.id,) if item.shade else (),
        "active": item.active,
        **_shelf(item),
    }


def _shelf(item: Item) -> Row:
    """What a variant and its template share."""
    return {
        "categ_id": item.category_id,
        "list_price": item.product.price / 100,
        "detailed_type": item.kind,
        "type": item.kind,
        "tracking": "lot" if has_lots(item) else "none",
        "uom_id": 1,
        "uom_po_id": 1,
        "taxes_id": (item.product.tax_id,),
        "supplier_taxes_id": (_SUPPLIER_TAX,),
        "currency_id": 13,
        "sale_ok": True,
        "purchase_ok": True,
        "available_in_pos": item.kind != "service",
        "x_studio_brand_id": item.brand_id,
        "qty_available": 0.0,
        "volume": 0.0,
        "weight": 0.0,
    }


def _templates(items: tuple[Item, ...]) -> list[Row]:
    variants: dict[int, list[Item]] = {}
    for item in items:
        variants.setdefault(item.template_id, []).append(item)
    return [_template(template, mine) for template, mine in variants.items()]


def _template(template: int, variants: list[Item]) -> Row:
    first, single = variants[0], len(variants) == 1
    code = first.code if single else ""
    return {
        "id": template,
        "name": first.name,
        "display_name": f"[{code}] {first.name}" if code else first.name,
        "default_code": code or None,
        "barcode": (first.barcode or None) if single else None,
        "standard_price": first.product.cost / 100 if single else 0.0,
        "product_variant_ids": tuple(variant.product.id for variant in variants),
        "product_variant_count": len(variants),
        "active": first.active,
        **_shelf(first),
    }


def _categories(catalogue: Catalogue) -> list[Row]:
    rows = []
    for number, (name, parent) in catalogue.categories.items():
        path = category_path(number, catalogue.categories)
        full = " / ".join(catalogue.categories[step][0] for step in path)
        rows.append(
            {
                "id": number,
                "name": name,
                "complete_name": full,
                "display_name": full,
                "parent_id": parent,
                "parent_path": "".join(f"{step}/" for step in path),
                "child_id": tuple(n for n, (_, up) in catalogue.categories.items() if up == number),
                "product_count": len(
                    {item.template_id for item in catalogue.items if item.category_id == number}
                ),
            }
        )
    return rows


def _brands(catalogue: Catalogue) -> list[Row]:
    return [
        {
            "id": number,
            "x_name": name,
            "display_name": name,
            "x_country": country,
            "x_studio_principal_id": FIRST_PRINCIPAL + catalogue.principals.index(principal)
            if principal
            else None,
        }
        for number, (name, country, principal) in enumerate(catalogue.brands, 1)
    ]


def _config(store: Store) -> Row:
    return {
        "id": store.config_id,
        "name": store.name,
        "display_name": store.display_name,
        "warehouse_id": 1,
        "journal_id": 9,
        "payment_method_ids": tuple(sorted((store.cash_method, CARD, QRIS))),
        "employee_ids": store.employees,
        "company_id": 1,
        "currency_id": 13,
        "pricelist_id": 1,
        "module_pos_hr": True,
    }


def _methods(people: People) -> list[Row]:
    every = tuple(store.config_id for store in people.stores)
    plain: list[tuple[int, str, str, int | None, tuple[int, ...], bool]] = [
        (CARD, "Kartu BCA", "bank", 7, every, False),
        (CUSTOMER_ACCOUNT, "Customer Account", "pay_later", None, (), True),
        (QRIS, "QRIS", "bank", 7, every, False),
    ]
    cash: list[tuple[int, str, str, int | None, tuple[int, ...], bool]] = [
        (store.cash_method, f"Tunai {store.place}", "cash", 6, (store.config_id,), False)
        for store in people.stores
    ]
    return [
        {
            "id": number,
            "name": name,
            "type": kind,
            "is_cash_count": kind == "cash",
            "journal_id": journal,
            "config_ids": configs,
            "split_transactions": split,
            "company_id": 1,
        }
        for number, name, kind, journal, configs, split in sorted(plain + cash)
    ]


def _tax(tax: Tax) -> Row:
    percent = tax.permille / 10
    return {
        "id": tax.id,
        "name": tax.name,
        "amount": percent,
        "amount_type": "percent",
        "type_tax_use": tax.use,
        "price_include": tax.included,
        "include_base_amount": tax.included,
        "tax_group_id": 3,
        "description": f"{percent:g}%",
        "company_id": 1,
        "country_id": 100,
        "sequence": tax.id,
    }


def _rates() -> list[Row]:
    """What a rupiah is in dollars, from the first of each month on."""
    months = [date(year, month, 1) for year in range(2020, 2036) for month in range(1, 13)]
    return [
        {
            "id": number,
            "name": day.isoformat(),
            "display_name": day.isoformat(),
            "rate": 1 / rate_of(day, USD),
            "currency_id": USD,
            "company_id": 1,
        }
        for number, day in enumerate(months, 1)
    ]


def _base_rows() -> dict[str, list[Row]]:
    company = {"id": 1, "name": "NK Kosmetik", "currency_id": 13, "country_id": 100, "partner_id": 1}
    unit: Row = {"name": "Units", "category_id": 1, "uom_type": "reference", "ratio": 1.0, "rounding": 0.01}
    dozen: Row = {"name": "Dozens", "category_id": 1, "uom_type": "bigger", "ratio": 12.0, "rounding": 0.01}
    return {
        "res.company": [{**company, "sequence": 0}],
        "res.currency": [
            {"id": IDR, "name": "IDR", "symbol": "Rp", "rounding": 0.01},
            {"id": USD, "name": "USD", "symbol": "$", "rounding": 0.01},
        ],
        "res.currency.rate": _rates(),
        "res.country": [{"id": 100, "name": "Indonesia", "code": "ID"}],
        "uom.uom": [
            {"id": 1, **unit, "factor": 1.0, "factor_inv": 1.0},
            {"id": 2, **dozen, "factor": 1 / 12, "factor_inv": 12.0},
        ],
    }
