"""A lake belongs to one Odoo database. Days of two in one lake would be figures of neither."""

from __future__ import annotations

import json

from nk_common.errors import ConfigurationError
from nk_common.lake.layout import Layout
from nk_common.lake.writer import write_bytes
from nk_extractor.settings import ExtractorSettings


def check_source(settings: ExtractorSettings) -> None:
    """Write down which Odoo fills the lake, once. Raises ConfigurationError when it was another."""
    path = Layout(settings.data_lake_root).metadata / "source.json"
    ours = {"host": settings.odoo_host, "database": settings.odoo_db}
    if not path.exists():
        write_bytes(path, json.dumps(ours).encode())
        return
    held = json.loads(path.read_bytes())
    if held != ours:
        raise ConfigurationError(
            f"The lake {settings.data_lake_root} holds days of the Odoo database {held['database']!r} on "
            f"{held['host']}, and ODOO_HOST and ODOO_DB name {ours['database']!r} on {ours['host']}. Mixing them "
            "would make every figure wrong. Set DATA_LAKE_ROOT to another folder."
        )
