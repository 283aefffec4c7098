"""Names of members on an axis: short, and never the same twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nk_web.panels.panel import Look

SEPARATOR = " › "


def path_name(path: Sequence[str], look: Look) -> str:
    return SEPARATOR.join(look.reader.label(name) for name in path)


def short_names(paths: Sequence[Sequence[str]], look: Look) -> list[str]:
    """The last name of each path; where two have the same, with that above it."""
    last = [path_name(path[-1:], look) for path in paths]
    count = Counter(last)
    return [
        name if count[name] == 1 else path_name(path[-2:], look)
        for name, path in zip(last, paths, strict=True)
    ]
