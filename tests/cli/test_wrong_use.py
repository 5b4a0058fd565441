"""Wrong use is told with the mend, exit status 2; what failed is told in words, exit status 1."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ingst"], "Did you mean 'ingest'?"),
        (["--nope"], "No such option: --nope"),
        (["ingest", "--nope"], "Try 'reelhouse ingest -h' for help"),
        (["contracts", "nope"], "No such command 'nope'"),
        (["contracts", "show"], "Missing argument"),
        (["ingest", "nope"], "there is no contract for 'nope'; there are contracts for events, us"),
        (["contracts", "show", "nope"], "no contract for 'nope'"),
        (["quarantine", "list", "nope"], "no contract for 'nope'"),
        (["quarantine", "show", "nope"], "no contract for 'nope'"),
        (["quarantine", "replay", "nope"], "no contract for 'nope'"),
        (["ingest", "--engine", "flink"], "--engine is 'flink'; the engines are duckdb, spark, sp"),
        (["demo", "--engine", "flink"], "--engine is 'flink'; the engines are duckdb, spark, spar"),
        (["ingest", "--max-line-bytes", "0"], "--max-line-bytes is 0; it must be a whole number f"),
        (["ingest", "--max-line-bytes", "x"], "'x' is not a valid int"),
        (["ingest", "--lake", ""], "--lake is ''; it must be text, and not empty"),
        (["ingest", "--master", "local[2]"], "--master is for the Spark engines: add --engine sp"),
        (["ingest", "--remote", "sc://host"], "--remote is for the Spark engines: add --engine s"),
        (["ingest", "--engine", "spark-rdd", "--remote", "sc://host"], "Spark Connect has no RDD"),
        (
            ["ingest", "--engine", "spark", "--master", "yarn", "--remote", "sc://host"],
            "master (yarn) and remote (sc://host) are both set",
        ),
        (["generate", "out", "--events", "-1"], "-1 is not in the range x>=0"),
        (["generate", "out", "--broken", "2"], "2.0 is not in the range 0<=x<=1"),
        (["generate"], "Missing argument"),
        (["quarantine", "show", "events", "--limit", "0"], "0 is not in the range x>=1"),
    ],
)
def test_wrong_use(landing: Path, reelhouse: Run, arguments: list[str], said: str) -> None:
    done = reelhouse(*arguments)
    assert said in done.err
    assert (done.code, done.out) == (2, "")


def test_no_command_shows_the_help(reelhouse: Run) -> None:
    for arguments in ([], ["contracts"], ["quarantine"]):
        done = reelhouse(*arguments)
        assert done.code == 2
        assert "Usage: reelhouse" in done.err + done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--source", "elsewhere.csv"], "name its dataset, as in: reelhouse ingest events --sour"),
        (["users", "events", "--source", "elsewhere.csv"], "does not lie in a dataset's folder of"),
        (
            ["users", "events", "--source", "data/landing/videos/a.csv"],
            "is one of videos, not of u",
        ),
        (["users", "--source", "data/landing/videos/a.csv"], "is one of videos, not of users"),
        (["--source", "data/landing/videos"], "is a folder: name its files, or leave --source out"),
    ],
)
def test_a_source_that_does_not_fit(
    landing: Path, reelhouse: Run, arguments: list[str], said: str
) -> None:
    Path("elsewhere.csv").touch()
    done = reelhouse("ingest", *arguments)
    assert said in done.err
    assert (done.code, done.out) == (2, "")
    assert not Path("data/lake").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("landing = 3", "reelhouse.toml: landing is 3; it must be text"),
        ("landing = ", "reelhouse.toml is not TOML: Invalid value (at"),
        ('lnding = "x"', "reelhouse.toml: there is no setting 'lnding'; there are landing, lake"),
        ('engine = "x"', "reelhouse.toml: engine is 'x'; the engines are duckdb, spark, spark-rdd"),
        ('lake = "\udce9"', "reelhouse.toml is not TOML: 'utf-8' codec can't decode byte 0xe9"),
    ],
)
def test_a_wrong_settings_file(clean: Path, reelhouse: Run, text: str, said: str) -> None:
    Path("reelhouse.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    for command in ("ingest", "status", "doctor", "quarantine list", "contracts list"):
        done = reelhouse(*command.split())
        assert said in done.err
        assert (done.code, done.out) == (2, "")


def test_wrong_variables(clean: Path, reelhouse: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELHOUSE_ENGINE", "x")
    assert "REELHOUSE_ENGINE is 'x'" in reelhouse("ingest").err
    monkeypatch.delenv("REELHOUSE_ENGINE")
    monkeypatch.setenv("REELHOUSE_LOG", "loud")
    done = reelhouse("version")
    assert done.code == 2
    assert "REELHOUSE_LOG is LOUD; it must be one of" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ingest", "--landing", "gone"], "/gone, is not there: put sources into <landing>/"),
        (["ingest", "--landing", "file"], "/file, is a file, and no folder"),
        (["ingest", "--landing", "ftp://host"], "no storage is known for ftp://; use a path, gs:"),
        (["ingest", "--lake", "file"], "/file, is a file: name a folder with --lake"),
        (["ingest", "--lake", "file/below"], "/file/below, is a file: name a folder"),
        (["status", "--lake", "file"], "/file, is a file: name a folder with --lake"),
        (["ingest", "--contracts", "gone"], "the folder of contracts gone is not there"),
        (["ingest", "ads", "--contracts", "broken"], "broken/ads.odcs.yaml:2: it is not YAML"),
        (["watch", "ads", "--contracts", "broken"], "broken/ads.odcs.yaml:2: it is not YAML"),
        (["contracts", "show", "ads", "--contracts", "broken"], "broken/ads.odcs.yaml:2: it is n"),
        (["land", "file", "--contracts", "broken"], "broken/ads.odcs.yaml:2: it is not YAML"),
        (
            ["quarantine", "list"],
            "/data/lake yet: name another with --lake, or fill this one: reel",
        ),
        (["quarantine", "show", "events", "--lake", "gone"], "there is no lake at"),
        (["quarantine", "export", "events", "x.csv", "--lake", "gone"], "there is no lake at"),
        (["quarantine", "replay", "events", "--lake", "gone"], "there is no lake at"),
        (["quarantine", "list", "--lake", "file"], "/file, is a file: name a folder with --lake"),
        (["generate", "file"], "file/videos: Not a directory"),
        (["demo", "--out", "broken"], "has files that are not the demo's; name another folder"),
    ],
)
def test_what_fails_is_told(landing: Path, reelhouse: Run, arguments: list[str], said: str) -> None:
    Path("file").touch()
    Path("broken").mkdir()
    Path("broken/ads.odcs.yaml").write_text("a: [\n")
    done = reelhouse(*arguments)
    assert said in done.err
    assert (done.code, done.out) == (1, "")
    assert "Traceback" not in done.err


def test_a_lake_that_cant_be_made(landing: Path, reelhouse: Run) -> None:
    done = reelhouse("ingest", "--lake", "/proc/lake")
    assert done.code == 1
    assert "/proc/lake" in done.err
    assert "Traceback" not in done.err
