"""A Spark session for the engines and for readers of the lake."""

import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reelhouse.errors import EngineEnded, ReelhouseError, WrongUse, spark_reason
from reelhouse.spark import archive, fetch, jars
from reelhouse.spark.java import INSTALL_SPARK, why_no_java, why_no_pyspark

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
    # what opening a source costs, in bytes that could be read: many small ones share a task
    "spark.sql.files.openCostInBytes": "1048576",
    # how many tasks list the sources of a batch: by default one for each of them
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "64",
}
"""What the engines need, on classic Spark and on a Spark Connect server."""

FIXED = ("spark.sql.session.timeZone",)
"""The settings that no user may change: what the engines give depends on them."""

CLASSIC_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.pyspark.udf.simplifiedTraceback.enabled": "true",
}


MASTER = re.compile(
    r"local(\[([0-9]+|\*)(, *[0-9]+)?\])?|local-cluster\[.+\]|spark://.+|yarn|k8s://.+"
)
"""The masters that Spark knows."""

CANCEL_SECONDS = 5
CAUGHT_UP_SECONDS = 5
CONNECT_SECONDS = 10
"""How long a Spark Connect server may take to answer."""


def spark_session(
    master: str | None = None,
    remote: str | None = None,
    *,
    delta: bool = False,
    uris: Sequence[str] = (),
    tell: Callable[[str], None] = lambda line: None,
) -> "SparkSession":
    """The active Spark session, or a new one.

    `remote` is the URL of a Spark Connect server, `master` that of a cluster; with neither, and
    outside of spark-submit, Spark runs here on all processors. `delta` adds what it takes to read
    the lake, and `uris`, places in buckets, what it takes to read from there; a server or a cluster
    that was started by others has its own. `tell` gets a line for people while jars are fetched.
    Raises ReelhouseError if Spark or Java is missing, the jars can't be fetched, or Spark can't be
    reached, and WrongUse for a URL that is none.
    """
    if master is None:
        remote = remote or os.environ.get("SPARK_REMOTE")
    missing = why_no_spark(remote)
    if missing:
        raise ReelhouseError(missing)
    # Python workers must be this interpreter, with these packages.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    return _connected(remote) if remote else _classic(master, delta, uris, tell)


def _classic(
    master: str | None, delta: bool, uris: Sequence[str], tell: Callable[[str], None]
) -> "SparkSession":
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if master and not MASTER.fullmatch(master):
        raise WrongUse(
            f"{master} is no master that Spark knows: those are such as local[4], "
            "spark://host:7077, yarn and k8s://https://host:6443"
        )
    builder: Any = SparkSession.builder
    settings = SETTINGS | CLASSIC_SETTINGS | jars.store_settings(uris) | jars.executor_settings()
    own = {"spark.app.name": "reelhouse"}
    if master or not _submitted():
        own["spark.master"] = master or "local[*]"
        _log_quietly()
        if (master or "local").startswith("local"):
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
            settings["spark.driver.memory"] = "2g"
    # what runs already, or was submitted, has the jars that it was given
    running = SparkContext._active_spark_context
    has_its_own = _submitted() or running is not None
    if delta and running is not None and not _submitted():
        _must_know_delta(running)
    # one process may ingest first, and ask later: so Delta's jars are taken where they are at hand
    delta = delta or (not has_its_own and jars.DELTA.folder.is_dir())
    if delta:
        settings |= jars.DELTA_SETTINGS
    if _submitted():
        settings |= _as_submitted(settings)
    settings |= own
    local_jars = [] if has_its_own else fetch.local_jars(jars.needed(uris, delta), tell)
    if not has_its_own:
        archive.use()
    try:
        with _jvm_kept_quiet():
            if local_jars:
                settings["spark.jars"] = _with_own_jars(local_jars, settings)
            for name, value in settings.items():
                builder = builder.config(name, value)
            session: SparkSession = builder.getOrCreate()
    except Exception as error:
        raise ReelhouseError(
            f"Spark did not start with the master {master or 'local[*]'}: {spark_reason(error)}"
        ) from error
    _cancel_on_interrupt(session)
    return session


def _must_know_delta(running: "SparkContext") -> None:
    """Raise ReelhouseError if a session that was started before can't read Delta Lake."""
    known = running.getConf().get("spark.sql.extensions", "") or ""
    if jars.DELTA_SETTINGS["spark.sql.extensions"] not in known:
        raise ReelhouseError(
            "the Spark session of this process was started without Delta Lake: start it with "
            "spark_session(delta=True), or fetch the jars before: "
            "python -m reelhouse.spark.fetch delta"
        )


def _with_own_jars(local_jars: Sequence[str], settings: dict[str, str]) -> str:
    """Start the JVM, and let it load jars; return the setting for the executors to load them too.

    Told to spark-submit, which starts the JVM, they would take the place of the user's own, those
    of `spark.jars`, `--jars` and `--packages`.
    """
    from pyspark import SparkConf, SparkContext

    SparkContext._ensure_initialized(
        conf=SparkConf(loadDefaults=False).setAll(list(settings.items()))
    )
    jvm: Any = SparkContext._jvm
    loader = jvm.Thread.currentThread().getContextClassLoader()
    for uri in local_jars:
        loader.addURL(jvm.java.net.URI(uri).toURL())
    own = SparkConf().get("spark.jars", "").split(",")
    return ",".join(filter(None, dict.fromkeys([*own, *local_jars])))


@contextmanager
def _jvm_kept_quiet() -> Iterator[None]:
    """Keep back what a JVM that is started meanwhile says, unless it does not start.

    Ivy, which fetches packages of the user's own, tells all that it does, on stdout and stderr.
    What the JVM says later goes to stderr, for stdout is for results.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    reader, writer = os.pipe()
    said, caught_up = _Said(reader, os.dup(2)), b"\0%d\n" % os.getpid()
    said.start()
    kept = [os.dup(number) for number in (1, 2)]
    for number in (1, 2):
        os.dup2(writer, number)
    os.close(writer)
    try:
        yield
    except Exception:
        said.tell = True
        raise
    finally:
        said.until = caught_up
        os.write(2, caught_up)
        for number, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, number)
            os.close(copy)
        said.caught_up.wait(CAUGHT_UP_SECONDS)


class _Said(threading.Thread):
    """Reads what a JVM says: keeps it back up to the bytes `until`, and passes on the rest."""

    def __init__(self, reader: int, stderr: int) -> None:
        super().__init__(daemon=True)
        self.reader, self.stderr = reader, stderr
        self.until = b""
        self.tell = False
        self.caught_up = threading.Event()

    def run(self) -> None:
        """Read to the end, which is that of the JVM."""
        held = b""
        while data := os.read(self.reader, 1 << 16):
            if self.caught_up.is_set():
                os.write(self.stderr, data)
                continue
            held += data
            before, found, rest = held.partition(self.until) if self.until else (held, b"", b"")
            if found:
                os.write(self.stderr, before * self.tell + rest)
                self.caught_up.set()
        os.close(self.reader)


@contextmanager
def ended_told() -> Iterator[None]:
    """Say that the JVM has ended, where PySpark says that it can't be reached. Raises EngineEnded.

    PySpark starts none in its place.
    """
    from py4j.protocol import Py4JNetworkError  # type: ignore[import-untyped]

    try:
        yield
    except (Py4JNetworkError, ConnectionRefusedError) as error:
        raise EngineEnded(
            "Spark's JVM has ended (was it killed, or out of memory?): run it again, and what was "
            "not done is taken then"
        ) from error


def _cancel_on_interrupt(session: "SparkSession") -> None:
    """End Spark's jobs at Ctrl-C, in a thread of their own.

    PySpark would call the JVM in the midst of the call that is interrupted, which fails.
    """
    if threading.current_thread() is not threading.main_thread():
        return

    def interrupt(*_: object) -> None:
        cancel = threading.Thread(target=session.sparkContext.cancelAllJobs, daemon=True)
        cancel.start()
        cancel.join(CANCEL_SECONDS)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)


def _connected(remote: str) -> "SparkSession":
    from pyspark.sql import SparkSession

    _reach(remote)
    builder: Any = SparkSession.builder.appName("reelhouse").remote(remote)
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session: SparkSession = builder.getOrCreate()
    return session


def _reach(remote: str) -> None:
    """Wait until the server answers: Spark itself would try for many minutes."""
    try:
        import grpc  # type: ignore[import-untyped]
        from pyspark.sql.connect.client.core import DefaultChannelBuilder
    except ImportError as error:
        raise ReelhouseError(f"Spark Connect needs more packages: {INSTALL_SPARK}") from error
    try:
        channel = DefaultChannelBuilder(remote).toChannel()
    except Exception as error:
        raise WrongUse(
            f"{remote} is no Spark Connect server's URL, such as sc://host:15002: "
            f"{spark_reason(error)}"
        ) from error
    try:
        grpc.channel_ready_future(channel).result(CONNECT_SECONDS)
    except grpc.FutureTimeoutError:
        raise ReelhouseError(
            f"no Spark Connect server answers at {remote} (waited {CONNECT_SECONDS} seconds): "
            "is it running, and are its host and port right?"
        ) from None
    finally:
        channel.close()


def _submitted() -> bool:
    """Whether spark-submit started this process, and so knows the master and the settings."""
    return "SPARK_ENV_LOADED" in os.environ


def _as_submitted(settings: dict[str, str]) -> dict[str, str]:
    """Those of the settings for which spark-submit was told a value of its own, which counts."""
    from pyspark import SparkConf, SparkContext

    SparkContext._ensure_initialized()
    told = dict(SparkConf().getAll())
    return {name: told[name] for name in settings if name in told and name not in FIXED}


def _log_quietly() -> None:
    """Leave out what Spark logs when it starts, unless the user has a log configuration."""
    home = os.environ.get("SPARK_HOME")
    folder = os.environ.get("SPARK_CONF_DIR") or (home and os.path.join(home, "conf"))
    if not (folder and any(Path(folder).glob("log4j2.*"))):
        ours = str(files("reelhouse.spark") / "log4j2.properties")
        os.environ.setdefault("LOG4J_CONFIGURATION_FILE", ours)


def why_no_spark(remote: str | None = None) -> str | None:
    """What is missing for Spark to run here, and how to mend it; None if nothing is."""
    missing = why_no_pyspark()
    if missing or remote or _submitted():
        return missing
    from pyspark.sql import SparkSession

    return None if SparkSession.getActiveSession() is not None else why_no_java()
