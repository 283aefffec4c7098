"""Sankey: how an amount flows from level to level, e.g. parent category to category to brand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from nk_web.charts import palette
from nk_web.charts.axis import base_layout, plain, shortened
from nk_web.charts.figure import Figure

Key = tuple[str, ...]
"""A node of a level: names from the top down to it, or its name alone on the last level."""
OTHERS: Key = ()


@dataclass(frozen=True)
class Flow:
    """An amount with its name on every level; `hrefs` are where a press on each of the levels leads."""

    path: tuple[str, ...]
    value: float
    hrefs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Node:
    level: int
    name: str
    value: float
    href: str
    colour: str


@dataclass(frozen=True)
class Link:
    """Between two nodes, by their places in the list."""

    source: int
    target: int
    value: float
    colour: str


@dataclass(frozen=True)
class Diagram:
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


def diagram(flows: Iterable[Flow], most: Sequence[int], others: str) -> Diagram:
    """`most` members are drawn of each level, the largest; the others of the level are one node called `others`.

    On the last level a name is one node wherever it flows from (a brand in several categories); on the levels before,
    two of the same name under different parents stay two.
    """
    drawn = [flow for flow in flows if flow.value > 0]
    keys = [_kept(drawn, level, len(most), limit) for level, limit in enumerate(most)]
    places = _places(keys)
    colours = {key[0]: palette.category(at) for (level, key), at in places.items() if level == 0 and key}
    nodes = [_node(drawn, level, key, keys, colours, others) for level, key in places]
    sums: dict[tuple[int, int], float] = {}
    for at, flow in enumerate(drawn):
        for level in range(len(most) - 1):
            pair = (places[level, keys[level][at]], places[level + 1, keys[level + 1][at]])
            sums[pair] = sums.get(pair, 0.0) + flow.value
    links = [Link(*pair, value, palette.faded(nodes[pair[0]].colour, 0.35)) for pair, value in sums.items()]
    return Diagram(tuple(nodes), tuple(links))


def sankey_figure(drawn: Diagram, say_value: Callable[[float], str]) -> Figure:
    names = [plain(node.name) for node in drawn.nodes]
    nodes = {
        "label": [plain(shortened(node.name, 20)) for node in drawn.nodes],
        "color": [node.colour for node in drawn.nodes],
        "customdata": [
            [f"<b>{name}</b><br>{say_value(node.value)}", node.href]
            for name, node in zip(names, drawn.nodes, strict=True)
        ],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
        "pad": 9,
        "thickness": 15,
        "line": {"width": 0},
    }
    links = {
        "source": [link.source for link in drawn.links],
        "target": [link.target for link in drawn.links],
        "value": [link.value for link in drawn.links],
        "color": [link.colour for link in drawn.links],
        "customdata": [
            [f"{names[link.source]} → {names[link.target]}<br><b>{say_value(link.value)}</b>", ""]
            for link in drawn.links
        ],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }
    # A node that can be dragged cannot be pressed.
    trace = {"type": "sankey", "arrangement": "fixed", "node": nodes, "link": links}
    return Figure([{**trace, "textfont": {"color": palette.INK}}], base_layout())


def _kept(flows: Sequence[Flow], level: int, levels: int, most: int) -> dict[int, Key]:
    """The node of every flow on a level, by the flow's place; largest nodes first, what is cut off is OTHERS."""
    last = level == levels - 1
    own = [(flow.path[level],) if last else flow.path[: level + 1] for flow in flows]
    sums: dict[Key, float] = {}
    for key, flow in zip(own, flows, strict=True):
        sums[key] = sums.get(key, 0.0) + flow.value
    ranked = sorted(sums, key=lambda key: (-sums[key], key))
    # One that would be "others" all alone keeps its name.
    shown = ranked if len(ranked) <= most + 1 else ranked[:most]
    order = {key: place for place, key in enumerate(shown)}
    by_size = sorted(range(len(flows)), key=lambda at: order.get(own[at], len(order)))
    return {at: own[at] if own[at] in order else OTHERS for at in by_size}


def _places(keys: Sequence[dict[int, Key]]) -> dict[tuple[int, Key], int]:
    every = [(level, key) for level, own in enumerate(keys) for key in dict.fromkeys(own.values())]
    return {node: place for place, node in enumerate(every)}


def _node(
    flows: Sequence[Flow],
    level: int,
    key: Key,
    keys: Sequence[dict[int, Key]],
    colours: Mapping[str, str],
    others: str,
) -> Node:
    """In the colour of the top member that it belongs to; a last one belongs to several."""
    mine = [flows[at] for at, held in keys[level].items() if held == key]
    value = sum(flow.value for flow in mine)
    if key == OTHERS:
        return Node(level, others, value, "", palette.REST)
    href = mine[0].hrefs[level] if level < len(mine[0].hrefs) else ""
    colour = palette.REST if level == len(keys) - 1 else colours.get(key[0], palette.REST)
    return Node(level, key[-1], value, href, colour)
