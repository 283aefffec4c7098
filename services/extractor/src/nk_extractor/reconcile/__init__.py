"""Proof that the lake is Odoo: the same sums asked of both, per day, dataset, store and document."""
