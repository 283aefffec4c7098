"""What is looked at before anything is started; every finding is one sentence."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nk_cli.processes import port_is_free
from nk_common.errors import ConfigurationError

_LEAST_FREE = 200 * 1024 * 1024


def check_ports(ports: Mapping[str, int]) -> None:
    """Raises ConfigurationError naming every port that something else uses."""
    taken = [f"{port} ({name})" for name, port in ports.items() if not port_is_free(port)]
    if taken:
        raise ConfigurationError(
            f"These ports are in use: {', '.join(taken)}. Perhaps nkdash is running already: open its page, or stop "
            "it; or choose other ports in .env (see .env.example)."
        )


def check_folder(folder: Path, what: str, setting: str) -> None:
    """Raises ConfigurationError when `folder` cannot be written, or its disk is nearly full."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
    except OSError as error:
        raise ConfigurationError(
            f"{what} cannot be written: {folder.absolute()}: {error.strerror}. "
            f"Mend the permissions, free space, or set {setting} to another folder."
        ) from error
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FREE:
        raise ConfigurationError(
            f"The disk of {folder.absolute()} is full: only {free // 1024**2} MB are left and "
            f"{_LEAST_FREE // 1024**2} MB are needed. Free space, or set {setting} to a folder on another disk."
        )
