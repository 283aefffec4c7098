"""Settings of the web service, read once from the environment."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, HttpUrl, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class WebSettings(BaseSettings):
    """Every field is the environment variable `NK_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="NK_", extra="ignore", frozen=True)

    web_host: str = Field(default="127.0.0.1", description="Address to listen on.")
    web_port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    query_api_url: HttpUrl = Field(
        default=HttpUrl("http://127.0.0.1:8100"), description="Where the query API answers."
    )
    locale: Literal["id", "en"] = Field(default="id", description="Language until somebody picks another.")
    timezone: str = Field(default="Asia/Jakarta", description="Time zone of the shop's business day.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Log level.")

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"NK_TIMEZONE {name!r} is not a time zone; use a name like Asia/Jakarta"
            ) from error
        return name

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower_case(cls, level: object) -> object:
        return level.lower() if isinstance(level, str) else level

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
