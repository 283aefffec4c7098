"""The change watch: what is written, cancelled, re-dated or deleted in Odoo, mapped to the days it touches."""

from nk_extractor.watch.service import ChangeWatch

__all__ = ["ChangeWatch"]
