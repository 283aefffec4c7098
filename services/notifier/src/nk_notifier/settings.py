"""Settings of the notifier."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field, HttpUrl, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from nk_common.format import Lang
from nk_common.schedule.settings import ReconcileSchedule
from nk_common.settings import HealthSettings, LakeSettings

_CLOCK = r"^(([01]\d|2[0-3]):[0-5]\d)?$"
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(MB|GB|TB)")
_BYTES = {"MB": 10**6, "GB": 10**9, "TB": 10**12}


class NotifierSettings(LakeSettings, HealthSettings, ReconcileSchedule):
    """Settings of the notifier. What says how old data may be is shared with the query API."""

    notifier_port: int = Field(default=8104, ge=1, le=65535)
    query_api_url: HttpUrl = Field(
        default=HttpUrl("http://127.0.0.1:8100"), description="Where the query API answers."
    )
    public_url: HttpUrl | None = Field(default=None, description="The dashboard's address, for links.")
    notify_language: Lang = Field(default="id", description="Language of alerts and of the digest.")

    alert_interval: float = Field(default=15.0, gt=0, le=3600, description="Seconds between looks.")
    alert_after: float = Field(
        default=60.0, ge=0, le=86_400, description="Seconds that something must last before it is said."
    )
    alert_recover_after: float = Field(
        default=300.0, ge=0, le=86_400, description="Seconds that it must be gone before that is said."
    )
    alert_failed_after: float = Field(
        default=3600.0,
        ge=0,
        le=7 * 86_400,
        description="Seconds after which a day that may still come by itself counts as failed for good.",
    )
    alert_disk_free: str = Field(
        default="5%", description="Least room on the lake's disk: a share or a size."
    )
    odoo_api_key_expires: date | None = Field(
        default=None, validation_alias="ODOO_API_KEY_EXPIRES", description="The day on which the key expires."
    )

    alert_webhook_url: SecretStr | None = Field(default=None, description="Where alerts are posted.")
    alert_webhook_secret: SecretStr | None = Field(default=None, description="Signs what is posted.")
    smtp_host: str = Field(default="", description="Mail server; empty: no e-mail.")
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = Field(default="starttls")
    smtp_username: str = Field(default="", description="Login at the mail server; empty: none.")
    smtp_password: SecretStr | None = Field(default=None)
    smtp_from: str = Field(default="", description="Address that e-mails come from.")
    alert_email_to: Annotated[list[str], NoDecode] = Field(
        default=[], description="Who gets them, separated by commas."
    )

    digest_at: str = Field(default="07:30", pattern=_CLOCK, description="Local time; empty: no digest.")
    digest_latest: str = Field(
        default="10:00",
        pattern=_CLOCK,
        description="Local time at which it no longer waits for what is missing.",
    )

    @field_validator(
        "odoo_api_key_expires", "public_url", "alert_webhook_url", "alert_webhook_secret", "smtp_password",
        mode="before",
    )  # fmt: skip
    @classmethod
    def _nothing_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("alert_email_to", mode="before")
    @classmethod
    def _separated_by_commas(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @field_validator("alert_webhook_url")
    @classmethod
    def _is_a_web_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.match(r"https?://[^/\s]+", value.get_secret_value()):
            raise ValueError("must begin with https:// or http://")
        return value

    @field_validator("alert_disk_free")
    @classmethod
    def _is_share_or_size(cls, value: str) -> str:
        if not (_SHARE.fullmatch(value) or _SIZE.fullmatch(value)):
            raise ValueError("must be a share such as 5%, or a size such as 20GB")
        return value

    @model_validator(mode="after")
    def _mail_has_both_ends(self) -> NotifierSettings:
        if self.smtp_host and not (self.smtp_from and self.alert_email_to):
            raise ValueError("NK_SMTP_HOST needs NK_SMTP_FROM and NK_ALERT_EMAIL_TO: from whom, and to whom")
        return self

    def least_free(self, total: int) -> int:
        """Bytes that must be free on a disk of `total` bytes."""
        if share := _SHARE.fullmatch(self.alert_disk_free):
            return int(total * float(share[1]) / 100)
        size = _SIZE.fullmatch(self.alert_disk_free)
        return int(float(size[1]) * _BYTES[size[2]]) if size else 0

    @property
    def hold(self) -> timedelta:
        return timedelta(seconds=self.alert_after)

    @property
    def recover(self) -> timedelta:
        return timedelta(seconds=self.alert_recover_after)

    @property
    def failed_hold(self) -> timedelta:
        return timedelta(seconds=self.alert_failed_after)
