"""The bucket of a landing: is it there, and if not, make it."""

import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from reelhouse.errors import ReelhouseError, WrongUse
from reelhouse.storage import BucketStore, NotFound, gcs_endpoint, open_store

CREATE_ATTEMPTS = 5
GOOGLE_SCOPE = "https://www.googleapis.com/auth/devstorage.full_control"


class CannotCreate(ReelhouseError):
    """A bucket that is not there, and can't be made from here."""


def ensure_bucket(root: str, location: str | None = None) -> str | None:
    """Make the bucket of `gs://bucket/…` or `s3://bucket/…` if it is not there.

    `location` is where: such as EU or europe-west1 on GCS, and a region, which must be that of the
    environment, on S3. Returns where it was made, or None if there is nothing to be made: it is
    there, or `root` is a local path. Raises CannotCreate, and StorageError if the store can't be
    asked.
    """
    scheme, separator, rest = root.partition("://")
    if separator == "" or scheme not in ("gs", "s3"):
        return None
    name = rest.partition("/")[0]
    if not name:
        raise WrongUse(f"{root} names no bucket: say {scheme}://BUCKET")
    if scheme == "s3":
        _settle_region(location)
    store = open_store(f"{scheme}://{name}")
    assert isinstance(store, BucketStore)
    if _is_there(store):
        return None
    return _create_on_s3(store, name) if scheme == "s3" else _create_on_gcs(name, location)


def _is_there(store: BucketStore) -> bool:
    import obstore

    try:
        store.ask("", lambda: next(iter(obstore.list(store.objects, chunk_size=1)), None))
    except NotFound:
        return False
    return True


# --- S3


def _settle_region(location: str | None) -> None:
    """See to it that the region where a bucket is to be made is the one that is talked to."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if location and region and location != region:
        raise WrongUse(f"--location is {location}, and AWS_REGION is {region}: make them the same")
    if location:
        os.environ["AWS_REGION"] = location


def _create_on_s3(store: BucketStore, name: str) -> str:
    """CreateBucket, by a request that obstore signs: so it needs no library of AWS's."""
    import obstore
    from obstore.store import S3Store

    assert isinstance(store.objects, S3Store)
    url = obstore.sign(store.objects, "PUT", "", timedelta(minutes=5))
    scope = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["X-Amz-Credential"][0]
    region = scope.split("/")[2]
    body = "" if region == "us-east-1" else _REGION_BODY.format(region)
    mend = f"aws s3 mb s3://{name} --region {region}"
    _ask("PUT", url, {"Content-Type": "application/xml"}, body.encode(), f"s3://{name}", mend)
    return region


_REGION_BODY = (
    '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>"
)


# --- GCS


def _create_on_gcs(name: str, location: str | None) -> str:
    """Buckets: insert, of GCS's JSON API, with the application default credentials."""
    place = f" --location={location}" if location else ""
    mend = f"gcloud storage buckets create gs://{name}{place}"
    endpoint, signed = gcs_endpoint()
    token, project = _google_token(name, mend) if signed else (None, None)
    project = os.environ.get("GOOGLE_CLOUD_PROJECT") or project
    if project is None and signed:
        raise CannotCreate(
            f"the bucket gs://{name} is not there, and no project is known to make it in: set "
            f"GOOGLE_CLOUD_PROJECT, or make it: {mend}"
        )
    base = (endpoint or "https://storage.googleapis.com").rstrip("/")
    url = f"{base}/storage/v1/b?project={urllib.parse.quote(project or 'emulator')}"
    body: dict[str, Any] = {
        "name": name,
        # names of objects are judged by IAM alone, and nothing in it is ever public
        "iamConfiguration": {
            "uniformBucketLevelAccess": {"enabled": True},
            "publicAccessPrevention": "enforced",
        },
    }
    if location:
        body["location"] = location
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    answer = _ask("POST", url, headers, json.dumps(body).encode(), f"gs://{name}", mend)
    try:
        return str(json.loads(answer).get("location") or location or "US")
    except ValueError:
        return location or "US"


def _google_token(name: str, mend: str) -> tuple[str, str | None]:
    """An access token of the application default credentials, and their project if they have one.

    They are read by Google's own library, where it is installed.
    """
    try:
        import google.auth  # type: ignore[import-not-found,import-untyped,unused-ignore]
        from google.auth.transport.requests import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
            Request,
        )
    except ImportError:
        raise CannotCreate(
            f"the bucket gs://{name} is not there; make it: {mend} (or let it be made from here: "
            "pip install 'reelhouse[gcp]')"
        ) from None
    try:
        credentials, project = google.auth.default(scopes=[GOOGLE_SCOPE])
        credentials.refresh(Request())  # type: ignore[no-untyped-call,unused-ignore]
    except google.auth.exceptions.GoogleAuthError as error:
        raise CannotCreate(
            f"the bucket gs://{name} is not there, and there are no credentials to make it with: "
            f"{str(error).partition(chr(10))[0]} Log in (gcloud auth application-default login), "
            f"or make it: {mend}"
        ) from error
    return str(credentials.token), project


# --- the request


def _ask(
    method: str, url: str, headers: Mapping[str, str], body: bytes, bucket: str, mend: str
) -> str:
    """Send a request that makes a bucket, again while the store is away, and return the answer.

    A bucket that is ours already, because another was quicker or an answer was lost, is no error.
    """
    for attempt in range(CREATE_ATTEMPTS):
        request = urllib.request.Request(url, body, dict(headers), method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return str(answer.read().decode(errors="replace"))
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            if error.code == 409 and ("OwnedByYou" in said or "you already own" in said.lower()):
                return said
            why = f"{error.code} {_message(said) or error.reason}"
            if error.code == 409 and attempt:  # perhaps it was made by a try whose answer was lost
                return said
            if error.code < 500:
                break
        except (OSError, ValueError) as error:  # no connection, or one that was cut
            why = str(getattr(error, "reason", error))
        time.sleep(0.2 * 2**attempt)
    raise CannotCreate(f"the bucket {bucket} is not there, and was not made: {why}; try: {mend}")


def _message(said: str) -> str:
    """The message in an error of S3 (XML) or GCS (JSON)."""
    try:
        return str(json.loads(said)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        found = re.search(r"<Message>(.*?)</Message>", said, re.DOTALL)
        return found[1] if found else ""
