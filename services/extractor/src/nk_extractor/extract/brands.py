"""Where brands are: a configured custom field of products, and the model that it points to."""

from __future__ import annotations

from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.versions import custom
from nk_extractor.settings import OdooSettings

PRODUCT = "product.product"
_LABELS = ("name", "x_name", "display_name")


def brand_field(client: OdooClient, settings: OdooSettings) -> str | None:
    """The configured brand field, where the database has it as a many2one."""
    return custom(client, PRODUCT, settings.odoo_brand_field, ("many2one",))


def brand_model(client: OdooClient, settings: OdooSettings) -> str | None:
    """The model of brands; None where the database has none."""
    name = brand_field(client, settings)
    return str(client.fields_of(PRODUCT)[name]["relation"]) if name else None


def label_of(client: OdooClient, model: str) -> str:
    """The field that holds a record's name: custom models call it `x_name`."""
    return next(name for name in _LABELS if name in client.fields_of(model))
