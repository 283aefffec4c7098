"""A lake belongs to one Odoo database."""

from __future__ import annotations

from pathlib import Path

import pytest

from nk_common.errors import ConfigurationError
from nk_extractor.settings import ExtractorSettings
from nk_extractor.source import check_source


def settings(lake: Path, database: str) -> ExtractorSettings:
    return ExtractorSettings.model_validate(
        {"data_lake_root": lake, "odoo_host": "shop", "odoo_db": database}
    )


def test_the_same_odoo_may_go_on(tmp_path: Path) -> None:
    check_source(settings(tmp_path, "nk"))
    check_source(settings(tmp_path, "nk"))


def test_another_odoo_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """The demo's days and the shop's own in one lake would be figures of neither."""
    check_source(settings(tmp_path, "demo"))
    with pytest.raises(ConfigurationError, match="'demo' on shop.*'nk' on shop.*DATA_LAKE_ROOT"):
        check_source(settings(tmp_path, "nk"))
