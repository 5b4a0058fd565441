"""What the README shows is run, in its order, in an empty folder."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from reelhouse.contract.registry import SHIPPED
from reelhouse.spark.jars import CACHE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


COMMANDS = [
    line.partition("#")[0].strip()
    for block in blocks("sh")
    for line in block.splitlines()
    if line.startswith("reelhouse ")
]


def run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    beside = str(Path(sys.executable).parent)
    path = f"{beside}{os.pathsep}{os.environ['PATH']}"
    environment = {
        name: value
        for name, value in os.environ.items()
        if "REELHOUSE" not in name or name == CACHE
    }
    return subprocess.run(
        command,
        check=False,
        cwd=folder,
        env={**environment, "PATH": path},
        capture_output=True,
        text=True,
    )


def test_all_commands_and_examples_run(tmp_path: Path) -> None:
    assert len(COMMANDS) >= 12
    said = {}
    for command in COMMANDS:
        done = run(shlex.split(command), tmp_path)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        said.setdefault(command, []).append(done.stdout)
    assert "events" in said["reelhouse ingest"][0]
    assert said["reelhouse ingest"][1].startswith("Nothing new")
    for example in blocks("python"):
        done = run([sys.executable, "-c", example], tmp_path)
        assert done.returncode == 0, done.stderr
        assert "viewed" in done.stdout


def test_the_settings_are_those_there_are(tmp_path: Path) -> None:
    from reelhouse.config import settings

    (toml,) = blocks("toml")
    (tmp_path / "reelhouse.toml").write_text(toml)
    assert settings({}, {}, tmp_path).contracts == "./contracts"


def test_the_excerpt_stands_in_the_contract() -> None:
    (excerpt,) = blocks("yaml")
    contract = (SHIPPED / "users.odcs.yaml").read_text()
    assert excerpt in re.sub("^ {6}", "", contract, flags=re.MULTILINE)


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / link).exists(), link


def test_make_targets_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
