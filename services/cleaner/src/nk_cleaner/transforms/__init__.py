"""How each dataset is cleaned; one module each, registered here."""

from __future__ import annotations

from nk_cleaner.transforms import pos
from nk_cleaner.transforms.base import Transform
from nk_cleaner.transforms.whole import whole
from nk_common.datasets import WHOLES

TRANSFORMS: dict[str, Transform] = {"pos": pos.transform, **{d.name: whole(d) for d in WHOLES}}
