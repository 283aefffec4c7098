"""`invoice-sales` and `purchases`: lines of each posted document, and their balance in company currency.

One call a day. Quantities are left out: Odoo's are in the document's units, the lake's in the product's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from nk_common.datasets.invoices import BILL_TYPES, INVOICE_TYPES
from nk_extractor.extract.invoices import LINE, MOVE, domain
from nk_extractor.odoo.client import Domain, OdooClient
from nk_extractor.odoo.versions import product_line_domain
from nk_extractor.reconcile.figures import Comparison, Document, Documents, Tables, grouped, through
from nk_extractor.settings import OdooSettings

_INCOME, _COST = -1.0, 1.0
"""Sign of a balance (debit less credit) that makes a sale, or a purchase, positive and its refund negative."""


def _comparison(dataset: str, types: Sequence[str], sign: float, table: str, untaxed: str) -> Comparison:
    def counted(client: OdooClient, _settings: OdooSettings, day: date) -> tuple[str, Domain]:
        return MOVE, domain(client, day, types)

    def in_odoo(client: OdooClient, _settings: OdooSettings, day: date) -> Documents:
        lines = [*through("move_id", domain(client, day, types)), *product_line_domain(client)]
        rows = client.sums_by(LINE, lines, ["move_id"], ["balance"])
        return {
            (row["move_id"],): Document(lines=row["__count"], untaxed=sign * row["balance"]) for row in rows
        }

    def in_lake(tables: Tables) -> Documents:
        rows = grouped(tables[table], ["move_id"], [untaxed])
        return {(row["move_id"],): Document(lines=row["__count"], untaxed=row[untaxed]) for row in rows}

    return Comparison(dataset, counted, in_odoo, {table: ("move_id", untaxed)}, in_lake, ("untaxed",))


INVOICE_SALES = _comparison("invoice-sales", INVOICE_TYPES, _INCOME, "fact_invoice_sales", "revenue_untaxed")
PURCHASES = _comparison("purchases", BILL_TYPES, _COST, "fact_purchases", "cost_untaxed")
