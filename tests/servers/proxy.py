"""A proxy before an object store: it passes requests on, and does wrong what it is told to.

It is a process of its own, and starts the store's server itself. It prints its address when both
are up, and ends, with the server, when its standard input is closed: that is, at the latest, when
the tests' process ends.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_plus

import aiohttp
from aiohttp import web
from yarl import URL

from tests.servers.faults import Fault, Rule

CONTROL = "/_faults/"
HOP_BY_HOP = {
    *("connection", "expect", "keep-alive", "proxy-connection"),
    *("te", "trailer", "transfer-encoding", "upgrade"),
}
MAX_HEADER = 64 * 1024
PAGE = 200
"""How many objects a page of a listing holds: fewer than 1,000, so that few make several."""


@dataclass
class Request:
    """A request of a client: `path` and `query` are as they were sent, not decoded."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def parameters(self) -> dict[str, str]:
        """The query, decoded; a parameter with no value is empty."""
        pairs = (each.partition("=") for each in self.query.split("&") if each)
        return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


@dataclass
class Answer:
    """What is sent back. `length` is the Content-Length of an answer to HEAD."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None


class Proxy:
    """Passes all requests on to `upstream`; a store's own proxy says what it does differently."""

    def __init__(self, upstream: str, session: aiohttp.ClientSession) -> None:
        self.upstream = upstream
        self.session = session
        self.rules: dict[str, list[Rule]] = defaultdict(list)
        self.seen: dict[str, int] = defaultdict(int)
        self.locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def bucket(self, request: Request) -> str:
        """The bucket that a request is for."""
        raise NotImplementedError

    def refusal(self, status: int) -> Answer:
        """An answer of the store that refuses a request."""
        raise NotImplementedError

    async def carry_out(self, request: Request) -> Answer:
        """What the store answers."""
        raise NotImplementedError

    async def pass_on(self, request: Request, host: str | None = None) -> Answer:
        """Pass a request on as it is, and give the server's answer."""
        headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
        headers.pop("content-length", None)
        if host:
            headers["host"] = host
        url = URL(
            f"{self.upstream}{request.path}" + (f"?{request.query}" * bool(request.query)),
            encoded=True,
        )
        # a server that has closed an idle connection is asked once more; it has seen nothing
        for last in (False, True):
            try:
                async with self.session.request(
                    request.method, url, headers=headers, data=request.body, allow_redirects=False
                ) as response:
                    found = {
                        name.lower(): value
                        for name, value in response.headers.items()
                        if name.lower() not in HOP_BY_HOP
                    }
                    body = await response.read()
                    length = found.pop("content-length", None)
                    return Answer(response.status, found, body, int(length) if length else None)
            except aiohttp.ServerDisconnectedError:
                if last:
                    raise
        raise AssertionError

    async def handle(self, incoming: web.BaseRequest) -> web.StreamResponse:
        path, _, query = incoming.raw_path.partition("?")
        if path.startswith(CONTROL):
            return await self.control(incoming, unquote(path.removeprefix(CONTROL)))
        headers = {name.lower(): value for name, value in incoming.headers.items()}
        request = Request(incoming.method, path, query, headers, b"")
        bucket = self.bucket(request)
        self.seen[bucket] += 1
        target = unquote(incoming.raw_path)
        faults = [r.fault for r in self.rules[bucket] if r.strikes(request.method, target)]
        for fault in faults:
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
        for fault in faults:
            if fault.when == "before" and fault.kind == "cut":
                return self.cut(incoming)
        request.body = await incoming.content.read()
        for fault in faults:
            if fault.when == "before" and fault.kind == "answer":
                return await self.send(incoming, self.refusal(fault.status))
        answer = await self.carry_out(request)
        for fault in faults:
            if fault.when == "after" and fault.kind == "cut":
                return self.cut(incoming)
            if fault.when == "after" and fault.kind == "answer":
                answer = self.refusal(fault.status)
        midway = any(fault.when == "midway" for fault in faults)
        return await self.send(incoming, answer, midway)

    async def send(
        self, incoming: web.BaseRequest, answer: Answer, midway: bool = False
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        length = answer.length if incoming.method == "HEAD" else len(answer.body)
        if answer.status not in {204, 304}:
            response.content_length = length or 0
        await response.prepare(incoming)
        if midway:
            await response.write(answer.body[: len(answer.body) // 2])
            return self.cut(incoming)
        if incoming.method != "HEAD" and answer.body:
            await response.write(answer.body)
        await response.write_eof()
        return response

    @staticmethod
    def cut(incoming: web.BaseRequest) -> web.StreamResponse:
        if incoming.transport:
            incoming.transport.abort()
        raise ConnectionResetError("cut, as told")

    async def control(self, incoming: web.BaseRequest, bucket: str) -> web.Response:
        """Set a bucket's faults (PUT), or tell what has happened to its requests (GET)."""
        if incoming.method == "PUT":
            self.rules[bucket] = [Rule(Fault(**each)) for each in await incoming.json()]
        happened = [rule.happened for rule in self.rules[bucket]]
        return web.json_response({"requests": self.seen[bucket], "happened": happened})


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def until_up(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise RuntimeError(f"the server ended: {log.read_text()[-2000:]}")
            try:
                async with session.get(url):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
    raise RuntimeError(f"the server does not answer: {log.read_text()[-2000:]}")


async def serve(kind: type[Proxy], command: Any, health: str, log: Path) -> None:
    """Start the server (`command(port, own address)`) and a proxy before it, until stdin ends."""
    own = socket.socket()
    own.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{own.getsockname()[1]}"
    port = free_port()
    with log.open("wb") as output:
        server = subprocess.Popen(
            command(port, address), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    upstream = f"http://127.0.0.1:{port}"
    try:
        await until_up(upstream + health, server, log)
        async with aiohttp.ClientSession(
            auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=64),
            timeout=aiohttp.ClientTimeout(total=120),
            skip_auto_headers=["User-Agent", "Accept-Encoding", "Accept", "Content-Type"],
            read_bufsize=1 << 20,
        ) as session:
            proxy = kind(upstream, session)
            runner = web.ServerRunner(
                web.Server(
                    proxy.handle,
                    auto_decompress=False,
                    access_log=None,
                    read_bufsize=1 << 20,
                    max_line_size=MAX_HEADER,
                    max_field_size=MAX_HEADER,
                )
            )
            await runner.setup()
            await web.SockSite(runner, own, backlog=512).start()
            print(address, flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
            await asyncio.wait_for(runner.cleanup(), 5)
    finally:
        server.kill()
        server.wait()


def main(kind: type[Proxy], command: Any, health: str) -> None:
    """Run a proxy as a process; its one argument is the file for the server's log."""
    asyncio.run(serve(kind, command, health, Path(sys.argv[1])))
    os._exit(0)
