"""Fuzzing: every engine against the reference validator, and against relations, on nasty sources.

    python -m tests.conformance.fuzz --records 100000 --seed 1 [--engine duckdb] [--batch 20000]

Compares verdicts, typed values, reasons, raw texts and books of each source, record by record; then
the relations of `relations`, and that a replay under the same contract changes nothing. The same
seed makes the same sources. Exits with 1, and shows the smallest source that it finds, if an engine
differs or a relation does not hold.
"""

import argparse
import gzip
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from reelhouse.batch import Written
from reelhouse.contract.model import Contract
from reelhouse.contract.odcs import SUFFIX, load
from reelhouse.contract.registry import load_all
from reelhouse.engines import ENGINES, reference
from reelhouse.engines import engine as make_engine
from reelhouse.engines.base import Engine, Work
from reelhouse.flows.ingest import Ingestion
from reelhouse.flows.quarantine import connect
from reelhouse.flows.replay import Replay
from reelhouse.sources.packing import BrokenSource, packing_of, unpacked
from tests.conformance.harness import Judged, Run, canonical, judge
from tests.conformance.nasty import Nasty
from tests.conformance.nasty_sources import NastySources
from tests.conformance.relations import (
    MAX_LINE_BYTES,
    RELATIONS,
    Relation,
    in_pieces,
    unaccounted,
    unsettled,
)

CONTRACTS = Path(__file__).parent / "contracts"
SHOWN = 5
EACH = "each.txt"
ODD_SOURCES, ODD_RECORDS = 24, 20
FEW = 3
"""How many odd sources of CSV, which all have headers of their own, Spark gets: each is a job."""

Found = dict[str, list[str]]
"""What is wrong, in words, by the name of the source."""


class Reference:
    """The reference validator alone, as an engine."""

    name = "reference"

    def run(self, work: Work) -> Written:
        """Judge and write."""
        return reference.run(work)


def contracts() -> list[Contract]:
    """The shipped contracts, as the data set `cases`, and those made to have every rule."""
    found = [load(path) for path in sorted(CONTRACTS.glob(f"*{SUFFIX}"))]
    return [*load_all(None).values(), *found]


# --- sources


def sources(contract: Contract, records: int, seed: int) -> dict[str, bytes]:
    """Some sources of a batch: of different sizes, one packed, one with each odd value once."""
    nasty = Nasty(contract, seed)
    shares = {"a b%20.txt": 0.5, "é/x=1/one.txt": 0.3, "packed.txt.gz": 0.15, "small.txt": 0.05}
    found = {}
    for name, share in shares.items():
        data = nasty.source(max(1, int(records * share)))
        if name.endswith(".gz"):
            data = gzip.compress(data, 1, mtime=0)
            data = data[:-9] if seed % 7 == 0 else data
        found[name] = data
    found[EACH] = nasty.each_value()
    return found


@dataclass(frozen=True)
class Pair:
    """A relation, and the names of the sources on both sides that were made of one source."""

    relation: Relation
    origin: str
    left: list[str]
    right: list[str]


@dataclass
class Batch:
    """Odd sources of a contract, and beside them what relations make of them."""

    contract: Contract
    seed: int
    odd: dict[str, bytes]
    made: dict[str, bytes] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)

    @property
    def all(self) -> dict[str, bytes]:
        """All sources by name."""
        return {**self.odd, **self.made}

    def few(self, count: int) -> "Batch":
        """The same with the first so many of the sources."""
        odd = dict(list(self.odd.items())[:count])
        pairs = [pair for pair in self.pairs if pair.origin in odd]
        names = [name for pair in pairs for name in (*pair.left, *pair.right)]
        made = {name: self.made[name] for name in names}
        return Batch(self.contract, self.seed, odd, made, pairs)

    def relate(self) -> None:
        """Make the sides of each relation of each source."""
        for origin, data in self.odd.items():
            for number, relation in enumerate(RELATIONS):
                name = f"{Path(origin).stem}-{number}"
                self._add(relation, origin, data, name)

    def _add(self, relation: Relation, origin: str, data: bytes, name: str) -> None:
        nasty = NastySources(self.contract, self.seed)
        nasty.random = Random(f"{self.seed} {name}")
        sides = relation.sides(nasty, data)
        if sides is not None:
            left = {f"{name}l{place}": side for place, side in enumerate(sides.left)}
            right = {
                f"{name}r{place}{sides.suffix}": side for place, side in enumerate(sides.right)
            }
            self.made |= {**left, **right}
            self.pairs.append(Pair(relation, origin, [*left], [*right]))


def odd_batch(
    contract: Contract, seed: int, count: int = ODD_SOURCES, records: int = ODD_RECORDS
) -> Batch:
    """So many odd sources of at most so many records, and what relations make of them."""
    batch = Batch(contract, seed, NastySources(contract, seed).sources(count, records))
    batch.relate()
    return batch


# --- what is wrong


def differences(expected: Mapping[str, Judged], got: Mapping[str, Judged]) -> list[str]:
    """What differs, in words, a few records of each source."""
    found = []
    for name, wanted in expected.items():
        a, b = wanted.sorted(), got[name].sorted()
        if a == b:
            continue
        found.append(
            f"{name}: {a.records} records {a.counted} {a.books}, "
            f"got {b.records} {b.counted} {b.books}"
        )
        for what, one, other in (
            ("valid", set(map(canonical, a.valid)), set(map(canonical, b.valid))),
            ("invalid", set(map(repr, a.invalid)), set(map(repr, b.invalid))),
        ):
            found += [f"  {what}, missing: {each}" for each in sorted(one - other)[:SHOWN]]
            found += [f"  {what}, too much: {each}" for each in sorted(other - one)[:SHOWN]]
    return found


def judged(
    run: Run, contract: Contract, landed: Mapping[str, bytes]
) -> tuple[dict[str, Judged], Found]:
    """Judge sources; those on which an engine fails are judged, and told, one by one."""
    try:
        return judge(run, contract, landed, MAX_LINE_BYTES), {}
    except Exception as error:
        if len(landed) == 1:
            return {}, {name: [f"  {type(error).__name__}: {error}"] for name in landed}
    alone = [judged(run, contract, {name: data}) for name, data in landed.items()]
    found = {name: why for _, failed in alone for name, why in failed.items()}
    return {name: each for done, _ in alone for name, each in done.items()}, found or {
        "": ["  it fails on all sources together, and on none of them alone"]
    }


def otherwise(
    expected: Mapping[str, Judged], run: Run, contract: Contract, landed: Mapping[str, bytes]
) -> tuple[dict[str, Judged], Found]:
    """Judge sources, and say what is not as the reference validator has it."""
    got, found = judged(run, contract, landed)
    for name, each in got.items():
        if name in expected and (what := differences({name: expected[name]}, {name: each})):
            found[name] = what
    return got, found


def unrelated(pairs: list[Pair], got: Mapping[str, Judged]) -> Iterator[tuple[Pair, list[str]]]:
    """The relations that do not hold, and what differs."""
    for pair in pairs:
        if got.keys() >= {*pair.left, *pair.right}:
            left, right = ([got[name] for name in side] for side in (pair.left, pair.right))
            if what := pair.relation.broken(left, right):
                yield pair, what


def replayed(engine: Engine, contract: Contract, landed: Mapping[str, bytes]) -> list[str]:
    """What a replay under the same contract changes, in words: nothing may become valid."""
    folder = Path(mkdtemp(prefix="reelhouse-test-"))
    lake, landing = str(folder / "lake"), folder / "landing"
    try:
        _write(landing / contract.dataset, landed)
        flow = Ingestion(
            lake,
            str(landing),
            {contract.dataset: contract},
            engine,
            max_line_bytes=MAX_LINE_BYTES,
        )
        outcome = flow.run([contract.dataset])
        if outcome.failures:
            return [f"  {why}" for why in outcome.failures]
        (batch,) = outcome.batches
        if not batch.quarantined:
            return []
        with connect(lake, contract.dataset) as connection:
            rows = connection.sql("SELECT violations FROM quarantine").fetchall()
        before = Counter[tuple[str, str]]()
        for (violations,) in rows:
            before.update({(each["field"], each["rule"]) for each in violations})
        after = Replay(lake, contract, MAX_LINE_BYTES).rehearse()
        if after.valid or after.records != batch.quarantined or after.reasons != before:
            reasons = f"{after.reasons - before} for {before - after.reasons}"
            return [f"  {after.valid} of {after.records} records became valid, with {reasons}"]
        return []
    finally:
        shutil.rmtree(folder)


# --- the smallest form of it


def smaller(data: bytes, fails: Callable[[bytes], bool], seconds: float = 30) -> bytes:
    """Leave out lines, and then bytes, in halves and halves of those, while it fails."""
    end = time.monotonic() + seconds
    for cut in (_lines, _bytes):
        parts, count = cut(data), 2
        while count // 2 <= len(parts) and time.monotonic() < end:
            size = -(-len(parts) // count)
            for start in range(0, len(parts), size or 1):
                fewer = [*parts[:start], *parts[start + size :]]
                if time.monotonic() > end:
                    break
                if len(fewer) < len(parts) and fails(b"".join(fewer)):
                    parts = fewer
                    break
            else:
                count *= 2
        data = b"".join(parts)
    return data


def unpacked_if(data: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """What a packed source holds, if that fails too, else the source."""
    if packing_of(data) is None:
        return data
    content = b""
    with suppress(BrokenSource):
        for chunk in unpacked([data], packing_of(data)):
            content += chunk
    return content if fails(content) else data


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def _bytes(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


def _write(folder: Path, landed: Mapping[str, bytes]) -> None:
    for name, data in landed.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


# --- all of it


@dataclass(frozen=True)
class Fault:
    """Something wrong: who, with which source, and whether it is so for another source too."""

    who: str
    what: list[str]
    name: str
    data: bytes
    again: Callable[[bytes], bool]


def _differs(run: Run, contract: Contract, name: str, data: bytes) -> bool:
    expected, failed = judged(reference.run, contract, {name: data})
    return bool(failed) or bool(otherwise(expected, run, contract, {name: data})[1])


def _unrelated(run: Run, pair: Pair, batch: Batch, data: bytes) -> bool:
    alone = Batch(batch.contract, batch.seed, {pair.origin: data})
    alone.relate()
    pairs = [each for each in alone.pairs if each.relation is pair.relation]
    got, failed = judged(run, batch.contract, alone.made)
    return bool(failed) or any(unrelated(pairs, got))


def faults(batch: Batch, engines: list[Engine]) -> tuple[list[Fault], dict[str, Judged]]:
    """All that is wrong with a batch: of the reference validator alone, then of each engine."""
    contract, found = batch.contract, list[Fault]()
    expected, failed = judged(reference.run, contract, batch.all)
    for name, data in batch.all.items():
        wrong = failed.get(name, []) + unsettled(contract, data)
        if name in expected:
            wrong += unaccounted(contract, data, expected[name])
        if wrong:
            again = partial(_differs, reference.run, contract, name)
            found.append(Fault("reference", wrong, name, data, again))
    pieces = in_pieces(Random(batch.seed))
    found += _of_engine("reference in pieces", pieces, batch, expected)
    found += _of_replay(Reference(), batch)
    for engine in engines:
        is_slow = engine.name == "spark" and contract.format == "csv" and not contract.multiline
        some = batch.few(FEW) if is_slow else batch
        found += _of_engine(engine.name, engine.run, some, expected)
        found += _of_replay(engine, some)
    return found, expected


def _of_engine(who: str, run: Run, batch: Batch, expected: Mapping[str, Judged]) -> Iterator[Fault]:
    contract = batch.contract
    got, differing = otherwise(expected, run, contract, batch.all)
    for name, what in differing.items():
        data = batch.all.get(name, b"")
        yield Fault(who, what, name, data, partial(_differs, run, contract, name))
    for pair, what in unrelated(batch.pairs, got):
        said = [f"  not so: {pair.relation.name}", *what]
        data = batch.odd[pair.origin]
        yield Fault(who, said, pair.origin, data, partial(_unrelated, run, pair, batch))


def _of_replay(engine: Engine, batch: Batch) -> Iterator[Fault]:
    def changed(name: str, data: bytes) -> bool:
        return bool(replayed(engine, batch.contract, {name: data}))

    if what := replayed(engine, batch.contract, batch.odd):
        said = ["  not so: a replay under the same contract changes nothing", *what]
        names = [name for name, data in batch.odd.items() if changed(name, data)]
        name = names[0] if names else ""
        yield Fault(engine.name, said, name, batch.odd.get(name, b""), partial(changed, name))


def tell(contract: Contract, seed: int, found: list[Fault], landed: Mapping[str, bytes]) -> None:
    """Print what is wrong, with the smallest source for it, and keep the sources."""
    for fault in found[:SHOWN]:
        print(f"{fault.who}, on {contract.dataset}, seed {seed}, source {fault.name}:")
        print(*(line[:2_000] for line in fault.what), sep="\n")
        data = unpacked_if(fault.data, fault.again)
        if fault.again(data):
            least = smaller(data, fault.again)
            print(f"  so too with {least[:2_000]!r}", flush=True)
    folder = mkdtemp(prefix="reelhouse-fuzz-")
    _write(Path(folder), landed)
    print(f"{len(found)} faults. The sources are in {folder}")


def main() -> None:
    """Run the fuzzer from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.fuzz", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=20_000, help="records of the large sources")
    parser.add_argument("--engine", action="append", choices=ENGINES)
    given = parser.parse_args()
    names = given.engine or ENGINES
    engines = [make_engine(name, None if name == "duckdb" else "local[2]") for name in names]
    every = contracts()
    records = turn = 0
    started = time.monotonic()
    while records < given.records:
        for contract in every:
            seed = given.seed * 1_000_003 + turn
            large = Batch(contract, seed, sources(contract, given.batch, seed))
            odd = odd_batch(contract, seed)
            before = records
            for batch in (large, odd):
                found, expected = faults(batch, engines)
                if found:
                    tell(contract, seed, found, batch.all)
                    raise SystemExit(1)
                records += sum(each.records for each in expected.values())
            turn += 1
            print(
                f"{records:,} records, {time.monotonic() - started:.0f} s: {contract.dataset}, "
                f"{len(large.all) + len(odd.all)} sources, {len(odd.pairs)} relations, "
                f"{records - before:,} records",
                flush=True,
            )
            if records >= given.records:
                break
    print(f"{records:,} records: {', '.join(names)} give the verdicts of the reference validator")


if __name__ == "__main__":
    main()
