"""Where the clouds' stores are, and how they know us: one place for endpoints and credentials."""

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.auth.boto3 import Boto3CredentialProvider


def use_endpoints(s3: str | None, gcs: str | None) -> None:
    """Reach S3 and GCS at other addresses than the clouds' own.

    They are put into the environment, under the names that other tools read too, so that processes
    started from here have them.
    """
    if s3:
        os.environ["AWS_ENDPOINT_URL_S3"] = s3
    if gcs:
        os.environ["GOOGLE_BASE_URL"] = gcs


def s3_endpoint() -> str | None:
    """The address of S3, if it is not AWS's own: AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None


def gcs_endpoint() -> tuple[str | None, bool]:
    """The address of GCS, if it is not Google's own, and whether requests are signed.

    GOOGLE_BASE_URL is an address like Google's; STORAGE_EMULATOR_HOST, that Google's own clients
    read, is that of an emulator, which takes no credentials.
    """
    emulator = os.environ.get("STORAGE_EMULATOR_HOST")
    if emulator:
        return emulator if "://" in emulator else f"http://{emulator}", False
    return os.environ.get("GOOGLE_BASE_URL") or None, True


def options(root: str) -> dict[str, str]:
    """What obstore and deltalake, which share a library, are told of a bucket.

    Credentials are not among it: they find the cloud's default ones. Empty for a local path.
    """
    found: dict[str, str] = {}
    if root.startswith("s3://"):
        found["aws_conditional_put"] = "etag"
        endpoint = s3_endpoint()
        if endpoint:
            found["aws_endpoint"] = endpoint
    elif root.startswith("gs://"):
        endpoint, signed = gcs_endpoint()
        if endpoint and signed:
            found["google_base_url"] = endpoint.rstrip("/")
        elif endpoint:
            found["google_service_account_key"] = _no_account(endpoint.rstrip("/"))
    else:
        return {}
    if endpoint and endpoint.startswith("http://"):
        found["allow_http"] = "true"
    return found


def _no_account(endpoint: str) -> str:
    """A service account's key by which requests are not signed: google_skip_signature is not heeded
    where a request may write.
    """
    key = {"gcs_base_url": endpoint, "disable_oauth": True}
    return json.dumps(key | dict.fromkeys(("client_email", "private_key", "private_key_id"), ""))


def credentials() -> "Boto3CredentialProvider | None":
    """For S3, what obstore does not find by itself: profiles and single sign-on, through boto3."""
    if any(os.environ.get(name) for name in AWS_CREDENTIALS):
        return None
    try:
        import boto3
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError:
        return None
    session = boto3.Session()
    return Boto3CredentialProvider(session) if session.get_credentials() else None


AWS_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Where obstore finds credentials of S3 in the environment."""
