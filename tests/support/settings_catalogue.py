"""Every setting that the code knows, found in the `settings.py` of each package."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

from pydantic import AliasChoices
from pydantic_settings import BaseSettings

ROOT = Path(__file__).resolve().parents[2]

Settings = type[BaseSettings]


def settings_classes() -> list[Settings]:
    """The settings classes of all packages, each once, by name."""
    files = [*ROOT.glob("libs/*/src/*/settings.py"), *ROOT.glob("services/*/src/*/settings.py")]
    modules = [importlib.import_module(f"{file.parent.name}.settings") for file in sorted(files)]
    found = {
        member
        for module in modules
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, BaseSettings) and member is not BaseSettings
    }
    return sorted(found, key=lambda c: c.__qualname__)


def fields_by_variable(settings: Settings) -> dict[str, str]:
    """Field names of a settings class by the environment variable that sets them."""
    return {
        variable: name
        for name, field in settings.model_fields.items()
        for variable in _variables(settings, name, field.validation_alias)
    }


def default_of(settings: Settings, variable: str) -> object:
    """The value of a setting that nobody sets."""
    field = settings.model_fields[fields_by_variable(settings)[variable]]
    return field.get_default(call_default_factory=True, validated_data={})


def all_variables() -> set[str]:
    return {variable for settings in settings_classes() for variable in fields_by_variable(settings)}


def _variables(settings: Settings, name: str, alias: object) -> list[str]:
    if isinstance(alias, AliasChoices):
        return [str(choice).upper() for choice in alias.choices]
    if isinstance(alias, str):
        return [alias.upper()]
    return [f"{settings.model_config.get('env_prefix', '')}{name}".upper()]
