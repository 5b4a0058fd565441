"""A run that is killed, at any point and any number of times, loses nothing and doubles nothing."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.flows.world import Finished, Rows, World, check_ledger, contents, finished, lines

KILLS = int(os.environ.get("KILLS", "60"))
"""How many runs are killed in all; `make test-long` kills more."""

MANY_KILLS = 200
"""From so many on, what takes minutes and differs in little is done too."""

SEED = os.environ.get("SEED", "0")
ROUNDS = 10
AT_ONCE = 2

IN_A_ROW = (1, 1, 1, 2, 2, 3, 5)
"""How many runs are killed before one is left alone: one of these, by chance."""

STEPS = {
    "discovered": 3,
    "file": 25,
    "claimed": 3,
    "prepared": 3,
    "judged": 3,
    "checked": 3,
    "manifest": 3,
    "quarantine": 3,
    "lake": 3,
    "closed": 3,
    "cleared": 3,
}
"""Where a run is killed, and how often an undisturbed run of three datasets comes there."""

COMPACTING = {"begun": 1, "compacted": 1, "proven": 1, "checkpointed": 1, "vacuumed": 1}
"""The same, for a run that compacts the ledger at its end."""


@dataclass
class Chain:
    """Runs on one lake that are killed one after the other, and a last one that is not."""

    world: World
    dice: random.Random
    times: "Times"
    steps: dict[str, int]
    history: list[str] = field(default_factory=list)

    def go(self, most: int) -> int:
        """Kill at most so many runs, and return how many were killed before one came to its end."""
        for killed in range(most):
            run = self.dice.choice((self._to_a_step, self._to_a_step, self._for, self._whole))()
            if run.status != -signal.SIGKILL:
                assert run.status == 0, (self.history, run.stderr)
                return killed
        last = self.world.ingest()
        assert last.status == 0, (self.history, last.stderr)
        return most

    def _to_a_step(self) -> Finished:
        """Kill a run after one of its steps."""
        step = self.dice.choice(list(self.steps))
        self.history.append(f"{step}:{self.dice.randint(1, self.steps[step])}")
        return self.world.ingest(REELHOUSE_DIE_AFTER=self.history[-1])

    def _for(self) -> Finished:
        """Kill a run at a random time of its work."""
        run = self.world.fork("ingest")
        self._sleep(self.times.work)
        run.process.kill()
        return run.finished()

    def _whole(self) -> Finished:
        """Kill a run at a random time from the start of its interpreter to its end."""
        process = self.world.start("ingest")
        self._sleep(self.times.whole)
        process.kill()
        return finished(process)

    def _sleep(self, most: float) -> None:
        seconds = self.dice.uniform(0, most)
        self.history.append(f"{seconds:.3f} of {most:.3f} s")
        time.sleep(seconds)


@dataclass(frozen=True)
class Times:
    """How many seconds an undisturbed run takes: with the interpreter's start, and without."""

    whole: float
    work: float


@pytest.fixture(scope="module")
def times(site: World, tmp_path_factory: pytest.TempPathFactory) -> Times:
    def time_of(run: Callable[[World], Finished]) -> float:
        world = site.at(tmp_path_factory.mktemp("timed"))
        start = time.monotonic()
        assert run(world).status == 0
        return time.monotonic() - start

    def started(world: World) -> Finished:
        return finished(world.start("ingest"))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        whole = max(pool.map(lambda _: time_of(started), range(AT_ONCE)))
        work = max(pool.map(lambda _: time_of(World.ingest), range(AT_ONCE)))
    return Times(whole, work)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_runs_lose_nothing_and_double_nothing(
    seed: int,
    site: World,
    undisturbed: dict[str, Rows],
    times: Times,
    long_ledger: Path,
    tmp_path: Path,
) -> None:
    def kill(part: int) -> list[str]:
        dice, killed, told = random.Random(f"{SEED}-{seed}-{part}"), 0, []
        lake = tmp_path / f"lake-{part}"
        while killed < KILLS // ROUNDS // AT_ONCE:
            compacts = dice.random() < 0.15
            if compacts:
                shutil.copytree(long_ledger, lake)
            steps = COMPACTING if compacts else STEPS
            chain = Chain(site.at(lake), dice, times, steps)
            most = min(dice.choice(IN_A_ROW), KILLS // ROUNDS // AT_ONCE - killed)
            killed += chain.go(most)
            assert contents(lake) == undisturbed, chain.history
            check_ledger(lake)
            shutil.rmtree(lake)
            told.append("killed after " + ", ".join(chain.history))
        return told

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for told in pool.map(kill, range(AT_ONCE)):
            print(*told, sep="\n")


@pytest.mark.parametrize("step", ["failed", "burnt:1", "burnt:2", "released", "deleted"])
def test_a_run_that_is_killed_while_it_gives_a_batch_up_loses_nothing(
    step: str, world: World
) -> None:
    world.land("events/a.jsonl", lines(2, 3))
    world.land("events/b.jsonl", lines(4))
    hidden = world.land("events/hidden.jsonl", lines(1))
    hidden.chmod(0)
    killed = world.ingest("events", heeding=True, REELHOUSE_DIE_AFTER=step)
    assert killed.status == -signal.SIGKILL
    again = world.ingest("events", heeding=True)
    assert again.status == 1
    assert again.counts() == {"a.jsonl": (2, 2, 0), "b.jsonl": (1, 1, 0)}
    check_ledger(world.lake, ("events",))
