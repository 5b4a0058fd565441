"""`reelhouse warehouse`: what people and machines are told, and kills at random moments."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

import reelhouse as rh
from reelhouse.cli.main import run

KILLS = int(os.environ.get("KILLS", "2"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "REELHOUSE_LAKE", "REELHOUSE_LANDING"):
        monkeypatch.delenv(name, raising=False)
    rh.generate("data/landing", events=400, users=40, videos=20, broken=0.1, seed=4)
    return tmp_path


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["warehouse", *arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_people_see_what_became_of_each_source(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ingest"]) == 0
    capsys.readouterr()
    assert run(["warehouse", "run"]) == 0
    captured = capsys.readouterr()
    assert "records = in core + in errors + duplicates" in captured.out
    assert "The lake and the warehouse count the same for 7 sources." in captured.out
    assert "FAILED" not in captured.out
    assert captured.err == ""
    assert (folder / "data/warehouse.duckdb").exists()
    assert run(["warehouse", "run"]) == 0
    assert "Nothing new was loaded since the last build." in capsys.readouterr().out


def test_the_steps_one_by_one_tell_machines_what_they_did(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert document(capsys, "init")["target"] == "duckdb"
    loads = document(capsys, "load", "events")["loads"]
    assert [(each["dataset"], each["sources"]) for each in loads] == [("events", 4)]
    built = document(capsys, "build")["build"]
    assert built["loads"] == 4
    for source in built["sources"]:
        assert source["records"] == (source["in_core"] + source["in_errors"] + source["duplicates"])
    checks = document(capsys, "check")["checks"]
    assert all(each["passed"] for each in checks)
    sql = 'select count(*) as n, max("timestamp") as last_at from core.fct_event'
    (row,) = document(capsys, "query", sql)["rows"]
    assert row["n"] == sum(source["in_core"] for source in built["sources"])
    assert row["last_at"].endswith("Z")
    ranking = document(capsys, "ask", "top-users", "--top", "2")
    assert [list(each) for each in ranking["rows"]] == [
        ["user_id", "events", "videos", "last_at"]
    ] * 2


def test_a_check_that_fails_ends_with_1_and_names_rows_and_source(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["warehouse", "run"]) == 0
    with duckdb.connect("data/warehouse.duckdb") as connection:
        connection.execute("insert into errors.users select * from errors.users limit 1")
    capsys.readouterr()
    assert run(["warehouse", "check"]) == 1
    err = capsys.readouterr().err
    assert "the check conservation failed" in err
    assert "users-0001.csv" in err or "users-0002.csv" in err


def test_settings_come_from_the_file_and_the_environment(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("reelhouse.toml").write_text('[warehouse]\ndatabase = "mine.duckdb"\n')
    assert document(capsys, "init")["database"] == "mine.duckdb"
    monkeypatch.setenv("REELHOUSE_WAREHOUSE_DATABASE", "other.duckdb")
    assert document(capsys, "init")["database"] == "other.duckdb"
    Path("reelhouse.toml").write_text('[warehouse]\ntarget = "oracle"\n')
    assert run(["warehouse", "init"]) == 2
    assert "warehouse.target is 'oracle'; the targets are duckdb" in capsys.readouterr().err
    Path("reelhouse.toml").write_text('[warehouse]\ntargets = "duckdb"\n')
    assert run(["warehouse", "init"]) == 2
    assert "there is no setting 'targets'" in capsys.readouterr().err


def test_what_is_not_there_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["warehouse", "query", "select 1"]) == 1
    assert "there is no warehouse" in capsys.readouterr().err
    assert run(["warehouse", "run", "--landing", "nowhere"]) == 1
    assert "landing" in capsys.readouterr().err
    assert run(["warehouse", "init"]) == 0
    assert run(["warehouse", "query", "selec"]) == 1
    assert "syntax error" in capsys.readouterr().err
    assert run(["warehouse", "reconcile"]) == 1
    assert "there is no lake" in capsys.readouterr().err


# --- kills, and two at once


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment: Mapping[str, str] = {
        name: value for name, value in os.environ.items() if "REELHOUSE" not in name
    }
    return subprocess.Popen(
        [sys.executable, "-m", "reelhouse", "warehouse", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def content(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The star and the errors, without what differs from one load to another."""
    found = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('core', 'errors')"
        ).fetchall()
        for schema, table in sorted(tables):
            if table in ("built_load", "build_lock"):
                continue
            columns = connection.execute(f"describe {schema}.{table}").fetchall()
            kept = [f'"{name}"' for name, *_ in columns if name not in ("_load_id", "_built_at")]
            sql = f"select {', '.join(kept)} from {schema}.{table}"
            found[f"{schema}.{table}"] = sorted(connection.execute(sql).fetchall(), key=repr)
    return found


def test_a_run_that_is_killed_at_random_is_done_by_the_next(folder: Path) -> None:
    began = time.monotonic()
    whole = start(folder, "run", "--database", "whole.duckdb")
    assert whole.wait(60) == 0, whole.communicate()
    took = time.monotonic() - began
    random = Random(int(os.environ.get("SEED", "1")))
    for number in range(KILLS):
        database = f"killed-{number}.duckdb"
        for _ in range(2):
            process = start(folder, "run", "--database", database)
            time.sleep(took * random.uniform(0.3, 1))
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        last = start(folder, "run", "--database", database)
        assert last.wait(60) == 0, last.communicate()
        last.communicate()
        assert content(folder / database) == content(folder / "whole.duckdb")


def test_of_two_at_once_one_says_that_the_other_works(folder: Path) -> None:
    with duckdb.connect(str(folder / "w.duckdb")):
        second = start(folder, "run", "--database", "w.duckdb")
        _, err = second.communicate(timeout=60)
    assert second.returncode == 1
    assert "another process works with the warehouse w.duckdb" in err
    again = start(folder, "run", "--database", "w.duckdb")
    assert again.wait(60) == 0, again.communicate()
