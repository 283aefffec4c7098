"""Languages: catalogues are read from the .po files at start, so there is no compile step.

Texts are English in code (the msgid). Python code that cannot know the reader's language returns
`say("...")`, which the page translates when it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from nk_common.api.common import Text
from nk_common.format import LANGS, Lang

__all__ = [
    "LANGS",
    "LANG_NAMES",
    "LOCALES",
    "Catalogue",
    "Lang",
    "Said",
    "parse_lang",
    "read_catalogue",
    "say",
]

LANG_NAMES: Mapping[Lang, str] = {"id": "Bahasa Indonesia", "en": "English"}
LOCALES = Path(__file__).parent / "locales"


@dataclass(frozen=True)
class Said:
    """A sentence that is not translated yet; `values` fill its %(name)s places."""

    msgid: str
    values: Mapping[str, object] = field(default_factory=dict)


def say(msgid: str, /, **values: object) -> Said:
    return Said(msgid, values)


def parse_lang(text: str | None) -> Lang | None:
    return next((lang for lang in LANGS if lang == text), None)


class Catalogue:
    """The texts of one language."""

    def __init__(self, lang: Lang, translations: Translations) -> None:
        self.lang: Lang = lang
        self.translations = translations

    def text(self, msgid: str) -> str:
        return str(self.translations.gettext(msgid))

    def said(self, said: Said) -> str:
        """Not escaped: templates escape it like every other value."""
        return self.text(said.msgid) % said.values

    def ngettext(self, one: str, many: str, num: int) -> str:
        """A sentence with a number, as templates say it: `%(num)s` is its place."""
        return str(self.translations.ngettext(one, many, num)) % {"num": num}

    def pick(self, text: Text) -> str:
        """The API's own texts come in both languages."""
        return text.id if self.lang == "id" else text.en


@cache
def read_catalogue(lang: Lang) -> Catalogue:
    with (LOCALES / f"{lang}.po").open("rb") as file:
        catalog = read_po(file, locale=lang)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Catalogue(lang, Translations(compiled))
