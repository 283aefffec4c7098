"""What this database lacks of what nkdash reads, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nk_common.errors import ODOO_AWAY, OdooRefusedError
from nk_common.observability import logger
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.needs import OPTIONAL_FIELDS, REQUIRED, Need
from nk_extractor.odoo.versions import model as model_of
from nk_extractor.odoo.versions import resolve
from nk_extractor.settings import OdooSettings

NUMBERS = ("float", "monetary", "integer")


@dataclass(frozen=True)
class Missing:
    """One thing the database lacks. `field` is None where the whole model is missing or refused."""

    model: str
    field: str | None
    required: bool
    sentence: str


def capabilities(client: OdooClient, settings: OdooSettings) -> list[Missing]:
    """Everything that is missing, required things first.

    Raises OdooUnavailableError, and OdooRefusedError when the credentials themselves are refused.
    """
    found = [missing for need in REQUIRED for missing in _of_need(client, need)]
    found += _optional(client)
    found += _custom(client, settings)
    return sorted(found, key=lambda one: not one.required)


def require(client: OdooClient, *models: str) -> None:
    """Raises OdooRefusedError, in one sentence, unless the models are there with all that is needed of them.

    Asks nothing that `fields_of` does not know. A refused right shows when the model is read.
    """
    needs = {need.model: need for need in REQUIRED}
    for name in models:
        need = needs[name]
        if model_of(client, name) is None:
            raise OdooRefusedError(f"{_not_installed(name)} {need.cost}")
        for missing in _missing_fields(client, need):
            raise OdooRefusedError(missing.sentence)


def log_report(client: OdooClient, settings: OdooSettings) -> None:
    """One line for the version and one per missing thing."""
    log = logger(__name__)
    log.info("connected to Odoo", version=client.server_version(), transport=settings.odoo_transport)
    for missing in capabilities(client, settings):
        say = log.warning if missing.required else log.info
        say("missing in Odoo", model=missing.model, field=missing.field, means=missing.sentence)


def _of_need(client: OdooClient, need: Need) -> Iterator[Missing]:
    refusal = _model_refusal(client, need.model)
    if refusal:
        yield Missing(need.model, None, True, f"{refusal} {need.cost}")
        return
    yield from _missing_fields(client, need)


def _missing_fields(client: OdooClient, need: Need) -> Iterator[Missing]:
    for field in need.fields:
        if resolve(client, need.model, field) is None:
            yield Missing(
                need.model,
                field,
                True,
                f"Odoo has no field {field} on {need.model}, or its user may not see it. {need.cost} "
                "Check the user's rights and whether the field was renamed.",
            )


def _model_refusal(client: OdooClient, name: str) -> str | None:
    """Why the model cannot be read; None if it can."""
    try:
        model = model_of(client, name)
        if model is None:
            return _not_installed(name)
        if client.may_read(model):
            return None
    except OdooRefusedError as error:
        if isinstance(error, ODOO_AWAY):
            raise
    return f"The Odoo user may not read {name}: give it the rights to read it."


def _not_installed(model: str) -> str:
    return f"Odoo does not have the model {model}: its module is not installed."


def _optional(client: OdooClient) -> Iterator[Missing]:
    for model, field, sentence in OPTIONAL_FIELDS:
        there = model_of(client, model)
        if there and (field is None or resolve(client, there, field)):
            continue
        yield Missing(model, field, False, sentence)


def _custom(client: OdooClient, settings: OdooSettings) -> Iterator[Missing]:
    """Configured fields that are not there, or are of another type and so mean something else."""
    brand = settings.odoo_brand_field
    yield from _custom_field(client, "product.product", brand, ("many2one",), "Products have no brand.")
    yield from _custom_field(
        client,
        "pos.order.line",
        settings.odoo_discount_field,
        NUMBERS,
        "POS revenue is price_subtotal_incl, without an extra discount.",
    )
    field = client.fields_of("product.product").get(brand) if client.has_model("product.product") else None
    if field and field["type"] == "many2one":
        principal = settings.odoo_principal_field
        kinds = ("many2one", "char", "selection")
        yield from _custom_field(
            client, str(field["relation"]), principal, kinds, "Brands have no principal."
        )


def _custom_field(
    client: OdooClient, model: str, name: str, types: tuple[str, ...], cost: str
) -> Iterator[Missing]:
    if not name or not client.has_model(model):
        return
    field = client.fields_of(model).get(name)
    if field is None:
        yield Missing(model, name, False, f"Odoo has no field {name} on {model}. {cost}")
    elif field["type"] not in types:
        yield Missing(
            model,
            name,
            False,
            f"The field {name} on {model} is of type {field['type']} and not {' or '.join(types)}, "
            f"so it is left out. {cost}",
        )
