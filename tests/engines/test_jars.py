"""The options that `python -m reelhouse.engines.jars` prints for spark-submit."""

import subprocess
import sys

import pytest

from reelhouse.engines import jars
from reelhouse.errors import WrongUse


def settings(*words: str) -> dict[str, str]:
    options = jars.submit_options(words)
    assert set(options[::2]) == {"--conf"}
    return dict(each.split("=", 1) for each in options[1::2])


def test_each_word_adds_its_jars(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in jars.ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    assert settings("gs")["spark.jars.packages"] == jars.GCS
    assert settings("s3", "gs", "delta")["spark.jars.packages"].split(",") == [
        jars.DELTA,
        *jars.S3,
        jars.GCS,
    ]
    assert settings("delta").keys() == {"spark.jars.packages", *jars.DELTA_SETTINGS}


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
        jars.submit_options(words)


def test_a_wrong_word_ends_the_command_without_an_option_printed() -> None:
    command = [sys.executable, "-m", "reelhouse.engines.jars", "hdfs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("python -m reelhouse.engines.jars: name what Spark is to read")
