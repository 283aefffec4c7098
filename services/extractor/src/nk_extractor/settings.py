"""Settings of the extractor."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from nk_common.schedule.settings import ScheduleSettings
from nk_common.settings import BusSettings, HealthSettings, LakeSettings


class OdooSettings(LakeSettings):
    """How to reach Odoo; the names are the operators'."""

    odoo_host: str = Field(default="127.0.0.1", validation_alias="ODOO_HOST")
    odoo_port: int = Field(default=443, ge=1, le=65535, validation_alias="ODOO_PORT")
    odoo_protocol: Literal["jsonrpc", "jsonrpc+ssl"] = Field(
        default="jsonrpc+ssl", validation_alias="ODOO_PROTOCOL"
    )
    odoo_transport: Literal["jsonrpc", "json2"] = Field(
        default="jsonrpc",
        description="How to talk to Odoo: jsonrpc (14 to 21) or json2 (19 and later).",
    )
    odoo_db: str = Field(default="", validation_alias="ODOO_DB")
    odoo_username: str = Field(default="", validation_alias="ODOO_USERNAME")
    odoo_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="ODOO_API_KEY")
    odoo_concurrency: int = Field(default=2, ge=1, le=16)
    odoo_timeout: float = Field(default=60.0, gt=0, le=600, description="Seconds per call.")
    odoo_page_size: int = Field(default=1000, ge=1, le=10_000)
    odoo_brand_field: str = Field(default="x_studio_brand_id", description="On product.product; empty: none.")
    odoo_principal_field: str = Field(
        default="x_studio_principal_id", description="On the brand's model; empty: none."
    )
    odoo_discount_field: str = Field(
        default="x_studio_discount_amount",
        description="On pos.order.line: a discount that price_subtotal_incl does not contain; empty: none.",
    )
    keep_contacts: bool = Field(default=False, description="Keep e-mail and telephone of partners.")

    @property
    def odoo_address(self) -> str:
        """Where Odoo answers, as a URL without a path."""
        scheme = "https" if self.odoo_protocol.endswith("ssl") else "http"
        return f"{scheme}://{self.odoo_host}:{self.odoo_port}"


class ExtractorSettings(OdooSettings, BusSettings, HealthSettings, ScheduleSettings):
    """Settings of the extractor."""

    extractor_port: int = Field(default=8101, ge=1, le=65535)
    in_flight_days: int = Field(
        default=16, ge=1, le=1000,
        description="Days on their way through the stages at once; others wait, today and dimensions do not.",
    )  # fmt: skip
    chunk_bytes: int = Field(default=512 * 1024, ge=1024, le=900 * 1024)
    watch_interval: float = Field(
        default=15.0, gt=0, description="Seconds between looks for changes; see NK_WATCH."
    )
    watch: bool = True
    watch_overlap: float = Field(
        default=180.0,
        ge=1,
        description="Seconds read again at every look: Odoo dates a change by the start of its transaction.",
    )
    today_interval: float = Field(default=300.0, gt=0, description="Today is read at least this often.")
    catch_up: bool = Field(
        default=True, description="0 asks for no missing, failed or unfinished days without being told to."
    )
    catch_up_interval: float = Field(
        default=20.0, gt=0, description="Seconds between looks for such days; see NK_CATCH_UP."
    )
    stall_after: float = Field(
        default=120.0, gt=0, description="A day untouched for so long is asked for again."
    )
    derive_interval: float = Field(
        default=2.0, gt=0, description="Seconds between looks for derived days (profit, past stock)."
    )
    retry_failed_after: float = Field(
        default=600.0, gt=0, description="Failed days are tried again after this."
    )
