"""Every page of the menu, its tabs and /design: they hold together on a phone, a tablet and a laptop, in both themes.

The pages are those that the web service lists (`support/pages.py`); a new one needs no test of its own for this.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from support.looking import SCHEMES, WIDTHS, Scheme, barriers, opened, resize, sideways
from support.pages import filled, page_paths
from support.system import System


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", page_paths().values(), ids=page_paths().keys())
def test_a_page_holds_together(browser: Browser, system: System, path: str, scheme: Scheme) -> None:
    """No error in the console, nothing wider than the window, and no serious barrier for anybody."""
    address = filled(path, system.url("query-api"))
    problems = []
    with opened(browser, system.url("web"), address, WIDTHS[0], scheme) as (page, errors):
        for width in WIDTHS:
            resize(page, width)
            problems += [f"{width} px: {problem}" for problem in (sideways(page), *barriers(page)) if problem]
        problems += errors
    assert problems == []
