"""What `nk up` looks at before it starts anything; every finding is one sentence."""

from __future__ import annotations

import socket
from pathlib import Path
from unittest.mock import patch

import pytest

from nk_cli.checks import check_folder, check_ports
from nk_common.errors import ConfigurationError


def test_a_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    check_folder(tmp_path / "lake", "The data lake", "DATA_LAKE_ROOT")
    assert list((tmp_path / "lake").iterdir()) == []


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    with patch("shutil.disk_usage") as usage:
        usage.return_value.free = 10 * 1024**2
        with pytest.raises(ConfigurationError, match=r"disk of .* is full: only 10 MB .*DATA_LAKE_ROOT"):
            check_folder(tmp_path, "The data lake", "DATA_LAKE_ROOT")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match="The data lake cannot be written: .*DATA_LAKE_ROOT"):
        check_folder(tmp_path / "file" / "lake", "The data lake", "DATA_LAKE_ROOT")


def test_every_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"in use: {port} \(web\)\. "):
            check_ports({"web": port})
