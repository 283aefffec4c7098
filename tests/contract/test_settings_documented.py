"""`.env.example` documents every setting with its default, and nothing that does not exist."""

from __future__ import annotations

import re

import pytest

from support.settings_catalogue import (
    ROOT,
    Settings,
    all_variables,
    default_of,
    fields_by_variable,
    settings_classes,
)

_ENTRY = re.compile(r"^(?P<off># )?(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)$")

OTHER_DEFAULT = {
    ("ExtractorSettings", "ODOO_HOST"): "started alone it looks on this machine; `nk up` runs the demo",
    ("OdooSettings", "ODOO_HOST"): "as above",
    ("DemoSettings", "NK_DEMO_PORT"): "started alone it has Odoo's own port; `nk up` chooses one seldom used",
    ("DemoSettings", "NK_DEMO_LIVE"): "started alone it stands still, for tests; `nk up` lets it sell",
    ("DemoSettings", "NK_DEMO_LIVE_EVERY"): "as above",
}
"""Where a program started by itself differs from `make run`, whose default is the documented one."""


def _lines() -> list[str]:
    return (ROOT / ".env.example").read_text().splitlines()


def _documented() -> dict[str, str]:
    return {match["name"]: match["value"] for line in _lines() if (match := _ENTRY.match(line))}


def _compose_only() -> set[str]:
    text = "".join(path.read_text() for path in sorted((ROOT / "deploy").glob("docker-compose*.yml")))
    return set(re.findall(r"\$\{([A-Z0-9_]+)", text)) - all_variables()


def test_every_setting_is_documented() -> None:
    """A setting that is not in .env.example does not exist for the person who needs it."""
    assert sorted((all_variables() | _compose_only()) - _documented().keys()) == []


def test_nothing_unknown_is_documented() -> None:
    """A line for a setting that the code does not know would be obeyed by nobody."""
    assert sorted(_documented().keys() - all_variables() - _compose_only()) == []


def test_no_setting_is_documented_twice() -> None:
    """Of two lines for one setting, one is wrong."""
    names = [match["name"] for line in _lines() if (match := _ENTRY.match(line))]
    assert sorted(names) == sorted(set(names))


def test_every_entry_is_switched_off_and_explained() -> None:
    """Copying the file changes nothing, and every line has a sentence above it."""
    lines = _lines()
    for number, line in enumerate(lines):
        if match := _ENTRY.match(line):
            above = lines[number - 1]
            assert match["off"], f"{match['name']} is not commented out"
            assert above.startswith("# "), f"{match['name']} is not explained"
            assert not _ENTRY.match(above), f"{match['name']} is not explained"


@pytest.mark.parametrize("settings", settings_classes(), ids=lambda s: s.__name__)
def test_documented_defaults_are_those_of_the_code(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uncommenting a line as it stands changes nothing."""
    for variable in all_variables():
        monkeypatch.delenv(variable, raising=False)
    documented = _documented()
    for variable, name in fields_by_variable(settings).items():
        if (settings.__name__, variable) in OTHER_DEFAULT or variable not in documented:
            continue
        default = default_of(settings, variable)
        if documented[variable] == "" and default is None:
            continue
        with monkeypatch.context() as environment:
            environment.setenv(variable, documented[variable])
            parsed = getattr(settings(_env_file=None), name)
        assert parsed == default, f"{variable}={documented[variable]} but the code says {default!r}"


@pytest.mark.parametrize("settings", settings_classes(), ids=lambda s: s.__name__)
def test_every_program_reads_the_env_file(settings: Settings) -> None:
    """A line in .env counts for every program that knows the setting."""
    assert settings.model_config.get("env_file") == ".env"
