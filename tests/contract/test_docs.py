"""The documents say what is so: files, targets, dependencies, decisions and commands that they name exist."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
import typer.core
import typer.main

from nk_cli.__main__ import app
from nk_common.api.pipeline import PartitionState
from nk_common.datasets import REGISTRY, WHOLES, expand
from nk_common.events.commands import MAX_DAYS, BackfillCommand, Command, parse_command
from nk_common.events.topics import TOPICS
from nk_common.planning import FIRST_DAY, plan_backfill
from support.settings_catalogue import ROOT, all_variables

DOCUMENTS = [
    "README.md",
    "README.id.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "GLOSSARY.md",
    "docs/api.md",
    "docs/architecture.md",
    "docs/cli.md",
    "docs/control-topic.md",
    "docs/dashboard.md",
    "docs/data-model.md",
    "docs/dependencies.md",
    "docs/kpis.md",
    "docs/odoo-versions.md",
    "docs/operations.md",
    "docs/reconciliation.md",
    "docs/upgrading.md",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs" / "adr").glob("*.md"))),
]
REGISTRY_HOSTS = ["pypi_org", "pythonhosted_org", "repo1_maven", "registry_npmjs", "docker_io", "ghcr_io"]
"""With _ for the dot, so that this file passes, too."""
OUR_FOLDERS = ("deploy/", "docs/", "libs/", "scripts/", "services/", "tests/")


def _text(document: str) -> str:
    return (ROOT / document).read_text()


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", _text("Makefile"), re.MULTILINE))


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~ ]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


def _without_diagrams(text: str) -> str:
    return re.sub(r"^```\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    """Every link and picture that is no web address is a file beside the document."""
    folder = (ROOT / document).parent
    links = re.findall(r"\]\(([^)#\s]+)", _text(document))
    missing = [link for link in links if "://" not in link and not (folder / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_in_the_text_exist(document: str) -> None:
    """A path of this repository that stands in the text is there."""
    quoted = re.findall(r"`([\w./*-]+)`", _without_diagrams(_text(document)))
    paths = [path for path in quoted if path.startswith(OUR_FOLDERS)]
    assert [path for path in paths if not list(ROOT.glob(path))] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_exist(document: str) -> None:
    """Every `make something` can be typed."""
    named = re.findall(r"(?:`|^)make ([a-z][a-z0-9-]*)", _text(document), re.MULTILINE)
    assert sorted(set(named) - _targets()) == []


def test_readmes_name_the_two_commands() -> None:
    """Both languages begin with the same two commands, and with the same lines for a real Odoo."""
    for document in ("README.md", "README.id.md"):
        blocks = re.findall(r"```sh\n(.*?)```", _text(document), re.DOTALL)
        assert re.findall(r"^make (\w+)", blocks[0], re.MULTILINE) == ["run", "test"]
        variables = re.findall(r"^([A-Z_]+)=", blocks[1], re.MULTILINE)
        assert len(variables) == 5
        assert set(variables) <= all_variables()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_settings_in_the_text_exist(document: str) -> None:
    """A setting that a document names can be set."""
    named = set(re.findall(r"`(NK_[A-Z_]+)`", _text(document))) - {"NK_POSTGRES_PASSWORD"}
    assert sorted(named - all_variables()) == []


def test_every_direct_dependency_is_explained() -> None:
    """docs/dependencies.md lists what pyproject.toml names, and nothing else, each with a reason."""
    project = tomllib.loads(_text("pyproject.toml"))
    sections = re.split(r"^## ", _text("docs/dependencies.md"), flags=re.MULTILINE)[1:]
    listed = [re.findall(r"^\* `([\w-]+)` - \w", section, re.MULTILINE) for section in sections]
    groups = [
        project["project"]["dependencies"],
        *(project["dependency-groups"][g] for g in ("build", "dev")),
    ]
    assert [set(names) for names in listed] == [_names(group) for group in groups]
    assert all(names == sorted(names) for names in listed)


def test_every_decision_is_in_the_index() -> None:
    """Numbers follow each other, titles say the same in both places, and each says where it stands."""
    files = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", _text("docs/adr/README.md"), re.MULTILINE)
    assert [file.name for file in files] == [name for _, _, name in rows]
    assert [int(number) for number, _, _ in rows] == list(range(1, len(files) + 1))
    for file, (number, title, _) in zip(files, rows, strict=True):
        text = file.read_text()
        assert text.startswith(f"# {number}. {title}\n")
        assert re.search(r"^Status: (accepted|superseded by \[\d+\].*)$", text, re.MULTILINE)


def test_architecture_names_every_topic_and_dataset() -> None:
    """The tables of docs/architecture.md are complete."""
    text = _text("docs/architecture.md")
    topics = {re.sub(r"^nk\.raw\..*\.v1$", "nk.raw.<dataset>.v1", topic.name) for topic in TOPICS}
    assert [name for name in sorted(topics) if f"`{name}`" not in text] == []
    for dataset in REGISTRY:
        assert f"| `{dataset.name}` |" in text
        assert all(f"`{table}`" in text for table in dataset.star)


def test_commands_in_the_text_are_understood() -> None:
    """Every example of docs/control-topic.md can be posted as it stands."""
    text = _text("docs/control-topic.md")
    examples = re.findall(r"```json\n(.*?)```", text, re.DOTALL) + re.findall(r"echo '(\{.*?\})'", text)
    commands = [parse_command(example.encode(), "id") for example in examples]
    assert {type(command) for command in commands} == set(get_args(Command))
    for command in commands:
        if isinstance(command, BackfillCommand):
            plan_backfill(command, date(2026, 1, 1), lambda _: "missing")


def test_command_lines_of_the_runbook_can_be_typed() -> None:
    """Every `nk ...` in the examples of docs/operations.md is a command with these options, which says what it does on
    one screen."""
    examples = "".join(re.findall(r"```sh\n(.*?)```", _text("docs/operations.md"), re.DOTALL))
    lines = re.findall(r"^nk (.+?)(?: +#.*)?$", examples, re.MULTILINE)
    assert lines
    for line in lines:
        command, arguments = typer.main.get_command(app), shlex.split(line)
        while isinstance(command, typer.core.TyperGroup):
            command = command.commands[arguments.pop(0)]
        with command.make_context("nk", arguments) as context:
            assert len(context.get_help().splitlines()) <= 40


def test_fields_of_commands_are_explained() -> None:
    """The table of docs/control-topic.md has every field, and the limits are those of the code."""
    text = _text("docs/control-topic.md")
    listed = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", text, re.MULTILINE))))
    fields = [model.model_fields.keys() for model in get_args(Command)]
    assert listed == set().union(*fields)
    assert f"not before {FIRST_DAY}" in text
    assert f"at most {MAX_DAYS} days" in text
    assert expand(["dimensions"]) == list(WHOLES)
    assert all(f"`{dataset.name}`" in text for dataset in REGISTRY)


def test_states_are_explained() -> None:
    """The table of states in docs/architecture.md is that of the API."""
    table = _text("docs/architecture.md").split("| state | meaning |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(get_args(PartitionState))


def test_asyncapi_is_readable() -> None:
    """docs/asyncapi.json is a document of the version that it says."""
    assert json.loads(_text("docs/asyncapi.json"))["asyncapi"] == "3.0.0"


def _committed_files() -> list[Path]:
    git = shutil.which("git")
    if not git or not (ROOT / ".git").exists():
        pytest.skip("no git checkout, so it cannot be told what is committed")
    command = [git, "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def test_no_registry_and_no_machine_is_named() -> None:
    """No committed file depends on where packages come from or where somebody's copy lies."""
    forbidden = [*(host.replace("_", ".") for host in REGISTRY_HOSTS), f"{ROOT}/"]
    guilty = [
        (path.name, word)
        for path in _committed_files()
        for word in forbidden
        if word.encode() in path.read_bytes()
    ]
    assert guilty == []
