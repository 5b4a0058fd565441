"""Emulators of BigQuery and Snowflake: servers in environments of their own."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
START_SECONDS = 60
PROJECT = "reelhouse"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def environment(name: str) -> Path:
    """The environment of an emulator, made from its lock file if it is not there."""
    folder = FOLDER / name
    stamp = folder / ".venv" / ".installed"
    if not stamp.exists():
        uv = ROOT / ".uv" / "bin" / "uv"
        subprocess.run(
            [str(uv), "sync", "--quiet", "--frozen", "--no-install-project"],
            cwd=folder,
            env={each: text for each, text in os.environ.items() if each != "VIRTUAL_ENV"}
            | {"UV_PROJECT_ENVIRONMENT": ".venv"},
            check=True,
        )
        stamp.touch()
    return folder / ".venv" / "bin"


@dataclass
class Emulator:
    """A started emulator."""

    port: int
    process: "subprocess.Popen[bytes]"

    @classmethod
    def start(cls, command: list[str], port: int, log: Path, path: str = "/") -> "Emulator":
        with log.open("wb") as said:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
        until = time.monotonic() + START_SECONDS
        while True:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[0]} did not start: {log.read_text()[-2000:]}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1)
            except URLError as error:
                if hasattr(error, "code"):  # it answers
                    break
                time.sleep(0.1)
            except OSError:
                time.sleep(0.1)
            else:
                break
        return cls(port, process)

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def bigquery(log: Path) -> Emulator:
    """Start BigQuery's emulator."""
    bin_ = environment("bigquery")
    extension = "from duckdb_extensions import import_extension; import_extension('spatial')"
    subprocess.run([str(bin_ / "python"), "-c", extension], check=True, capture_output=True)
    rest, grpc = free_port(), free_port()
    command = [
        str(bin_ / "bqemulator"),
        "start",
        "--rest-port",
        str(rest),
        "--grpc-port",
        str(grpc),
    ]
    return Emulator.start([*command, "--project", PROJECT], rest, log)


def snowflake(log: Path) -> Emulator:
    """Start Snowflake's emulator."""
    bin_ = environment("snowflake")
    port = free_port()
    return Emulator.start([str(bin_ / "fakesnow"), "-s", "-p", str(port)], port, log)


_PIECE = r"(?:'(?:[^'\\]|''|\\.)*'|CHR\((?!0\))\d+\))"
_CONCATENATED = re.compile(rf"\({_PIECE}(?: \|\| {_PIECE})+\)")
_PART = re.compile(r"'((?:[^'\\]|''|\\.)*)'|CHR\((\d+)\)")


def with_literals(sql: str) -> str:
    """The same statement with control characters as they are.

    The emulators take a pattern of a regular expression for one only where it is one literal.
    """

    def literal(match: "re.Match[str]") -> str:
        parts = _PART.findall(match[0])
        return "'" + "".join(text or (chr(int(code)) if code else "") for text, code in parts) + "'"

    return _CONCATENATED.sub(literal, sql)


def for_fakesnow(sql: str) -> str:
    """The same statement with places in arrays from 1: it takes those that are no literals so."""
    return re.sub(r"\)\[(\S+) - 1\]", r")[\1]", with_literals(sql))
