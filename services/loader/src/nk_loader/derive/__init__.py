"""Derived days: made from what the lake holds, without Odoo."""
