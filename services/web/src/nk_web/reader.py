"""Who looks, in which language, and when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from nk_web.format import Formats
from nk_web.i18n import Catalogue, Lang, Said
from nk_web.names import NOBODY


@dataclass(frozen=True)
class Reader:
    lang: Lang
    catalogue: Catalogue
    formats: Formats
    now: datetime
    today: date

    def tr(self, said: Said) -> str:
        return self.catalogue.said(said)

    def label(self, text: str) -> str:
        """A member's name; that of nobody is said in the reader's language."""
        nobody = NOBODY.get(text)
        return self.tr(nobody) if nobody else text

    @property
    def local_now(self) -> datetime:
        """The time on the shop's wall, without an offset, as the API writes buckets."""
        return self.now.astimezone(self.formats.zone).replace(tzinfo=None)

    def with_currency(self, code: str) -> Reader:
        return replace(self, formats=self.formats.with_currency(code))
