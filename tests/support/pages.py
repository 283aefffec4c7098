"""Every page that can be opened, as the web service itself lists them: a new one is covered by being there."""

from __future__ import annotations

import re

import httpx

from nk_web.page import Page
from nk_web.pages import PAGES

MEMBER = re.compile(r"{(\w+)}")


def page_paths() -> dict[str, str]:
    """Path by name, tabs included; what stands in braces is a member to be filled in."""
    paths: dict[str, str] = {}
    for module in PAGES:
        page: Page | None = getattr(module, "PAGE", None)
        if page is None:
            paths[module.NAV.path.strip("/")] = module.NAV.path
            continue
        paths[page.slug] = page.route
    return {**paths, "design": "/design"}


def filled(path: str, api_url: str, **days: str) -> str:
    """With the member that sold most for what stands in braces."""

    def best(match: re.Match[str]) -> str:
        params = {"limit": "1", **(days or {"preset": "last-30-days"})}
        answer = httpx.get(f"{api_url}/v1/sales/by/{match[1]}", params=params, trust_env=False)
        return str(answer.raise_for_status().json()["rows"][0]["key"])

    return MEMBER.sub(best, path)
