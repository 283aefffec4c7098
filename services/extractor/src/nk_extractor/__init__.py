"""Extractor: plans commands into days, reads them from Odoo, and keeps the ledger."""
