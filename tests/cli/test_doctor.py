"""`reelhouse doctor`: what is there, what is missing, and the mend."""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from reelhouse.spark import jars
from tests.cli.conftest import Run


def check(reelhouse: Run, name: str, *flags: str) -> tuple[str, str]:
    found = reelhouse("doctor", "--json", *flags).document["checks"]
    ((state, text),) = [(each["state"], each["text"]) for each in found if each["name"] == name]
    return state, text


def fake_java(folder: Path, said: str) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/java").write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    (folder / "bin/java").chmod(0o755)


def test_a_machine_with_all_of_it(landing: Path, reelhouse: Run) -> None:
    done = reelhouse("doctor", "--json")
    assert done.code == 0
    states = {each["name"]: each["state"] for each in done.document["checks"]}
    assert set(states.values()) == {"ok"}
    assert not (landing.parent / "lake").exists()  # looking changes nothing
    shown = reelhouse("doctor").out
    assert all(name in shown for name in states)


@pytest.mark.parametrize(
    ("said", "state", "text"),
    [
        ('openjdk version "17.0.15" 2025-04-15', "ok", 'openjdk version "17.0.15" 2025-04-15'),
        ('openjdk version "25" 2025-09-16', "ok", 'version "25"'),
        ('openjdk version "26-ea" 2026-03-17', "ok", 'version "26-ea"'),
        ('java version "1.8.0_391"', "missing", "bin/java is Java 8: on Debian and Ubuntu, apt-g"),
        ('openjdk version "11.0.2" 2019', "missing", "need Java 17 or newer, and"),
        ("Error: no library", "missing", "bin/java does not run: Error: no library"),
    ],
)
def test_javas_version_counts(
    clean: Path,
    reelhouse: Run,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    state: str,
    text: str,
) -> None:
    fake_java(clean / "java", said)
    monkeypatch.setenv("JAVA_HOME", str(clean / "java"))
    found, told = check(reelhouse, "java")
    assert found == state
    assert text in told


def test_no_java(clean: Path, reelhouse: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(clean / "gone"))
    state, text = check(reelhouse, "java")
    assert state == "missing"
    assert f"JAVA_HOME, {clean}/gone, has no bin/java" in text
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", "/nonexistent")
    state, text = check(reelhouse, "java")
    assert state == "missing"
    assert "there is none: on Debian and Ubuntu, apt-get install openjdk-17-jre-headless" in text


def test_the_packages_of_the_report_are_looked_for(
    clean: Path, reelhouse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check(reelhouse, "report") == ("ok", version("altair"))
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    state, text = check(reelhouse, "report")
    assert state == "missing"
    assert "vl_convert: pip install 'reelhouse[report,spark]'" in text


@pytest.mark.parametrize(
    ("name", "jar_set"), [("delta jar", jars.DELTA), ("s3 jars", jars.S3), ("gcs jar", jars.GCS)]
)
def test_each_set_of_jars_is_looked_for(
    name: str,
    jar_set: jars.JarSet,
    clean: Path,
    reelhouse: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(jars.CACHE, str(clean / "jars"))
    state, text = check(reelhouse, name)
    assert state == "missing"
    assert (
        f"with Spark: fetched from Maven Central at the first use ({jar_set.megabytes} MB" in text
    )
    assert text.endswith(f"python -m reelhouse.spark.fetch {jar_set.word}")
    jar_set.folder.mkdir(parents=True)
    assert check(reelhouse, name) == ("ok", str(jar_set.folder))


def test_a_landing_that_is_not_there_yet(clean: Path, reelhouse: Run) -> None:
    state, text = check(reelhouse, "landing")
    assert state == "missing"
    assert f"{clean}/data/landing is not there yet" in text
    assert reelhouse("doctor").code == 0


def test_a_lake_is_tried(lake: Path, reelhouse: Run) -> None:
    before = sorted(lake.rglob("*"))
    assert check(reelhouse, "lake") == ("ok", f"{lake} can be written")
    assert sorted(lake.rglob("*")) == before


@pytest.mark.parametrize(
    ("flags", "name", "text"),
    [
        (["--lake", "file/lake"], "lake", "/file/lake can't be made"),
        (["--lake", "file"], "lake", "/file"),
        (["--landing", "file"], "landing", "/file is no folder"),
        (["--landing", "ftp://host"], "landing", "no storage is known for ftp://"),
        (["--contracts", "gone"], "contracts", "the folder of contracts gone is not there"),
    ],
)
def test_what_fails_is_a_failure(
    clean: Path, reelhouse: Run, flags: list[str], name: str, text: str
) -> None:
    (clean / "file").touch()
    state, told = check(reelhouse, name, *flags)
    assert state == "failed"
    assert text in told
    done = reelhouse("doctor", *flags)
    assert done.code == 1
    assert "failed" in done.out
