"""Moto's S3 server, with the conditional writes of the real service made atomic."""

import os
import sys
from contextlib import nullcontext
from urllib.parse import unquote

from tests.servers.proxy import PAGE, Answer, Proxy, Request, main

CODES = {503: "SlowDown", 500: "InternalError", 409: "ConditionalRequestConflict"}


class S3(Proxy):
    """Moto looks, then writes: so only one writer of a bucket's objects is let in at a time."""

    def bucket(self, request: Request) -> str:
        return unquote(request.path.lstrip("/").partition("/")[0])

    def refusal(self, status: int) -> Answer:
        code = CODES.get(status, "InternalError")
        text = f"<Error><Code>{code}</Code><Message>Told to fail</Message></Error>"
        return Answer(status, {"content-type": "application/xml"}, text.encode())

    async def carry_out(self, request: Request) -> Answer:
        writes = request.method in {"PUT", "POST", "DELETE"}
        a_part = "partNumber" in request.parameters
        async with self.locks[self.bucket(request)] if writes and not a_part else nullcontext():
            return await self.pass_on(request)


def command(port: int, address: str) -> list[str]:
    os.environ["MOTO_S3_DEFAULT_MAX_KEYS"] = str(PAGE)
    return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]


if __name__ == "__main__":
    main(S3, command, "/moto-api/data.json")
