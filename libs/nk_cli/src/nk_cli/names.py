"""Names that the shell completes."""

from __future__ import annotations

from collections.abc import Iterator

from nk_common.datasets import DIMENSIONS, REGISTRY, WHOLES


def datasets(incomplete: str) -> Iterator[tuple[str, str]]:
    """Every dataset that begins so, with its title, and the name of all lists together."""
    names = [(one.name, one.title_en) for one in REGISTRY] + [(DIMENSIONS, "All lists")]
    return (pair for pair in names if pair[0].startswith(incomplete))


def lists(incomplete: str) -> Iterator[tuple[str, str]]:
    """Every dataset that is loaded whole and begins so."""
    return ((one.name, one.title_en) for one in WHOLES if one.name.startswith(incomplete))
