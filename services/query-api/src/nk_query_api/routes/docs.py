"""`/docs`: the OpenAPI document as one plain page. It loads nothing from anywhere."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }}
section {{ border-top: 1px solid #8886; padding: .5rem 0 }}
h2 {{ font-size: 1rem; margin: .5rem 0 }} code {{ font-family: ui-monospace, monospace }}
table {{ border-collapse: collapse; display: block; overflow-x: auto }}
td, th {{ text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top }}
</style></head><body><h1>{title}</h1><p>{description}</p>
<p>For machines: <a href="openapi.json">openapi.json</a></p>{operations}</body></html>"""


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    return HTMLResponse(render(request.app.openapi()))


def render(document: dict[str, Any]) -> str:
    """HTML of an OpenAPI document: operations, their parameters and answers."""
    operations = (
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    info = document["info"]
    return _PAGE.format(
        title=escape(info["title"]),
        description=escape(info.get("description", "")),
        operations="".join(operations),
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(_parameter(p) for p in operation.get("parameters", []))
    answers = "".join(_answer(status, a) for status, a in operation["responses"].items())
    return (
        f"<section><h2><code>{method.upper()} {escape(path)}</code> {escape(operation.get('summary', ''))}</h2>"
        f"<p>{escape(operation.get('description', ''))}</p>{_body(operation)}"
        f"<table>{parameters}{answers}</table></section>"
    )


def _parameter(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    default = f", default {schema['default']!r}" if schema.get("default") not in (None, []) else ""
    text = f"{_type(schema)}{default}. {parameter.get('description', '')}"
    return f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{escape(text)}</td></tr>"


def _body(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return "".join(
        f"<p>Body: <code>{escape(_type(media['schema']))}</code></p>" for media in content.values()
    )


def _answer(status: str, answer: dict[str, Any]) -> str:
    kinds = (
        f"{media} <code>{escape(_type(content.get('schema', {})))}</code>"
        for media, content in answer.get("content", {}).items()
    )
    return f"<tr><td>{escape(status)}</td><td>{escape(answer['description'])} {', '.join(kinds)}</td></tr>"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " | ".join(_type(option) for option in schema["anyOf"] if option.get("type") != "null")
    return str(schema.get("format") or schema.get("type") or "any")
