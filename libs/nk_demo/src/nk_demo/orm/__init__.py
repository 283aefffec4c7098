"""The part of Odoo's ORM that a reader can see: models, fields, domains, ordering, groups, rights."""
