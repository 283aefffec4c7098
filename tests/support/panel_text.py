"""What a panel of the dashboard says, taken out of its HTML."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import httpx


async def panel_text(browser: httpx.AsyncClient, page: str, name: str, query: str = "range=7d") -> str:
    """As a reader sees it: no-break spaces are spaces."""
    answer = await browser.get(f"/panels/{page}/{name}?{query}", headers={"hx-request": "true"})
    assert answer.status_code == 200
    return html.unescape(answer.text).replace("\u00a0", " ")


def figure_in(text: str) -> dict[str, Any]:
    found = re.search(r'data-figure="(.*?)" role="img"', text)
    assert found is not None
    figure: dict[str, Any] = json.loads(found[1])
    return figure


def rows_of(text: str) -> list[list[str]]:
    """Cells of the body of the only table, as text."""
    body = text.split("<tbody>")[1].split("</tbody>")[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
    return [[" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in row] for row in cells]
