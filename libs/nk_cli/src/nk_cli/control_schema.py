"""Commands as one JSON Schema, for editors and validators. `make docs` writes it to docs/control-topic.schema.json; a
test compares the committed file."""

from __future__ import annotations

import json
from typing import Any

from nk_common.events.commands import COMMANDS


def document() -> dict[str, Any]:
    """JSON Schema 2020-12: exactly one of the commands, known by its `type`."""
    schema = COMMANDS.json_schema()
    for definition in schema["$defs"].values():
        definition["required"] = ["type", *definition.get("required", [])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Command on nk.control.v1",
        **schema,
    }


def main() -> None:
    print(json.dumps(document(), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
