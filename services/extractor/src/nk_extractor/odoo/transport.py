"""Which way to talk to Odoo; nothing outside knows which one is in use."""

from __future__ import annotations

from nk_extractor.odoo.capabilities import log_report
from nk_extractor.odoo.client import OdooClient, Transport
from nk_extractor.odoo.json2 import Json2Transport
from nk_extractor.odoo.jsonrpc import JsonRpcTransport
from nk_extractor.odoo.turnstile import Lane
from nk_extractor.settings import OdooSettings


def build_transport(settings: OdooSettings, lane: Lane) -> Transport:
    """The transport named by NK_ODOO_TRANSPORT. Connects to nothing yet."""
    if settings.odoo_transport == "json2":
        return Json2Transport(settings, lane)
    return JsonRpcTransport(settings, lane)


def build_client(settings: OdooSettings, lane: Lane) -> OdooClient:
    """A client on it, which logs once, at its first call, what the database lacks."""
    return OdooClient(
        build_transport(settings, lane),
        settings.odoo_page_size,
        first_use=lambda client: log_report(client, settings),
    )
