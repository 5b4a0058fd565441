"""A batch's life: claimed, judged, written down, committed to each of its tables, and closed.

Or given up for ever. What judges it, and what it takes, is for the flow that it belongs to.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Container, Sequence
from contextlib import suppress
from dataclasses import dataclass

from reelhouse import faults
from reelhouse.batch import Batch, SourceCount
from reelhouse.contract.model import Contract
from reelhouse.engines.base import Work
from reelhouse.errors import ReelhouseError, in_words
from reelhouse.faults import Step
from reelhouse.lake import layout, manifest
from reelhouse.lake.claims import Claim
from reelhouse.lake.commit import BatchGivenUp, burn, commit, prepare
from reelhouse.lake.format import NewerFormat
from reelhouse.lake.ledger import Ledger, State
from reelhouse.lake.manifest import Damaged, Manifest
from reelhouse.lake.targets import Target, targets
from reelhouse.landing.sources import UnfitSources
from reelhouse.storage import StorageError, Store, refusal

log = logging.getLogger(__name__)


class ContractChanged(ReelhouseError):
    """A batch was claimed under another version of the contract than the one there is now."""


class GivenUp(ReelhouseError):
    """A batch was given up, for a reason that is its own and nobody's fault.

    `released` says whether its sources may be claimed anew; else it is open, for the next run.
    """

    def __init__(self, reason: ReelhouseError, released: bool) -> None:
        super().__init__(str(reason))
        self.reason, self.released = reason, released


@dataclass(frozen=True)
class Finished:
    """A batch that is in the lake: what became of its sources, and how long its last run took."""

    counts: tuple[SourceCount, ...]
    seconds: float


Judge = Callable[[Batch, tuple[Target, ...]], Manifest]
"""Judges a batch, writes into its attempt's folder of each target, and says what it wrote."""


class Batches:
    """The batches of a lake, each of which is driven to its end here, whatever flow it is of."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self.store, self.ledger = store, ledger

    def claim(self, dataset: str, choose: Callable[[State], Batch | None]) -> Batch | None:
        """Claim what `choose` finds to do, if it finds anything: see Ledger.claim."""
        batch = self.ledger.claim(dataset, choose)
        if batch is not None:
            faults.after(Step.CLAIMED)
        return batch

    def drive(self, batch: Batch, contract: Contract, judge: Judge | None) -> Finished | None:
        """Judge a batch and commit it, or finish what an earlier attempt at it has written.

        Without `judge`, what is not written yet is given up. Returns None if another run has closed
        the batch. Whatever goes wrong, the batch is given up and the error raised: a GivenUp if
        what it was to take is not there as it was claimed, or if another run gave it up. Only a
        batch that a newer version has written stays as it is: raises NewerFormat.
        """
        started = time.monotonic()
        tables = targets(contract, batch.kind)
        try:
            with self.ledger.heartbeat(batch):
                written = self._left_written(batch) or self._judged(batch, contract, tables, judge)
                return self._finish(batch, written, started)
        except (UnfitSources, BatchGivenUp, ContractChanged) as reason:
            log.warning("%s", reason)
            raise GivenUp(reason, self._give_up(batch, tables, str(reason))) from reason
        except NewerFormat:
            raise
        except BaseException as error:
            self._give_up(batch, tables, f"{type(error).__name__}: {error}")
            raise

    def take_over(self, dataset: str, engine: str, *kinds: str) -> Batch | None:
        """Claim a batch of these kinds whose owner is gone, if there is one.

        Raises NewerFormat, and claims nothing, if a newer version has written what is left of it.
        """
        return self.ledger.take_over(dataset, engine, *kinds, look=self._look)

    def _look(self, claim: Claim) -> None:
        for attempt in range(1, claim.attempt + 1):
            with suppress(Damaged):
                manifest.load(self.store, claim.dataset, claim.batch_id, attempt)

    def _judged(
        self, batch: Batch, contract: Contract, tables: tuple[Target, ...], judge: Judge | None
    ) -> Manifest:
        """Judge a batch into a folder of its own, and write down what was written.

        From there on any run can finish it.
        """
        if judge is None:
            raise BatchGivenUp(f"a {batch.kind} of {batch.dataset} was left open")
        if batch.contract_version != contract.version:
            raise ContractChanged(f"batch {batch.batch_id} is of another version of the contract")
        self._prepare(batch, tables)
        written = judge(batch, tables)
        manifest.save(self.store, batch.dataset, batch.batch_id, written)
        faults.after(Step.MANIFEST)
        return written

    def _prepare(self, batch: Batch, tables: Sequence[Target]) -> None:
        """See to it that each table is there and can take the batch, before anything is written.

        Raises BatchGivenUp, and ReelhouseError for a table that the contract does not fit.
        """
        for table in tables:
            prepare(self.store.uri(table.path), table.schema, table.partition_by, batch.batch_id)
        faults.after(Step.PREPARED)

    def _left_written(self, batch: Batch) -> Manifest | None:
        """What the first of the earlier attempts wrote that came as far as its manifest.

        One that is damaged is passed over: the batch is judged again, unless a table has the
        attempt, which `_finish` finds out. The tables are prepared: raises as `_prepare` does.
        """
        for attempt in range(1, batch.attempt):
            try:
                found = manifest.load(self.store, batch.dataset, batch.batch_id, attempt)
            except Damaged as error:
                log.warning("%s; the batch is judged again", error)
                continue
            if found is not None:
                self._prepare(batch, found.targets)
                return found
        return None

    def _finish(self, batch: Batch, written: Manifest, started: float) -> Finished | None:
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
        faults.after(Step.CLOSED)
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
        faults.after(Step.CLEARED)

    def _give_up(self, batch: Batch, tables: Sequence[Target], reason: str) -> bool:
        """Release a batch, so that its sources may be claimed anew, and delete what it wrote.

        Returns False, and gives nothing up, where a table has the batch already: that is for the
        next run to finish. The tables are burnt in the order in which they are committed: once
        the first is burnt, no run can commit to those after it.
        """
        faults.after(Step.FAILED)
        try:
            for each in tables:
                if not burn(
                    self.store.uri(each.path), each.schema, each.partition_by, batch.batch_id
                ):
                    return False
                faults.after(Step.BURNT)
            self.ledger.release(batch, reason)
        except Exception as error:  # a full disk: the next run finds the batch open
            why = refusal(error) or in_words(error) or error
            log.warning("batch %s could not be released: %s", batch.batch_id, why)
            return False
        faults.after(Step.RELEASED)
        self._delete(batch, tables)
        return True

    def _delete(self, batch: Batch, tables: Sequence[Target]) -> None:
        for attempt in range(1, batch.attempt + 1):
            folder = layout.attempt_folder(batch.batch_id, attempt)
            for each in tables:
                try:
                    self.store.delete_folder(f"{each.path}/{folder}")
                except StorageError as error:
                    log.warning("%s", error)
        faults.after(Step.DELETED)


def end_replay(batches: Batches, batch: Batch, contract: Contract) -> None:
    """End a replay that was taken over: finish it if all of it was written, else release it.

    Raises BatchGivenUp if it can't be released, because another run is at it.
    """
    try:
        batches.drive(batch, contract, None)
    except GivenUp as end:
        if not end.released:
            raise end.reason from end


def batch_id(identity: bytes, taken: Container[str]) -> str:
    """The name of a piece of work, which it always has: but for one that is taken, or burnt."""
    name = hashlib.sha256(identity).hexdigest()[:32]
    while name in taken:
        name = hashlib.sha256(name.encode()).hexdigest()[:32]
    return name


def work(
    batch: Batch,
    contract: Contract,
    lake_root: str,
    max_line_bytes: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Work:
    """What an engine is asked to do for an attempt at a batch."""
    return Work(
        contract=contract,
        sources=batch.sources,
        lake_root=lake_root,
        table=layout.table(batch.dataset),
        quarantine=layout.quarantine(batch.dataset),
        folder=layout.attempt_folder(batch.batch_id, batch.attempt),
        batch_id=batch.batch_id,
        ingested_at=batch.ingested_at,
        max_line_bytes=max_line_bytes,
        progress=progress,
    )
