"""Settings: wrong ones are a sentence that names the variable and never its value."""

from __future__ import annotations

from pathlib import Path

import pytest

from nk_common.errors import ConfigurationError
from nk_common.settings import BusSettings, LakeSettings, load


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("NK_TIMEZONE", "Asia/Nowhere", "NK_TIMEZONE: .*no time zone"),
        ("NK_LOG_LEVEL", "chatty", "NK_LOG_LEVEL: "),
        ("KAFKA", "rabbit", "KAFKA: "),
        ("NK_TOPIC_PARTITIONS", "many", "NK_TOPIC_PARTITIONS: "),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=words):
        load(BusSettings)


def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "s3cret")
    assert "s3cret" not in repr(load(BusSettings))


def test_the_ledger_lies_in_the_lake_unless_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_LAKE_ROOT", str(tmp_path))
    assert load(LakeSettings).ledger == f"sqlite:///{tmp_path}/metadata/ledger.db"
    monkeypatch.setenv("NK_LEDGER_URL", "postgresql+psycopg://ledger/nk")
    assert load(LakeSettings).ledger == "postgresql+psycopg://ledger/nk"


def test_an_env_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("NK_TIMEZONE=Asia/Jayapura\n")
    monkeypatch.chdir(tmp_path)
    assert load(LakeSettings).timezone == "Asia/Jayapura"
