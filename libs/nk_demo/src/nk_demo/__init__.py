"""A demo Odoo: a made-up cosmetics retailer behind Odoo 16's JSON-RPC. See docs/demo-odoo.md."""
