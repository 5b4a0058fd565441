"""A Spark standalone cluster on this machine: a master, and two workers of one processor each.

Each has an address of its own, for Spark runs a slow task a second time only on another host.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyspark

from reelhouse.spark import archive
from reelhouse.spark.jars import CACHE

JVM = os.environ[archive.OPTIONS]
SPARK_HOME = Path(pyspark.__file__).parent
ROOT = Path(__file__).parents[2]

DEFAULTS = f"""\
spark.driver.memory              1g
spark.executor.memory            640m
spark.driver.extraJavaOptions    {JVM}
spark.executor.extraJavaOptions  {JVM}
"""
"""The cluster's spark-defaults.conf: as little as will do."""

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "known", "AWS_SECRET_ACCESS_KEY": "not-to-be-seen"}
"""What a worker's environment has; the test server takes any."""


@dataclass
class Cluster:
    """A started cluster: `master` is its URL, and its logs are in `folder`."""

    folder: Path
    master: str
    processes: "list[subprocess.Popen[bytes]]"

    @classmethod
    def start(cls, folder: Path) -> "Cluster":
        """Start it. Its workers know their credentials, and nothing of where the stores are."""
        (folder / "conf").mkdir(parents=True)
        (folder / "conf" / "spark-defaults.conf").write_text(DEFAULTS)
        cluster = cls(folder, "", [])
        environment = cluster.environment | {"SPARK_DAEMON_JAVA_OPTS": JVM}
        # a JVM takes the archive of classes only if their path begins as it did when that was made
        del environment["SPARK_CONF_DIR"]
        try:
            master = cluster._daemon("master", environment, "--host", "127.0.0.1", "--port", "0")
            cluster.master = master.wait_for(r"Starting Spark master at (\S+)", 1)[0]
            for number in (1, 2):
                work = ("--cores", "1", "--memory", "1g", "--work-dir", f"{folder}/work{number}")
                host = f"127.0.0.{1 + number}"
                own = environment | {"SPARK_LOCAL_IP": host}
                cluster._daemon(f"worker{number}", own, "--host", host, *work, cluster.master)
            master.wait_for("(Registering worker)", 2)
        except BaseException:
            cluster.stop()
            raise
        return cluster

    @property
    def environment(self) -> dict[str, str]:
        """The environment of whoever starts something on the cluster, but for the stores' places.

        Nothing of the settings of this machine's user, or of a session in this process, is in it.
        """
        own = {
            name: value
            for name, value in os.environ.items()
            if name == CACHE
            or not name.startswith(
                ("REELHOUSE_", "SPARK_", "LOG4J_", "AWS_", "GOOGLE_", "STORAGE_")
            )
        }
        path = os.pathsep.join([str(Path(sys.executable).parent), own["PATH"]])
        return (
            own
            | CREDENTIALS
            | {
                "PATH": path,
                "PYSPARK_PYTHON": sys.executable,
                "SPARK_HOME": str(SPARK_HOME),
                "SPARK_CONF_DIR": str(self.folder / "conf"),
                "SPARK_LOCAL_IP": "127.0.0.1",
            }
        )

    def _daemon(self, name: str, environment: dict[str, str], *arguments: str) -> "Log":
        kind = name.rstrip("12")
        log = Log(self.folder / f"{name}.log")
        command = [
            str(SPARK_HOME / "bin" / "spark-class"),
            f"org.apache.spark.deploy.{kind}.{kind.capitalize()}",
            *("--webui-port", "0"),
            *arguments,
        ]
        with log.path.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=output, stderr=output
            )
        self.processes.append(process)
        log.process = process
        return log

    def executors(self) -> list[int]:
        """The processes of the executors that run now."""
        found = []
        for process in self.processes:
            for child in children(process.pid):
                with suppress(OSError):  # it has ended
                    command = Path(f"/proc/{child}/cmdline").read_bytes()
                    if b"CoarseGrainedExecutorBackend" in command:
                        found.append(child)
        return found

    def stop(self) -> None:
        """End all of it, executors included."""
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass
class Log:
    """What a process writes into a file."""

    path: Path
    process: Any = None

    def wait_for(self, pattern: str, times: int) -> list[str]:
        """Wait until a pattern with one group was found so often, and return what was found."""

        def found() -> list[str]:
            return re.findall(pattern, self.path.read_text(errors="replace"))

        wait_until(lambda: len(found()) >= times, self.process, self.path)
        return found()


def wait_until(
    true: Callable[[], Any], process: "subprocess.Popen[Any]", log: Path, seconds: float = 600
) -> None:
    """Wait until something is true, while a process is alive."""
    until = time.monotonic() + seconds
    while not true():
        said = log.read_text(errors="replace")[-3000:] if log.exists() else ""
        assert process.poll() is None, said
        assert time.monotonic() < until, said
        time.sleep(0.05)


def children(process: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    started: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue
        started.setdefault(parent, []).append(int(stat.parent.name))

    def below(parent: int) -> list[int]:
        return [each for child in started.get(parent, ()) for each in (child, *below(child))]

    return below(process)
