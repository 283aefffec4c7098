"""What the business really did, from the world's own plan: nothing here knows Odoo's models or domains.

The pipeline's figures are tested against these. Money is summed in integer cents and given as `Decimal`.
"""

from nk_demo.totals.pos import DayTotals, Measures, PaymentMeasures, day_totals, totals
from nk_demo.totals.registry import DATASETS

__all__ = ["DATASETS", "DayTotals", "Measures", "PaymentMeasures", "day_totals", "totals"]
