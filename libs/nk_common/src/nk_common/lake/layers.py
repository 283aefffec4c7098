"""Whether the lake holds a layer of a partition."""

from __future__ import annotations

from nk_common.datasets import by_name
from nk_common.datasets.base import PartitionKey
from nk_common.events.commands import FromStage
from nk_common.lake.layout import Layout


def has_layer(layout: Layout, key: PartitionKey, layer: FromStage) -> bool:
    """Whether every table that `key` would be made of again is there. Odoo always is, as far as we know."""
    dataset = by_name(key.dataset)
    if layer == "odoo":
        return True
    if layer == "raw":
        paths = [layout.raw(table.name, key.day) for table in dataset.raw]
    else:
        paths = [layout.clean(table.name, key.day) for table in dataset.clean]
    return bool(paths) and all(path.exists() for path in paths)
