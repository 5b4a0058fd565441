"""The archive of Spark's classes: used where it is whole, and never in the way."""

import os
from pathlib import Path
from typing import Any

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.spark import archive, fetch


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of archives of its own, with the true one in it."""
    true = archive.find()
    assert true is not None, "make jars"
    (tmp_path / true.name).hardlink_to(true)
    monkeypatch.setattr(archive, "folder", lambda: tmp_path)
    return tmp_path


def test_sparks_jvm_maps_it(spark: Any) -> None:
    path = archive.find()
    assert path is not None
    process = spark.sparkContext._gateway.proc.pid
    assert str(path) in Path(f"/proc/{process}/maps").read_text()


def test_one_that_was_cut_off_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = archive.find()
    assert whole is not None
    assert whole.parent == folder
    whole.unlink()
    whole.write_bytes(b"cut off")
    assert archive.find() is None
    monkeypatch.setenv(archive.OPTIONS, "-Da=b")
    archive.use()
    assert os.environ[archive.OPTIONS] == "-Da=b"


def test_that_of_another_java_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    assert archive.find() is None


def test_it_is_asked_for_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(archive.OPTIONS, "-Da=b")
    archive.use()
    once = os.environ[archive.OPTIONS]
    assert once.startswith("-Da=b ")
    archive.use()
    assert os.environ[archive.OPTIONS] == once


def test_an_environment_that_cant_keep_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "folder", lambda: Path("/dev/null/share"))
    with pytest.raises(ReelhouseError, match=r"^/dev/null/share can't keep an archive .* slowly$"):
        fetch.archive_classes()


def test_what_was_killed_is_cleared_away_and_a_failure_leaves_the_old_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = archive.find()
    left = folder / f"{archive.UNFINISHED}killed"
    left.mkdir()
    (left / "classes.jsa").write_bytes(b"half of it")
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(ReelhouseError, match="wrote no archive"):
        archive.make()
    monkeypatch.undo()
    assert [*folder.iterdir()] == [old]
