"""The options that `python -m reelhouse.spark.jars` prints for spark-submit."""

import subprocess
import sys
from pathlib import Path

import pytest

from reelhouse.errors import WrongUse
from reelhouse.spark import jars
from reelhouse.spark.jars.__main__ import submit_options


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache with two jars to each set, one of which is in all of them."""
    monkeypatch.setenv(jars.CACHE, str(tmp_path / "jars"))
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path / "conf"))
    for name in jars.ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    for word, jar_set in jars.SETS.items():
        jar_set.folder.mkdir(parents=True)
        for name in (word, "shared"):
            (jar_set.folder / f"{name}.jar").touch()
    return tmp_path / "jars"


def settings(*words: str, own: tuple[str, ...] = (), packages: bool = False) -> dict[str, str]:
    options = submit_options(words, own, packages)
    assert set(options[::2]) == {"--conf"}
    return dict(each.split("=", 1) for each in options[1::2])


def names(found: dict[str, str]) -> list[str]:
    return [uri.rpartition("/")[2] for uri in found["spark.jars"].split(",")]


def test_each_word_adds_its_jars_once() -> None:
    gcs = jars.GCS.folder
    assert settings("gs")["spark.jars"] == f"file://{gcs}/gs.jar,file://{gcs}/shared.jar"
    assert names(settings("s3", "gs", "delta")) == ["delta.jar", "shared.jar", "s3.jar", "gs.jar"]
    assert settings("delta").keys() == {"spark.jars", *jars.DELTA_SETTINGS}


def test_ones_own_jars_go_along(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/spark-defaults.conf").write_text(
        "# spark.jars not.jar\nspark.jars.packages a:b:1\n"
        "  spark.jars = site.jar,hdfs://other.jar \n"
    )
    found = settings("gs", own=("mine.jar",))
    assert names(found) == ["mine.jar", "site.jar", "other.jar", "gs.jar", "shared.jar"]
    command = [sys.executable, "-m", "reelhouse.spark.jars", "gs", "--jars", "a.jar,b.jar"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("--conf\nspark.jars=a.jar,b.jar,site.jar,hdfs://other.jar,file:")


def test_a_driver_elsewhere_gets_coordinates(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(jars.CACHE, "/nowhere")  # nothing is fetched
    found = settings("s3", "gs", "delta", packages=True)
    assert found["spark.jars.packages"].split(",") == [
        *jars.DELTA.packages,
        *jars.S3.packages,
        *jars.GCS.packages,
    ]
    assert found["spark.jars.excludes"] == "software.amazon.awssdk:bundle"
    assert found["spark.jars.ivySettings"] == jars.IVY_SETTINGS
    assert "spark.jars" not in found
    found = settings("delta", packages=True)
    assert found.keys() == {"spark.jars.packages", *jars.DELTA_SETTINGS}


def test_another_list_of_packages_is_another_folder(cache: Path) -> None:
    other = jars.JarSet("s3", jars.S3.title, jars.S3.packages[:-1], 19, jars.S3.excludes)
    assert other.folder.parent == cache
    assert other.folder != jars.S3.folder


def test_the_cache_is_where_caches_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(jars.CACHE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert jars.cache() == Path("/elsewhere/reelhouse/jars")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert jars.cache() == tmp_path / ".cache/reelhouse/jars"


def test_executors_are_told_where_the_stores_are_and_nothing_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://store:9000")
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "store:4443")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "a secret")
    found = settings("s3", "gs")
    assert found["spark.hadoop.fs.s3a.endpoint"] == "http://store:9000"
    assert found["spark.hadoop.fs.gs.storage.root.url"] == "http://store:4443/"
    assert found["spark.executorEnv.AWS_ENDPOINT_URL_S3"] == "http://store:9000"
    assert found["spark.executorEnv.STORAGE_EMULATOR_HOST"] == "store:4443"
    assert "a secret" not in found.values()


@pytest.mark.parametrize("words", [(), ("s3", "hdfs"), ("s3://bucket",)])
def test_other_words_are_explained(words: tuple[str, ...]) -> None:
    with pytest.raises(WrongUse, match="one or more of s3, gs and delta"):
        submit_options(words)


def test_a_wrong_word_ends_the_command_without_an_option_printed() -> None:
    command = [sys.executable, "-m", "reelhouse.spark.jars", "hdfs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("python -m reelhouse.spark.jars: name what Spark is to read")
