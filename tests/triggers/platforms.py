"""The clouds' platforms for functions, as far as a function sees them, and the events they send.

A Cloud Function runs in Google's functions-framework and gets HTTP; a Lambda runs in AWS's runtime
client, which asks the Runtime API for events: that is all that is stood in for here.
"""

import json
import logging
import os
import queue
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, redirect_stderr, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, quote_plus

from cloudevents.http import CloudEvent

from reelhouse.triggers import aws_lambda, cloud_function
from reelhouse.triggers import functions as triggers
from tests.servers.bucket import Bucket
from tests.servers.proxy import free_port

ROOT = Path(__file__).resolve().parents[2]
NOT_IN_THE_PACKAGE = ("pyspark", "airflow", "pandas")
SECONDS = 120
Event = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a platform learns of an event: whether it is done with, and what was said."""

    done: bool
    said: str


class Function:
    """A started function: its process, in a session of its own, and its log."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], own_group: Path | None
    ) -> None:
        self.folder = folder / uuid.uuid4().hex
        self.folder.mkdir()
        self.log = self.folder / "log"
        self.asked_for = self.folder / "asked"
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": str(self._without()),
            "TMPDIR": str(self.folder),
            **environment,
        }
        self.own_group = own_group
        self.processes: list[subprocess.Popen[bytes]] = []

    def _without(self) -> Path:
        """A folder that hides from Python what is not in a function's package."""
        hidden = self.folder / "hidden"
        hidden.mkdir()
        for name in NOT_IN_THE_PACKAGE:
            (hidden / f"{name}.py").write_text(
                f"open({str(self.asked_for)!r}, 'a').write('{name}\\n')\n"
                "raise ImportError('it is not in the package')\n"
            )
        return hidden

    def asked(self) -> set[str]:
        """What it has tried to import of what is not in its package."""
        return set(self.asked_for.read_text().split()) if self.asked_for.exists() else set()

    def begin(self, *command: str) -> None:
        """Start one of its processes, in its control group if it has one."""
        joined = f"echo $$ > {self.own_group}/cgroup.procs && " if self.own_group else ""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                ["sh", "-c", f'{joined}exec "$@"', "sh", sys.executable, *command],
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)

    def lines(self) -> list[dict[str, Any]]:
        """The structured lines of its log that tell of an event."""
        found = [
            json.loads(line)
            for line in self.log.read_text().splitlines()
            if line.startswith("{") and '"severity"' in line
        ]
        return [each for each in found if "outcome" in each]

    def outcomes(self) -> list[str]:
        """What became of the events so far, in the order of the log."""
        return [each["outcome"] for each in self.lines()]

    def wait_until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true; it must not take long."""
        until = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.005)

    def is_gone(self) -> bool:
        """Whether its processes have ended."""
        return all(each.poll() is not None for each in self.processes)

    def kill(self) -> None:
        """End it with all its processes, without a word."""
        for each in self.processes:
            if each.poll() is None:
                os.killpg(each.pid, signal.SIGKILL)
                each.wait()


class Inside(Function):
    """The entry point of a cloud's function in this process: what it decides, and no platform.

    It has an environment, a log and a memory of its own, as a process would. The platforms
    themselves are asked in the tests that start one.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], kind: str) -> None:
        super().__init__(folder, environment, None)
        self.kind = kind
        self.made: list[triggers.Triggers] = []

    def deliver(self, event: Event) -> Answer:
        """Call the entry point, and say whether the platform would be done with the event."""
        if self.kind == "gs":
            attributes = {name: value for name, value in event.items() if name != "data"}
            return self._call(cloud_function.ingest_file, CloudEvent(attributes, event["data"]))
        return self._call(aws_lambda.handler, event, None)

    def sweep(self) -> Answer:
        """As a scheduler would."""
        return self.deliver(published() if self.kind == "gs" else scheduled())

    def _call(self, entry_point: Callable[..., Any], *arguments: Any) -> Answer:
        logger = logging.getLogger("reelhouse")
        before = (logger.handlers, logger.propagate, logger.level)
        own = {name: value for name, value in os.environ.items() if "REELHOUSE" not in name}
        with (
            patch.dict(os.environ, own | self.environment, clear=True),
            patch.object(triggers, "_made", self.made),
            self.log.open("a") as log,
            redirect_stderr(log),
        ):
            try:
                return Answer(True, json.dumps(entry_point(*arguments)))
            except triggers.TryAgain as error:
                return Answer(False, str(error))
            finally:
                logger.handlers, logger.propagate = before[:2]
                logger.setLevel(before[2])


class CloudFunction(Function):
    """A Cloud Function in functions-framework; `target` is one of the entry points."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        target: str = "ingest_file",
        own_group: Path | None = None,
    ) -> None:
        # what Cloud Run sets
        super().__init__(folder, {"K_SERVICE": "ingest", **environment}, own_group)
        self.url = f"http://127.0.0.1:{free_port()}/"
        kind = "cloudevent" if target == "ingest_file" else "http"
        self.begin(
            *("-m", "functions_framework", "--source", str(ROOT / "deploy/gcp/main.py")),
            *("--target", target, "--signature-type", kind),
            *("--host", "127.0.0.1", "--port", self.url.rpartition(":")[2].rstrip("/")),
        )
        self.wait_until(lambda: self.is_gone() or self._is_up())
        assert not self.is_gone(), self.log.read_text()

    def _is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}robots.txt", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def deliver(self, event: Event, structured: bool = False) -> Answer:
        """Post an event in one of the two modes of CloudEvents over HTTP."""
        attributes = {name: value for name, value in event.items() if name != "data"}
        if structured:
            return self.post(json.dumps(event), {"content-type": "application/cloudevents+json"})
        headers = {f"ce-{name}": value for name, value in attributes.items()}
        return self.post(json.dumps(event["data"]), {"content-type": "application/json", **headers})

    def post(self, body: str, headers: Mapping[str, str]) -> Answer:
        asked = urllib.request.Request(self.url, body.encode(), dict(headers))
        try:
            with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
                return Answer(True, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(False, error.read().decode())
        except OSError as error:  # its process is gone
            return Answer(False, str(error))

    def sweep(self) -> Answer:
        """Send the message of a scheduler."""
        return self.deliver(published())


class Lambda(Function):
    """A Lambda in AWS's runtime client: `sandboxes` processes that take events one by one."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        sandboxes: int = 1,
        own_group: Path | None = None,
    ) -> None:
        self.api = RuntimeApi()
        named = {
            "AWS_LAMBDA_RUNTIME_API": self.api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "ingest",
            "LAMBDA_TASK_ROOT": str(folder),
        }
        super().__init__(folder, {**named, **environment}, own_group)
        for _ in range(sandboxes):
            self.begin("-m", "awslambdaric", "reelhouse.lambda_handler")

    def deliver(self, event: Event) -> Answer:
        """Invoke it, and wait for its answer, or for its end."""
        answer = self.api.invoke(event)
        self.wait_until(lambda: answer.done() or self.is_gone())
        return answer.result() if answer.done() else Answer(False, "the process is gone")

    def sweep(self) -> Answer:
        """Send what EventBridge sends on a schedule."""
        return self.deliver(scheduled())

    def kill(self) -> None:
        super().kill()
        self.api.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A runtime that was killed is no error here."""


class RuntimeApi:
    """The part of the Lambda Runtime API that a runtime uses.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    """

    def __init__(self) -> None:
        self.waiting: queue.Queue[str] = queue.Queue()
        self.events: dict[str, Event] = {}
        self.answers: dict[str, Future[Answer]] = {}
        self.asked_at: list[float] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                assert self.path == "/2018-06-01/runtime/invocation/next", self.path
                api.asked_at.append(time.monotonic())
                request_id = api.waiting.get()
                if not request_id:
                    self.close_connection = True
                    return
                body = json.dumps(api.events[request_id]).encode()
                self.send_response(200)
                for name, value in (
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(body))),
                    ("Lambda-Runtime-Aws-Request-Id", request_id),
                    ("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 300) * 1000))),
                    (
                        "Lambda-Runtime-Invoked-Function-Arn",
                        "arn:aws:lambda:us-east-1:123456789012:function:ingest",
                    ),
                ):
                    self.send_header(name, value)
                with suppress(OSError):  # a runtime that was killed while it waited
                    self.end_headers()
                    self.wfile.write(body)

            def do_POST(self) -> None:
                said = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                *_, request_id, kind = self.path.split("/")
                if request_id in api.answers:
                    api.answers[request_id].set_result(Answer(kind == "response", said))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = _Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def invoke(self, event: Event) -> "Future[Answer]":
        request_id = str(uuid.uuid4())
        self.events[request_id], self.answers[request_id] = event, Future()
        self.waiting.put(request_id)
        return self.answers[request_id]

    def close(self) -> None:
        for _ in range(10):
            self.waiting.put("")
        self.server.shutdown()
        self.server.server_close()


# --- events


def event_of(bucket: Bucket, name: str) -> Event:
    """The event that the bucket's cloud sends for an object that is there."""
    return _finalized(bucket, name) if bucket.kind == "gs" else created(bucket, name)


def _finalized(bucket: Bucket, name: str) -> Event:
    path = f"/storage/v1/b/{bucket.name}/o/{quote(name, safe='')}"
    found = json.loads(bucket.server.request("GET", path))
    return cloud_event("google.cloud.storage.object.v1.finalized", found)


def cloud_event(kind: str, data: Event) -> Event:
    """A CloudEvent as Eventarc sends it."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4().int % 10**16),
        "type": kind,
        "source": f"//storage.googleapis.com/projects/_/buckets/{data.get('bucket', '')}",
        "subject": "objects/x",
        "time": _now(),
        "data": data,
    }


def published() -> Event:
    """What Pub/Sub sends when a scheduler has published a message."""
    return cloud_event("google.cloud.pubsub.topic.v1.messagePublished", {})


def scheduled() -> Event:
    """What EventBridge sends on a schedule."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/sweep"],
        "detail": {},
    }


def created(bucket: Bucket, *names: str) -> Event:
    """S3's notification of objects that are there; an object that is not has some ETag."""
    return {"Records": [_record(bucket, name) for name in names]}


def _record(bucket: Bucket, name: str) -> Event:
    try:
        body = bucket.server.request("GET", f"/{bucket.name}/{quote(name)}")
    except urllib.error.HTTPError as error:
        with closing(error):
            body = b"it is gone"
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": _now(),
        "eventName": "ObjectCreated:Put",
        "responseElements": {"x-amz-request-id": uuid.uuid4().hex[:16].upper()},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "landing",
            "bucket": {"name": bucket.name, "arn": f"arn:aws:s3:::{bucket.name}"},
            "object": {
                "key": quote_plus(name, safe="/"),
                "size": len(body),
                "eTag": md5(body).hexdigest(),
                "sequencer": f"{time.time_ns():018X}",
            },
        },
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def aged(event: Event, at: str = "2026-01-01T00:00:00.000Z") -> Event:
    """The same event of a file that landed long ago."""
    found: Event = json.loads(json.dumps(event))
    for record in found.get("Records", ()):
        record["eventTime"] = at
    if "data" in found:
        found["data"]["timeCreated"] = found["data"]["updated"] = at
    return found


# --- memory


def memory_group(limit: int) -> Iterator[Path | None]:
    """A control group whose processes have so many bytes together, where one can be made."""
    for parent, file in (
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        ("/sys/fs/cgroup", "memory.max"),
    ):
        group = Path(parent, f"reelhouse-{uuid.uuid4().hex[:8]}")
        try:
            group.mkdir()
            (group / file).write_text(str(limit))
        except OSError:
            if group.exists():
                group.rmdir()
            continue
        yield group
        for _ in range(100):  # until its processes have ended
            try:
                group.rmdir()
                return
            except OSError:
                time.sleep(0.05)
        return
    yield None


def peak_memory(function: Function) -> int:
    """The most that its processes had resident, in bytes.

    That is the peak of the largest, and of the others, such as the server that it was forked from,
    what they do not share with it.
    """
    sessions = {each.pid for each in function.processes}
    peaks, own = [], []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
            if session in sessions:
                peaks.append(_kilobytes(entry / "status", "VmHWM"))
                own.append(_kilobytes(entry / "smaps_rollup", "Private_"))
        except OSError:  # it has ended
            continue
    largest = peaks.index(max(peaks))
    return 1024 * (peaks[largest] + sum(own) - own[largest])


def _kilobytes(path: Path, name: str) -> int:
    lines = path.read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(name))
