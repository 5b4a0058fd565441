"""How a batch ends: committed to each of its tables and closed, or given up for ever."""

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from reelhouse import faults
from reelhouse.batch import Batch, SourceCount
from reelhouse.errors import in_words
from reelhouse.lake import layout, manifest
from reelhouse.lake.commit import BatchGivenUp, burn, commit, prepare
from reelhouse.lake.format import NewerFormat
from reelhouse.lake.ledger import Ledger
from reelhouse.lake.manifest import Damaged, Manifest
from reelhouse.lake.targets import Target
from reelhouse.storage import StorageError, Store, refusal

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finished:
    """A batch that is in the lake: what became of its sources, and how long its last run took."""

    counts: tuple[SourceCount, ...]
    seconds: float


class Ending:
    """The end of a lake's batches."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self.store, self.ledger = store, ledger

    def take_over(self, dataset: str, engine: str, *kinds: str) -> Batch | None:
        """Claim a batch of these kinds whose owner is gone, if there is one.

        Raises NewerFormat, and claims nothing, if a newer version has written what is left of it.
        """
        return self.ledger.take_over(dataset, engine, *kinds, look=self._look)

    def _look(self, claim: Mapping[str, Any]) -> None:
        for attempt in range(1, claim["attempt"] + 1):
            with suppress(Damaged):
                manifest.load(self.store, claim["dataset"], claim["batch_id"], attempt)

    def prepare(self, batch: Batch, targets: Sequence[Target]) -> None:
        """See to it that each table is there and can take the batch, before anything is written.

        Raises BatchGivenUp, and ReelhouseError for a table that the contract does not fit.
        """
        for each in targets:
            prepare(self.store.uri(each.path), each.schema, each.partition_by, batch.batch_id)
        faults.after("prepared")

    def left_written(self, batch: Batch) -> Manifest | None:
        """What the first of the earlier attempts wrote that came as far as its manifest.

        One that is damaged is passed over: the batch is judged again, unless a table has the
        attempt, which `finish` finds out. The tables are prepared: raises as `prepare` does.
        """
        for attempt in range(1, batch.attempt):
            try:
                found = manifest.load(self.store, batch.dataset, batch.batch_id, attempt)
            except Damaged as error:
                log.warning("%s; the batch is judged again", error)
                continue
            if found is not None:
                self.prepare(batch, found.targets)
                return found
        return None

    def save(self, batch: Batch, written: Manifest) -> None:
        """Write down what the batch's own attempt wrote; from here on any run can finish it."""
        manifest.save(self.store, batch.dataset, batch.batch_id, written)
        faults.after("manifest")

    def finish(self, batch: Batch, written: Manifest, started: float) -> Finished | None:
        """Commit to each table, once, and close the batch.

        What is committed to the first table decides which attempt's files the others get: two
        attempts, of runs with other settings or of other releases, may differ in their verdicts.
        Returns None if another run has closed the batch. Raises BatchGivenUp if it was given up,
        and Damaged if the manifest of the attempt that was committed can't be read.
        """
        first = self._commit(batch, written, written.targets[0])
        if first != written.attempt:
            found = manifest.load(self.store, batch.dataset, batch.batch_id, first)
            if found is None:  # it is deleted once the batch is closed
                return None
            written = found
        for each in written.targets[1:]:
            self._commit(batch, written, each)
        seconds = time.monotonic() - started
        files = sum(len(each.files) for each in written.targets)
        self.ledger.committed(batch, written.counts, files, seconds)
        faults.after("closed")
        self._clear(batch)
        return Finished(written.counts, seconds)

    def _commit(self, batch: Batch, written: Manifest, target: Target) -> int:
        attempt = commit(
            self.store.uri(target.path),
            target.schema,
            target.partition_by,
            target.files,
            batch.batch_id,
            written.attempt,
        )
        faults.after(target.step)
        return attempt

    def _clear(self, batch: Batch) -> None:
        """Delete the manifests of a closed batch.

        A run that took the batch over at the same time may now find none: it judges the batch
        again, and its commits are refused, as the tables have the batch.
        """
        for attempt in range(1, batch.attempt + 1):
            try:
                self.store.delete(layout.manifest(batch.dataset, batch.batch_id, attempt))
            except StorageError as error:
                log.warning("%s", error)
        faults.after("cleared")

    def end_replay(self, batch: Batch, targets: Sequence[Target]) -> None:
        """End a replay that was taken over: finish it if all of it was written, else release it.

        Raises BatchGivenUp if it can't be released, because another run is at it.
        """
        try:
            with self.ledger.heartbeat(batch):
                written = self.left_written(batch)
                if written is None:
                    raise BatchGivenUp(f"a replay of {batch.dataset} was left open")
                self.finish(batch, written, time.monotonic())
        except NewerFormat:
            raise  # it stays as it is
        except BaseException as reason:
            released = self.give_up(batch, targets, str(reason))
            if not (released and isinstance(reason, BatchGivenUp)):
                raise

    def give_up(self, batch: Batch, targets: Sequence[Target], reason: str) -> bool:
        """Release a batch, so that its sources may be claimed anew, and delete what it wrote.

        Returns False, and gives nothing up, where a table has the batch already: that is for the
        next run to finish. The tables are burnt in the order in which they are committed: once
        the first is burnt, no run can commit to those after it.
        """
        faults.after("failed")
        try:
            for each in targets:
                if not burn(
                    self.store.uri(each.path), each.schema, each.partition_by, batch.batch_id
                ):
                    return False
                faults.after("burnt")
            self.ledger.release(batch, reason)
        except Exception as error:  # a full disk: the next run finds the batch open
            why = refusal(error) or in_words(error) or error
            log.warning("batch %s could not be released: %s", batch.batch_id, why)
            return False
        faults.after("released")
        self._delete(batch, targets)
        return True

    def _delete(self, batch: Batch, targets: Sequence[Target]) -> None:
        for attempt in range(1, batch.attempt + 1):
            folder = layout.attempt_folder(batch.batch_id, attempt)
            for each in targets:
                try:
                    self.store.delete_folder(f"{each.path}/{folder}")
                except StorageError as error:
                    log.warning("%s", error)
        faults.after("deleted")
