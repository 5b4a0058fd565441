"""The generated events that every contender reads."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
WORK = HERE / "work"
CHUNK_BYTES = 1 << 24


@dataclass(frozen=True)
class Landing:
    """A landing folder whose `events/` holds the source files."""

    root: Path

    @property
    def glob(self) -> str:
        return f"{self.root}/events/*"

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in (self.root / "events").iterdir() if path.is_file())

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for path in self.files)


def reelhouse_command() -> str:
    """The `reelhouse` of the environment that runs the benchmark."""
    return str(Path(sys.executable).with_name("reelhouse"))


def generate(events: int) -> Landing:
    """Events to measure with, generated once a size and then kept in `work/`."""
    landing = Landing(WORK / f"landing-{events}")
    done = landing.root / ".done"
    if not done.exists():
        shutil.rmtree(landing.root, ignore_errors=True)
        landing.root.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                reelhouse_command(),
                "generate",
                str(landing.root),
                *("--events", str(events)),
                *("--seed", "1"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        done.touch()
    return existing(landing.root)


def existing(root: Path) -> Landing:
    """Data that is there already. Raises SystemExit when it has no source of events."""
    landing = Landing(root.resolve())
    if not (landing.root / "events").is_dir() or not landing.files:
        raise SystemExit(f"{landing.root}/events: no source files; generate some first")
    return landing


def warm(landing: Landing) -> None:
    """Read all files once, so that no contender pays for the first reading from disk."""
    for path in landing.files:
        with path.open("rb") as file:
            while file.read(CHUNK_BYTES):
                pass
