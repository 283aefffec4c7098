"""Calls of functions: only known ones, and none that makes much out of little."""

from __future__ import annotations

import re

from nk_query_api.errors import BadQuestionError
from nk_query_api.sql.functions import ALLOWED, FORMATTING, REPLACING, SIZED, TABLE_FUNCTIONS
from nk_query_api.sql.shapes import Node

_MAX_LENGTH = 1000
_MAX_REPLACEMENT = 100
_WIDTH = re.compile(r"\d{4}|\*|\{[^}]*\{")
"""A width of a thousand and more, or one that an argument says."""


def check_call(node: Node) -> None:
    """A call in an expression or a window. Raises BadQuestionError."""
    written = str(node["function_name"])
    name = written.lower()
    if node["qualified_name"] != {"path": [written]}:
        raise BadQuestionError("Functions are named without a schema before them.")
    if name in TABLE_FUNCTIONS and name not in ALLOWED:
        raise BadQuestionError(f"{name}() is possible behind FROM only, as a table.")
    if name not in ALLOWED:
        raise BadQuestionError(f"The function {name}() is not possible here.")
    _check_growth(name, [argument["expression"] for argument in node["arguments"]])


def _check_growth(name: str, arguments: list[Node]) -> None:
    if name in SIZED:
        size = _literal(arguments, SIZED[name])
        if size is None or not size.isdigit() or int(size) > _MAX_LENGTH:
            raise BadQuestionError(
                f"The length in {name}() must be a number up to {_MAX_LENGTH}, written out."
            )
    if name in REPLACING:
        replacement = _literal(arguments, REPLACING[name])
        if replacement is None or len(replacement) > _MAX_REPLACEMENT:
            raise BadQuestionError(
                f"The new text in {name}() must be one of at most {_MAX_REPLACEMENT} characters, written out."
            )
    if name in FORMATTING:
        form = _literal(arguments, 0)
        if form is None or _WIDTH.search(form):
            raise BadQuestionError(f"The format in {name}() must be written out, with widths below 1000.")


def _literal(arguments: list[Node], position: int) -> str | None:
    """The text of an argument that is written out in the query."""
    if position >= len(arguments) or arguments[position].get("class") != "CONSTANT":
        return None
    return str(arguments[position]["literal"]["text"])
