"""Odoo behind one interface; nothing outside knows which transport is in use."""
