"""The stages that `nk reset` knows."""

from typing import Literal

Stage = Literal["odoo", "raw", "clean", "star"]
"""What is kept, with everything before it; `star` keeps the whole lake, and throws the serving database away."""
