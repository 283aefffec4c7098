"""The text of a query before it is parsed, as DuckDB's own tokenizer sees it."""

from __future__ import annotations

from itertools import pairwise

import duckdb

from nk_query_api.errors import BadQuestionError

MAX_CHARACTERS = 20_000
_MAX_DEPTH = 40


def checked_text(text: str) -> str:
    """The text without comments before and semicolons behind it. Raises BadQuestionError.

    Parsing deeply nested brackets takes DuckDB seconds, some kinds of them hours, and cannot be interrupted.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadQuestionError(
            f"The query has {len(text)} characters; at most {MAX_CHARACTERS} are possible."
        )
    try:
        raw = text.encode()
    except UnicodeError:
        raise BadQuestionError("The query is not text that can be written in UTF-8.") from None
    if b"\0" in raw:
        raise BadQuestionError("The query holds a zero byte.")
    tokens = _tokens(raw)
    if _depth([raw[start : start + 1] for start, _ in tokens]) > _MAX_DEPTH:
        raise BadQuestionError(
            f"More than {_MAX_DEPTH} brackets are open at once; take the query apart with WITH."
        )
    meant = [(start, end) for start, end in tokens if raw[start : start + 1] != b";"]
    return raw[meant[0][0] : meant[-1][1]].decode() if meant else ""


def _tokens(raw: bytes) -> list[tuple[int, int]]:
    """Where each token begins and the next one does, in bytes. Comments are left out."""
    found = duckdb.tokenize(raw.decode())
    starts = [start for start, _ in found]
    kinds = [kind for _, kind in found]
    spans = pairwise([*starts, len(raw)])
    return [span for span, kind in zip(spans, kinds, strict=True) if kind != duckdb.token_type.comment]


def _depth(beginnings: list[bytes]) -> int:
    """Brackets that are open at once. What is in a text or a comment begins with something else."""
    deepest = depth = 0
    for beginning in beginnings:
        if beginning in (b"(", b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif beginning in (b")", b"]", b"}"):
            depth -= 1
    return deepest
