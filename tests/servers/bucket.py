"""The servers as a test sees them: a bucket of its own, and what can go wrong with it."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.servers.faults import Fault

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """A started store: `kind` is `s3` or `gs`, `url` the address of the proxy before it."""

    kind: str
    url: str
    process: "subprocess.Popen[str]"

    @classmethod
    def start(cls, kind: str, log: Path) -> "Server":
        module = {"s3": "tests.servers.s3", "gs": "tests.servers.gcs"}[kind]
        with log.with_suffix(".proxy.log").open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", module, str(log)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        assert process.stdout
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError(log.with_suffix(".proxy.log").read_text())
        return cls(kind, url, process)

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs to know, and nothing of the machine's own accounts."""
        if self.kind == "gs":
            return {"STORAGE_EMULATOR_HOST": self.url}
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def bucket(self) -> "Bucket":
        """A fresh bucket."""
        name = f"reelhouse-{uuid.uuid4().hex[:12]}"
        if self.kind == "gs":
            self.request("POST", "/storage/v1/b?project=test", json.dumps({"name": name}).encode())
        else:
            self.request("PUT", f"/{name}")
        return Bucket(f"{self.kind}://{name}", name, self, Faults(self, name))

    def request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Ask the server through its proxy; raises urllib.error.HTTPError for 4xx and 5xx."""
        headers = {"content-type": "application/json"} if body else {}
        if self.kind == "s3":
            headers["authorization"] = "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/s3/"
        asked = urllib.request.Request(self.url + path, body, headers, method=method)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return bytes(answer.read())


@dataclass
class Faults:
    """What goes wrong with a bucket's requests; faults add up until they are cleared.

    All take `share` (of the requests that match), `seed`, `only` (a regular expression for the
    method), `matching` (one for path and query) and `times` (so many faults and no more).
    """

    server: Server
    bucket: str
    told: list[Fault] = field(default_factory=list)

    def answer_503(self, share: float = 1.0, carried_out: bool = False, **which: Any) -> None:
        """Answer 503, and do nothing, or have it carried out all the same."""
        self.answer(503, share, carried_out, **which)

    def answer(
        self, status: int, share: float = 1.0, carried_out: bool = False, **which: Any
    ) -> None:
        """Answer with a status, such as 500 or 409."""
        when = "after" if carried_out else "before"
        self._add(Fault("answer", share, when, status, **which))

    def cut(self, share: float = 1.0, when: str = "before", **which: Any) -> None:
        """Cut the connection `before` the request is passed on, `after` it, or `midway`.

        `after`: it was carried out, and its answer is lost. `midway`: half of the answer comes.
        """
        self._add(Fault("cut", share, when, **which))

    def delay(self, seconds: float, share: float = 1.0, **which: Any) -> None:
        """Wait before the request is passed on."""
        self._add(Fault("delay", share, seconds=seconds, **which))

    def clear(self) -> None:
        """Let all go well again."""
        self.told.clear()
        self._tell()

    def happened(self) -> int:
        """How many faults have happened since the last change of the faults."""
        return sum(json.loads(self.server.request("GET", self._path))["happened"])

    def requests(self) -> int:
        """How many requests were made for this bucket."""
        return int(json.loads(self.server.request("GET", self._path))["requests"])

    @property
    def _path(self) -> str:
        return f"/_faults/{quote(self.bucket)}"

    def _add(self, fault: Fault) -> None:
        self.told.append(fault)
        self._tell()

    def _tell(self) -> None:
        body = json.dumps([each.as_json() for each in self.told]).encode()
        self.server.request("PUT", self._path, body)


@dataclass
class Bucket:
    """A fresh bucket: `uri` is `s3://name` or `gs://name`."""

    uri: str
    name: str
    server: Server
    faults: Faults

    @property
    def kind(self) -> str:
        """`s3` or `gs`."""
        return self.server.kind

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead a client to the server."""
        return self.server.environment

    def put(self, name: str, data: bytes) -> None:
        """Put an object of any name that the store allows, past what obstore makes of names."""
        if self.kind == "gs":
            target = f"/upload/storage/v1/b/{self.name}/o?uploadType=media&name="
            self.server.request("POST", target + quote(name, safe=""), data)
        else:
            self.server.request("PUT", f"/{self.name}/{quote(name)}", data)
