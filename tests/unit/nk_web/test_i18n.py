"""Every text of the web service is there in both languages, and none bypasses the catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import nk_web
from nk_web.i18n import LANGS, LOCALES, Lang, read_catalogue, say

ROOT = Path(nk_web.__file__).parent
PLACE = re.compile(r"%\((\w+)\)s")
# Names, languages and signs that are the same in every language.
SAME_EVERYWHERE = {"nkdash", "· nkdash", "utf-8", "Bahasa Indonesia", "English", "–", "·", "…", "=", "›"}

MsgId = str | tuple[str, ...]


def used_texts() -> Iterator[MsgId]:
    keywords = {"_": None, "ngettext": (1, 2), "say": None}
    methods = [("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]
    options = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
    for _, _, message, _, _ in extract_from_dir(ROOT, methods, options, keywords=keywords):
        yield message


def catalogue_of(lang: Lang) -> Catalog:
    with (LOCALES / f"{lang}.po").open("rb") as file:
        return read_po(file, locale=lang)


def forms(text: object) -> list[str]:
    return [str(part) for part in text] if isinstance(text, (tuple, list)) else [str(text)]


@pytest.mark.parametrize("lang", LANGS)
def test_every_text_is_translated(lang: Lang) -> None:
    """No text of code or templates is missing or empty in a catalogue, and no place for a value is lost."""
    catalogue = catalogue_of(lang)
    for used in used_texts():
        entry = catalogue.get(forms(used)[0])
        assert entry is not None, f"{lang}.po has no {used!r}"
        assert all(forms(entry.string)), f"{lang}.po has no translation of {used!r}"
        assert not entry.fuzzy, f"{lang}.po marks {used!r} as fuzzy"
        places = {name for form in forms(used) for name in PLACE.findall(form)}
        for form in forms(entry.string):
            assert set(PLACE.findall(form)) <= places, (
                f"{lang}.po: {form!r} fills what {used!r} does not give"
            )


@pytest.mark.parametrize("lang", LANGS)
def test_no_translation_is_left_over(lang: Lang) -> None:
    """A text that is no longer used is taken out of the catalogues."""
    used = {forms(text)[0] for text in used_texts()}
    assert {forms(entry.id)[0] for entry in catalogue_of(lang) if entry.id} <= used


@pytest.mark.parametrize("template", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_bare_text(template: Path) -> None:
    """Words stand inside _() or ngettext(); the only others are names and signs."""
    source = re.sub(r"\{#.*?#\}", "", template.read_text("utf-8"), flags=re.DOTALL)
    source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    attributes = re.findall(r'\b(?:title|aria-label|placeholder|alt)="([^"]*)"', source)
    texts = [text.strip() for text in re.sub(r"<[^>]*>", "\0", source).split("\0")]
    bare = [text for text in (*texts, *attributes) if re.search(r"[^\W\d_]{2}", text)]
    assert [text for text in bare if text not in SAME_EVERYWHERE] == []


def test_the_two_languages_differ() -> None:
    """Reading the catalogues is enough; nothing is compiled beforehand."""
    text = say("The range was too long; its newest %(days)s days are shown.", days=7)
    assert "7 hari" in read_catalogue("id").said(text)
    assert "7 days" in read_catalogue("en").said(text)
