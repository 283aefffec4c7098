"""The small line on a KPI card, as an SVG path: the shape of the range, without axes and numbers."""

from __future__ import annotations

from dataclasses import dataclass

from nk_common.api.sales import SalesTrend

WIDTH, HEIGHT, ROOM = 100, 28, 2
FEWEST = 3
"""With fewer points there is no shape to see."""


@dataclass(frozen=True)
class Spark:
    """Paths in a box of WIDTH by HEIGHT. `line` starts anew after a gap."""

    line: str
    area: str


def spark(trend: SalesTrend) -> Spark | None:
    """None when there are too few points. From zero for amounts and counts, so that a drop looks like what it is."""
    values = [point.value for point in trend.points]
    while values and values[-1] is None:  # what has not come yet leaves no gap
        values.pop()
    known = [value for value in values if value is not None]
    if len(known) < FEWEST:
        return None
    low, high = min(0.0, *known), max(known)
    if trend.unit == "ratio" or trend.kpi.startswith(("average", "items_per")):
        low = min(known)
    span = (high - low) or 1.0
    step = WIDTH / max(1, len(values) - 1)
    points = [
        None
        if value is None
        else (round(at * step, 1), round(HEIGHT - ROOM - (value - low) / span * (HEIGHT - 2 * ROOM), 1))
        for at, value in enumerate(values)
    ]
    return Spark(_line(points), _area(points))


Points = list[tuple[float, float] | None]


def _line(points: Points) -> str:
    parts: list[str] = []
    before = None
    for point in points:
        if point is not None:
            parts.append(f"{'L' if before else 'M'}{point[0]:g} {point[1]:g}")
        before = point
    return "".join(parts)


def _area(points: Points) -> str:
    """Under each run of points, closed along the bottom."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return "".join(
        f"M{run[0][0]:g} {HEIGHT}" + "".join(f"L{x:g} {y:g}" for x, y in run) + f"L{run[-1][0]:g} {HEIGHT}Z"
        for run in runs
        if len(run) > 1
    )
