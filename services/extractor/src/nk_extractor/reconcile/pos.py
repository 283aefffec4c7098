"""`pos`: lines and payments of each counted order. Three calls for a day of up to 1,000 orders."""

from __future__ import annotations

from datetime import date

from nk_extractor.extract.base import present
from nk_extractor.extract.pos import LINE, ORDER, PAYMENT, domain
from nk_extractor.odoo.capabilities import NUMBERS
from nk_extractor.odoo.client import Domain, OdooClient
from nk_extractor.odoo.versions import custom
from nk_extractor.reconcile.figures import (
    Comparison,
    Document,
    DocumentKey,
    Documents,
    Tables,
    grouped,
    read_all,
    through,
)
from nk_extractor.settings import OdooSettings

_INCL, _UNTAXED, _QUANTITY = "price_subtotal_incl", "price_subtotal", "qty"


def _counted(_client: OdooClient, settings: OdooSettings, day: date) -> tuple[str, Domain]:
    return ORDER, domain(day, settings)


def _in_odoo(client: OdooClient, settings: OdooSettings, day: date) -> Documents:
    counted = domain(day, settings)
    rate = present(client, ORDER, "currency_rate")["currency_rate"]
    extra = custom(client, LINE, settings.odoo_discount_field, NUMBERS)
    orders = read_all(client, ORDER, counted, ["config_id", *([rate] if rate else [])])
    sums = [_INCL, _UNTAXED, _QUANTITY, *([extra] if extra else [])]
    lines = client.sums_by(LINE, through("order_id", counted), ["order_id"], sums)
    payments = client.sums_by(PAYMENT, through("pos_order_id", counted), ["pos_order_id"], ["amount"])
    stores = {order["id"]: order["config_id"] or None for order in orders}
    rates = {order["id"]: (order[rate] or 1.0) if rate else 1.0 for order in orders}
    return _joined(
        stores,
        {
            row["order_id"]: (
                row["__count"],
                row[_QUANTITY],
                (row[_INCL] - (row[extra] if extra else 0.0)) / rates.get(row["order_id"], 1.0),
                row[_UNTAXED] / rates.get(row["order_id"], 1.0),
            )
            for row in lines
        },
        {row["pos_order_id"]: row["amount"] / rates.get(row["pos_order_id"], 1.0) for row in payments},
    )


def _in_lake(tables: Tables) -> Documents:
    lines = grouped(
        tables["fact_sales"], ["order_id"], ["quantity", "revenue", "revenue_untaxed"], "pos_config_id"
    )
    payments = grouped(tables["fact_payments"], ["order_id"], ["amount"], "pos_config_id")
    stores = {row["order_id"]: row["pos_config_id"] for row in [*payments, *lines]}
    return _joined(
        stores,
        {
            row["order_id"]: (row["__count"], row["quantity"], row["revenue"], row["revenue_untaxed"])
            for row in lines
        },
        {row["order_id"]: row["amount"] for row in payments},
    )


def _joined(
    stores: dict[int, int | None],
    lines: dict[int, tuple[int, float, float, float]],
    payments: dict[int, float],
) -> dict[DocumentKey, Document]:
    """Orders that have lines or payments; one without either sells nothing."""
    found: dict[DocumentKey, Document] = {}
    for order in lines.keys() | payments.keys():
        number, quantity, amount, untaxed = lines.get(order, (0, 0.0, 0.0, 0.0))
        found[order,] = Document(
            store=stores.get(order),
            lines=number,
            quantity=quantity,
            amount=amount,
            untaxed=untaxed,
            payments=payments.get(order, 0.0),
        )
    return found


POS = Comparison(
    "pos",
    _counted,
    _in_odoo,
    {
        "fact_sales": ("order_id", "pos_config_id", "quantity", "revenue", "revenue_untaxed"),
        "fact_payments": ("order_id", "pos_config_id", "amount"),
    },
    _in_lake,
)
