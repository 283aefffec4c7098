"""Payments per day, store and method."""

from __future__ import annotations

from nk_common.star.base import UNKNOWN_ID

PAYMENTS = "payments_by_method"

CREATE = f"""
CREATE TABLE {PAYMENTS} (
  day DATE NOT NULL, store_id BIGINT NOT NULL, payment_method_id BIGINT NOT NULL,
  amount DECIMAL(18, 4) NOT NULL, orders BIGINT NOT NULL)
"""

OF_DAYS = f"""
SELECT CAST("date" AS DATE) AS day, coalesce(pos_config_id, {UNKNOWN_ID}) AS store_id,
       coalesce(payment_method_id, {UNKNOWN_ID}) AS payment_method_id, sum(CAST(amount AS DECIMAL(18, 4))) AS amount,
       count(DISTINCT order_id) AS orders
FROM fact_payments WHERE "date" >= $1 AND "date" < $2
GROUP BY ALL ORDER BY day, store_id, payment_method_id
"""  # noqa: S608
"""For the days from $1 to before $2. An order lies in one store and one day, so `orders` may be added up over
those, but not over methods: an order may be paid in several ways."""
