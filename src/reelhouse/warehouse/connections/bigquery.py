"""A warehouse in BigQuery."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPIError
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery

from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.connections import Answer
from reelhouse.warehouse.targets import Target

EMULATOR = "BIGQUERY_EMULATOR_HOST"
"""The variable by which Google's client finds an emulator, which asks for no credentials."""


class BigQueryWarehouse:
    """Four datasets of a project: raw, staging, errors, core.

    A transaction is one script: what is run in it is held until `commit`. Raises ReelhouseError if
    there are no credentials.
    """

    target: Target = "bigquery"

    def __init__(self, project: str | None = None, location: str | None = None) -> None:
        self._script: list[str] | None = None
        options: dict[str, Any] = {}
        if os.environ.get(EMULATOR):
            options = {
                "credentials": AnonymousCredentials(),  # type: ignore[no-untyped-call]
                "client_options": ClientOptions(api_endpoint=os.environ[EMULATOR]),
            }
        with self._told():
            self.client = bigquery.Client(project=project, location=location, **options)

    def run(self, statements: Sequence[str]) -> None:
        """Run statements, each by itself, or within the transaction that was begun."""
        if self._script is not None:
            self._script += statements
            return
        with self._told():
            for statement in statements:
                self.client.query_and_wait(statement)

    def begin(self) -> None:
        """Begin a transaction."""
        self._script = []

    def commit(self) -> None:
        """Run what was held, as one script."""
        statements, self._script = self._script or [], None
        script = "".join(f"{each};\n" for each in statements)
        with self._told():
            self.client.query_and_wait(f"BEGIN TRANSACTION;\n{script}COMMIT TRANSACTION;")

    def rollback(self) -> None:
        """Forget what was held: BigQuery itself rolls a script back that fails."""
        self._script = None

    def query(self, sql: str) -> Answer:
        """The rows of a query."""
        with self._told():
            found = self.client.query_and_wait(sql)
            columns = tuple(field.name for field in found.schema)
            return Answer(columns, [tuple(row.values()) for row in found])

    def close(self) -> None:
        """Close the connection."""
        self.client.close()  # type: ignore[no-untyped-call]

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (GoogleAPIError, GoogleAuthError) as error:
            raise ReelhouseError(f"BigQuery: {error}") from error
