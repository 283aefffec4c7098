"""Every knob of the demo Odoo, read from NK_DEMO_* (docs/demo-odoo.md lists them)."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nk_demo.faults import FaultRule
from nk_demo.orm.versions import Module

# Not a secret: the world behind it is made up. Both users take it as their API key.
DEMO_KEY = "demo-key-not-secret"


class DemoSettings(BaseSettings):
    """Where the demo listens, how large its world is, and how it misbehaves."""

    model_config = SettingsConfigDict(env_prefix="NK_DEMO_", env_file=".env", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8069
    db: str = Field("nk", description="The only database name that is answered.")
    admin_password: SecretStr = Field(SecretStr("admin"), description="Password of user admin.")
    api_key: SecretStr = Field(SecretStr(DEMO_KEY), description="API key of users admin and extractor.")

    version: Annotated[int, Field(ge=14, le=19, description="Odoo version to answer as: 14 to 19.")] = 16
    modules_missing: tuple[Module, ...] = Field(
        (), description="Odoo modules that are not installed, as a JSON list."
    )

    days: Annotated[int, Field(ge=0, le=7300, description="Days of history before today.")] = 400
    orders_per_day: Annotated[
        int, Field(ge=0, le=3000, description="Average orders a day, all stores together.")
    ] = 160
    products: Annotated[int, Field(ge=10, le=5000, description="Sellable product variants.")] = 120
    stores: Annotated[int, Field(ge=1, le=12, description="Stores, each one pos.config.")] = 2
    customers: Annotated[int, Field(ge=1, le=200_000, description="Named customers.")] = 400
    seed: int = Field(7, description="Another seed is another business.")
    tz: str = Field("Asia/Jakarta", description="Time zone of the stores.")
    now: datetime | None = Field(None, description="Pretend this is the time at start (UTC without offset).")

    live: bool = Field(False, description="Keep selling, editing and cancelling while running.")
    live_every: Annotated[float, Field(gt=0, description="Seconds between live actions.")] = 5.0
    state: Path | None = Field(None, description="Journal file of live actions; in memory without one.")

    latency: Annotated[float, Field(ge=0, le=60, description="Seconds added to every RPC call.")] = 0.0
    row_latency: Annotated[
        float, Field(ge=0, le=1, description="Seconds added for every row of an answer.")
    ] = 0.0
    faults: list[FaultRule] = Field(default_factory=list, description="Fault rules as a JSON list.")

    @field_validator("tz")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"unknown time zone {value!r}") from error
        return value
