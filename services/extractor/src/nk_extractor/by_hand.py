"""What `nk odoo check` starts: one look at Odoo with the extractor's settings, and an exit code."""

from __future__ import annotations

from typing import TextIO

from nk_common.errors import ConfigurationError, OdooRefusedError, TransientError
from nk_common.observability import Metrics
from nk_common.settings import EXIT_CONFIGURATION
from nk_extractor.odoo.check import OdooCheck, check, in_words, listed_databases
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.transport import build_transport
from nk_extractor.odoo.turnstile import Turnstile
from nk_extractor.settings import OdooSettings

EXIT_UNFIT = 1
EXIT_UNAVAILABLE = 69


def check_odoo(settings: OdooSettings, out: TextIO, err: TextIO, *, as_json: bool) -> int:
    """Say how Odoo is; returns the exit code."""
    try:
        _require_named(settings)
        found = _look(settings)
    except TransientError as error:
        err.write(f"{error}\n")
        return EXIT_UNAVAILABLE
    except (ConfigurationError, OdooRefusedError) as error:
        err.write(f"{error}\n")
        return EXIT_CONFIGURATION
    out.write(f"{found.model_dump_json()}\n" if as_json else "".join(f"{line}\n" for line in in_words(found)))
    return 0 if found.is_fit else EXIT_UNFIT


def _look(settings: OdooSettings) -> OdooCheck:
    client = OdooClient(build_transport(settings, Turnstile(1, Metrics()).lane()), settings.odoo_page_size)
    databases = listed_databases(settings)
    try:
        return check(client, settings, databases)
    except OdooRefusedError as error:
        if databases and settings.odoo_db not in databases:
            raise ConfigurationError(f"{error} It lists {', '.join(databases)}.") from error
        raise
    finally:
        client.close()


def _require_named(settings: OdooSettings) -> None:
    named = {
        "ODOO_HOST": "odoo_host" in settings.model_fields_set and settings.odoo_host,
        "ODOO_DB": settings.odoo_db,
        "ODOO_USERNAME": settings.odoo_username or settings.odoo_transport == "json2",
        "ODOO_API_KEY": settings.odoo_api_key.get_secret_value(),
    }
    missing = [name for name, value in named.items() if not value]
    if missing:
        raise ConfigurationError(
            f"{', '.join(missing)} is not set, so there is no Odoo to look at: write it into .env (README, Your own "
            "Odoo). Without ODOO_HOST, nk up shows the made-up shop."
        )
