"""Settings of the web service."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, HttpUrl

from nk_common.settings import CommonSettings


class WebSettings(CommonSettings):
    """Every field is the environment variable `NK_<FIELD>`."""

    web_host: str = Field(
        default="127.0.0.1",
        description="Address to listen on; 0.0.0.0 lets phones in the shop reach the page.",
    )
    web_port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    query_api_url: HttpUrl = Field(
        default=HttpUrl("http://127.0.0.1:8100"), description="Where the query API answers."
    )
    locale: Literal["id", "en"] = Field(default="id", description="Language until somebody picks another.")
    design_page: bool = Field(
        default=False, description="1 adds the page /design, which shows every component in both themes."
    )
