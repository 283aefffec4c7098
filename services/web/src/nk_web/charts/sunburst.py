"""Revenue by parent category, category and brand, as rings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nk_common.api.sales import BreakdownRow, SalesBreakdown
from nk_web.charts import palette
from nk_web.charts.axis import base_layout, plain
from nk_web.charts.figure import Figure
from nk_web.format import Formats

ROOT = "root"
OTHERS = "others"
_JOIN = "\u001f"
"""Between the names of a path in a node's id: no name has it, so two paths never make one id."""


@dataclass(frozen=True)
class SunburstWords:
    total: str
    others: str
    share: str


@dataclass(frozen=True)
class Node:
    id: str
    parent: str
    label: str
    value: float
    href: str = ""
    """Where a press leads; only for the outermost pieces, the others open."""


def undrawable(breakdown: SalesBreakdown) -> list[BreakdownRow]:
    """Rows whose refunds exceed their sales: a ring has no room for less than nothing."""
    return [row for row in breakdown.rows if row.revenue < 0]


def sunburst_nodes(
    breakdown: SalesBreakdown, words: SunburstWords, href: Callable[[BreakdownRow], str] = lambda _: ""
) -> list[Node]:
    """The root first, then every member of every level; a level's value is the sum of what it holds."""
    values: dict[tuple[str, ...], float] = {}
    hrefs = {tuple(row.path): href(row) for row in breakdown.rows}
    for row in breakdown.rows:
        if row.revenue <= 0:
            continue
        for depth in range(1, len(row.path) + 1):
            above = tuple(row.path[:depth])
            values[above] = values.get(above, 0.0) + row.revenue
    drawn = sum(row.revenue for row in breakdown.rows if row.revenue > 0)
    rest = breakdown.total_revenue - sum(row.revenue for row in breakdown.rows)
    rest = rest if breakdown.total_rows > len(breakdown.rows) and rest > 0 else 0.0
    if drawn + rest <= 0:
        return []
    nodes = [Node(ROOT, "", words.total, drawn + rest)]
    nodes += [
        Node(_id(path), _id(path[:-1]), path[-1], value, hrefs.get(path, ""))
        for path, value in sorted(values.items(), key=lambda item: (len(item[0]), -item[1], item[0]))
    ]
    return [*nodes, Node(OTHERS, ROOT, words.others, rest)] if rest else nodes


def sunburst_figure(nodes: Sequence[Node], formats: Formats, words: SunburstWords) -> Figure:
    total = nodes[0].value if nodes else 0.0
    rings = {
        "type": "sunburst",
        "ids": [node.id for node in nodes],
        "parents": [node.parent for node in nodes],
        "labels": [_label(node, formats) for node in nodes],
        "values": [node.value for node in nodes],
        "branchvalues": "total",
        "maxdepth": 3,
        "sort": False,
        "rotation": 90,
        "insidetextorientation": "auto",
        "hovertext": [_hover(node, total, formats, words) for node in nodes],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [node.href for node in nodes],
        "marker": _marker(nodes),
        "leaf": {"opacity": 1},
        "insidetextfont": {"color": [palette.INK if n.id == ROOT else "var(--on-cat)" for n in nodes]},
    }
    return Figure([rings], {**base_layout(), "uniformtext": {"minsize": 10, "mode": "hide"}})


def _marker(nodes: Sequence[Node]) -> dict[str, Any]:
    tops = [node.id for node in nodes if node.parent == ROOT and node.id != OTHERS]
    colours = {top: palette.category(at) for at, top in enumerate(tops)}
    return {
        "colors": [_colour(node, colours) for node in nodes],
        "line": {"color": palette.SURFACE, "width": 1.5},
    }


def _colour(node: Node, colours: dict[str, str]) -> str:
    if node.id == ROOT:
        return palette.SURFACE
    return colours.get(node.id.split(_JOIN)[0], palette.REST)


def _label(node: Node, formats: Formats) -> str:
    if node.id == ROOT:
        return f"<b>{formats.currency_short(node.value)}</b><br>{plain(node.label)}"
    return plain(node.label)


def _hover(node: Node, total: float, formats: Formats, words: SunburstWords) -> str:
    share = formats.percent(node.value / total) if total else ""
    return f"<b>{plain(node.label)}</b><br>{formats.currency(node.value)}<br>{share} {plain(words.share)}"


def _id(path: tuple[str, ...]) -> str:
    # "root" and "others" could be names of categories too; a leading mark keeps them apart.
    return _JOIN.join(("=" + path[0], *path[1:])) if path else ROOT
