"""A Maven repository on this machine that has a small jar for whatever is asked of it."""

import io
import threading
import zipfile
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Repository:
    """The repository: `uri` is its address, `asked` how often each file was asked for.

    It answers requests for jars with a failure for so often as `failures` says, and not before
    `open` is set.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.failures = 0
        self.open = threading.Event()
        self.open.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.uri = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def jars_asked(self) -> dict[str, int]:
        """How often each jar was downloaded."""
        return {path: times for path, times in self.asked.items() if path.endswith(".jar")}

    def stop(self) -> None:
        """Let nobody wait any more, and end."""
        self.open.set()
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        repository = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self._answer(with_body=False)

            def do_GET(self) -> None:
                repository.asked[self.path] += 1
                if self.path.endswith(".jar"):
                    repository.open.wait()
                    if repository.failures:
                        repository.failures -= 1
                        self.send_error(503)
                        return
                self._answer(with_body=True)

            def _answer(self, with_body: bool) -> None:
                *group, artifact, version, name = self.path.strip("/").split("/")
                if name.endswith(".pom"):
                    body = POM.format(group=".".join(group), artifact=artifact, version=version)
                    data = body.encode()
                elif name.endswith(".jar"):
                    data = jar(artifact)
                else:  # no checksums
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if with_body:
                    self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>
</project>
"""


def jar(name: str) -> bytes:
    """A jar with one file in it, which has the jar's name."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(f"{name}.txt", name)
    return data.getvalue()
