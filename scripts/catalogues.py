#!/usr/bin/env python3
"""Bring the texts of the web service into its catalogues: `.venv/bin/python scripts/catalogues.py`.

New texts are added (in English as they stand in the code, in Indonesian empty, to be filled in), texts that are no
longer used are taken out, translations stay. The test of the catalogues says what is still empty.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1] / "services/web/src/nk_web"
KEYWORDS = {"_": None, "ngettext": (1, 2), "say": None}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}


def main() -> None:
    for path in sorted((ROOT / "locales").glob("*.po")):
        with path.open("rb") as file:
            old = read_po(file, locale=path.stem)
        new = _filled(old, path.stem)
        with path.open("wb") as file:
            write_po(file, new, width=0, no_location=False, sort_by_file=False, include_lineno=False)
        empty = [message.id for message in new if message.id and not _said(message)]
        print(f"{path.name}: {len(new)} texts, {len(empty)} without a translation")
        for text in empty:
            print("  ", text)


def _filled(old: Catalog, lang: str) -> Catalog:
    new = Catalog(locale=lang, header_comment=old.header_comment, fuzzy=False)
    new.mime_headers = old.mime_headers
    for name, _, text, _, _ in extract_from_dir(ROOT, METHODS, OPTIONS, keywords=KEYWORDS):
        key = text[0] if isinstance(text, tuple) else text
        known = old.get(key)
        said = known.string if known and _said(known) else text if lang == "en" else None
        new.add(text, said or (("", "") if isinstance(text, tuple) else ""), locations=[(name, 0)])
    return new


def _said(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, (tuple, list)) else bool(message.string)


if __name__ == "__main__":
    main()
