"""What is wrong with one dataset is told in a line, and stops no other, whatever the command."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from reelhouse.lake import commit
from tests.cli.conftest import COUNTS, EVENTS, USERS, VIDEOS, Result, Run

SOURCES = {"events": ("b.jsonl", EVENTS), "users": ("b.csv", USERS), "videos": ("b.csv", VIDEOS)}
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: {name}
version: {version}
status: active
schema:
  - name: {name}
    customProperties:
      - {{property: format, value: csv}}
    properties:
      - {{name: id, logicalType: integer, required: true}}
"""
SCORE = "      - {name: score, logicalType: integer}\n"
DAY = (
    "      - {name: at, logicalType: timestamp, required: true}\n"
    "      - {name: day, logicalType: date, partitioned: true,\n"
    "         transformSourceObjects: [at], transformLogic: date}\n"
)


def contract(folder: Path, name: str, more: str = "", version: str = "1.0.0") -> None:
    folder.mkdir(exist_ok=True)
    text = CONTRACT.format(name=name, version=version) + more
    (folder / f"{name}.odcs.yaml").write_text(text)


def land_more(landing: Path) -> None:
    """A second source of each dataset."""
    for dataset, (name, text) in SOURCES.items():
        (landing / dataset / name).write_text(text)


def counts(done: Result) -> dict[str, tuple[int, int, int]]:
    names = ("records", "valid", "quarantined")
    return {
        batch["dataset"]: tuple(batch[name] for name in names) for batch in done.document["batches"]
    }


def complaints(done: Result, *needed: str) -> list[str]:
    """What a command has complained of, a line each; all of it names what was needed."""
    assert done.code == 1
    assert "Traceback" not in done.err
    assert "defect" not in done.err
    found = done.err.splitlines()
    assert found
    for line in found:
        assert line.startswith("reelhouse: ")
        assert all(each in line for each in needed), line
    return found


# --- conflicts: a contract whose change the table can't follow


@pytest.fixture
def conflicting(clean: Path, reelhouse: Run) -> Path:
    """A lake with the table `aaa`, and contracts by which its score is a number; and `zzz`."""
    contract(clean / "c1", "aaa", SCORE)
    contract(clean / "c2", "aaa", SCORE.replace("integer", "number"), version="2.0.0")
    contract(clean / "c2", "zzz", SCORE)
    landing = clean / "data/landing"
    for name in ("aaa", "zzz"):
        (landing / name).mkdir(parents=True)
        (landing / name / "1.csv").write_text("id,score\n1,2\n")
    assert reelhouse("ingest", "aaa", "--contracts", "c1").code == 0
    (landing / "aaa/2.csv").write_text("id,score\n1,2.5\n")
    return clean


def said_of(folder: Path) -> str:
    return (
        f"c2/aaa.odcs.yaml:12: score: the table {folder}/data/lake/aaa has integer, and the "
        "contract says number: a column can't change its type (go back to integer, give the field "
        "another name, or use another lake)"
    )


def test_a_changed_contract_stops_no_other_dataset(conflicting: Path, reelhouse: Run) -> None:
    for taken in ({"zzz": (1, 1, 0)}, {}):
        done = reelhouse("ingest", "--contracts", "c2", "--json")
        assert counts(done) == taken
        assert complaints(done) == [f"reelhouse: aaa: {said_of(conflicting)}"]
        assert done.document["conflicts"] == [
            {"dataset": "aaa", "field": "score", "message": said_of(conflicting)}
        ]
    ledger = sorted((conflicting / "data/lake/_ledger").glob("*.parquet"))
    assert len(ledger) == 4  # nothing was claimed that had to be given up


def test_a_source_of_it_that_is_named_stops_no_other(conflicting: Path, reelhouse: Run) -> None:
    sources = [f"--source=data/landing/{name}.csv" for name in ("aaa/2", "zzz/1")]
    done = reelhouse("ingest", *sources, "--contracts", "c2", "--json")
    assert counts(done) == {"zzz": (1, 1, 0)}
    complaints(done, "aaa: ", said_of(conflicting))


def test_a_dry_run_tells_of_it_before_the_run_does(conflicting: Path, reelhouse: Run) -> None:
    done = reelhouse("ingest", "--dry-run", "--contracts", "c2", "--json")
    assert counts(done) == {"zzz": (1, 1, 0)}
    complaints(done, "aaa: ", said_of(conflicting))
    assert [each["dataset"] for each in done.document["conflicts"]] == ["aaa"]
    (conflicting / "data/landing/aaa/2.csv").unlink()  # also where there is nothing new
    complaints(reelhouse("ingest", "aaa", "--dry-run", "--contracts", "c2"), said_of(conflicting))


def test_status_tells_of_it(conflicting: Path, reelhouse: Run) -> None:
    done = reelhouse("status", "--contracts", "c2", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.document["conflicts"] == [
        {"dataset": "aaa", "field": "score", "message": said_of(conflicting)}
    ]
    shown = reelhouse("status", "--contracts", "c2")
    assert shown.code == 0
    assert f"aaa: {said_of(conflicting)}\n" in shown.out
    assert reelhouse("status", "--contracts", "c1", "--json").document["conflicts"] == []


def test_doctor_tells_of_it(conflicting: Path, reelhouse: Run) -> None:
    done = reelhouse("doctor", "--contracts", "c2", "--json")
    assert done.code == 1
    (check,) = [each for each in done.document["checks"] if each["name"] == "tables"]
    assert check == {
        "name": "tables",
        "state": "failed",
        "text": f"aaa: {said_of(conflicting)}",
    }
    assert [each["field"] for each in done.document["conflicts"]] == ["score"]
    fitting = reelhouse("doctor", "--contracts", "c1", "--json")
    assert (fitting.code, fitting.document["conflicts"]) == (0, [])


def test_lint_tells_of_it_if_a_lake_is_named(conflicting: Path, reelhouse: Run) -> None:
    assert reelhouse("contracts", "lint", "--contracts", "c2").code == 0
    done = reelhouse("contracts", "lint", "--contracts", "c2", "--lake", "data/lake")
    assert (done.code, done.out) == (
        1,
        f"{said_of(conflicting)}\n5 contracts, 0 problems, 1 conflict\n",
    )
    found = reelhouse("contracts", "lint", "c2/aaa.odcs.yaml", "--lake", "data/lake", "--json")
    assert found.code == 1
    assert [each["field"] for each in found.document["conflicts"]] == ["score"]
    assert reelhouse("contracts", "lint", "c1/aaa.odcs.yaml", "--lake", "data/lake").code == 0
    missing = reelhouse("contracts", "lint", "--lake", "data/lke")
    assert (missing.code, "there is no lake at" in missing.err) == (1, True)


def test_a_replay_tells_of_it_before_it_claims_anything(conflicting: Path, reelhouse: Run) -> None:
    for flags in ([], ["--apply"]):
        done = reelhouse("quarantine", "replay", "aaa", "--contracts", "c2", *flags)
        assert done.err == f"reelhouse: {said_of(conflicting)}\n"
        assert done.code == 1
    assert reelhouse("status", "--json").document["open_batches"] == []


def test_the_case_of_a_column_is_one_too(conflicting: Path, reelhouse: Run) -> None:
    contract(conflicting / "c2", "aaa", SCORE.replace("score", "Score"))
    (line,) = complaints(reelhouse("ingest", "--contracts", "c2"))
    assert line == (
        f"reelhouse: aaa: c2/aaa.odcs.yaml:12: Score: the table {conflicting}/data/lake/aaa has "
        "the column score, and the contract says Score: a column can't change its case (call the "
        "field score, give it another name, or use another lake)"
    )


def test_the_partitioning_is_one_too_and_all_are_told(conflicting: Path, reelhouse: Run) -> None:
    contract(conflicting / "c2", "aaa", SCORE.replace("score", "Score") + DAY)
    found = complaints(reelhouse("ingest", "--contracts", "c2"), "aaa: c2/aaa.odcs.yaml")
    assert len(found) == 2
    assert "is partitioned by nothing, and the contract says day: a table can't" in found[1]


def test_a_table_of_others_in_the_place_of_the_quarantine_is_one_too(
    lake: Path, landing: Path, reelhouse: Run
) -> None:
    land_more(landing)
    shutil.rmtree(lake / "_quarantine/users")
    others = pa.table({"raw": [1], "Violations": ["x"]})
    write_deltalake(lake / "_quarantine/users", others)
    commit._kept.clear()
    done = reelhouse("ingest", "--json")
    assert set(counts(done)) == {"events", "videos"}
    assert complaints(done, f"the table {lake}/_quarantine/users") == [
        f"reelhouse: users: {name}: the table {lake}/_quarantine/users has {has}, and Reelhouse "
        f"writes {wanted}: a column can't change its {what} (move the table away, or use another "
        "lake)"
        for name, has, wanted, what in (
            ("raw", "integer", "string", "type"),
            ("violations", "the column Violations", "violations", "case"),
        )
    ]


def test_two_fields_or_datasets_that_differ_in_case_do_not_load(
    clean: Path, reelhouse: Run
) -> None:
    contract(clean / "c", "cities", SCORE + SCORE.replace("score", "SCORE"))
    contract(clean / "c", "Cities")
    done = reelhouse("contracts", "lint", "--contracts", "c", "--json")
    said = {Path(each["path"]).name: each["message"] for each in done.document["problems"]}
    assert said == {
        "Cities.odcs.yaml": 'the dataset\'s name is "Cities"',
        "cities.odcs.yaml": "there are two fields SCORE; engines do not tell case apart",
    }


# --- contracts that do not load


def broken(folder: Path, name: str = "ads") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.odcs.yaml").write_text("a: [\n")
    return folder


SAID = "ads: broken/ads.odcs.yaml:2: it is not YAML"


def test_a_broken_contract_stops_no_other_dataset(landing: Path, reelhouse: Run) -> None:
    broken(Path("broken"))
    (landing / "ads").mkdir()
    (landing / "ads/1.csv").write_text("id\n1\n")
    for flags in (["--dry-run"], []):
        done = reelhouse("ingest", "--contracts", "broken", "--json", *flags)
        assert counts(done) == COUNTS
        assert len(complaints(done, SAID)) == 1
    named = reelhouse("ingest", "--source=data/landing/ads/1.csv", "--contracts", "broken")
    complaints(named, SAID)
    others = reelhouse("ingest", "users", "videos", "--contracts", "broken")
    assert (others.code, others.err) == (0, "")


@pytest.mark.parametrize(
    "command", ["status", "contracts list", "ingest", "ingest ads users", "ingest --dry-run"]
)
def test_a_broken_contract_is_told(lake: Path, reelhouse: Run, command: str) -> None:
    done = reelhouse(*command.split(), "--contracts", broken(Path("broken")))
    complaints(done, SAID.removeprefix("ads: "))
    assert "users" in done.out or "ingest" in command


@pytest.mark.parametrize(
    "command",
    ["quarantine replay ads", "contracts show ads", "quarantine replay ads --apply", "watch ads"],
)
def test_what_needs_a_broken_contract_fails_by_it(lake: Path, reelhouse: Run, command: str) -> None:
    done = reelhouse(*command.split(), "--contracts", broken(Path("broken")))
    complaints(done, "broken/ads.odcs.yaml:2: it is not YAML")


@pytest.mark.parametrize(
    "command",
    ["quarantine list", "quarantine show users", "quarantine replay users", "compact"],
)
def test_what_needs_no_broken_contract_goes_on(lake: Path, reelhouse: Run, command: str) -> None:
    done = reelhouse(*command.split(), "--contracts", broken(Path("broken")))
    assert (done.code, done.err) == (0, "")


def test_a_broken_contract_does_not_fall_back_on_the_shipped_one(
    landing: Path, reelhouse: Run
) -> None:
    done = reelhouse("ingest", "--contracts", broken(Path("broken"), "users"), "--json")
    assert set(counts(done)) == {"events", "videos"}
    complaints(done, "users: broken/users.odcs.yaml:2: it is not YAML")
    assert [each["waiting"] for each in status_of(reelhouse, "--contracts", "broken")] == [0, 1, 0]


def test_a_folder_in_a_contracts_place_is_told(landing: Path, reelhouse: Run) -> None:
    Path("broken/ads.odcs.yaml").mkdir(parents=True)
    done = reelhouse("ingest", "--contracts", "broken", "--json")
    assert counts(done) == COUNTS
    complaints(done, "broken/ads.odcs.yaml:1: the file can't be read: Is a directory")


def status_of(reelhouse: Run, *flags: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = reelhouse("status", "--json", *flags).document["datasets"]
    return found


# --- tables that are damaged


def entry(table: Path) -> Path:
    return table / "_delta_log" / f"{1:020}.json"


def noise(table: Path) -> None:
    entry(table).write_bytes(b"\0noise\n")


def cut_off(table: Path) -> None:
    entry(table).write_bytes(entry(table).read_bytes()[:-20])


def gap(table: Path) -> None:
    entry(table).write_text("{}\n")
    entry(table).rename(entry(table).with_name(f"{7:020}.json"))


def folder_for_entry(table: Path) -> None:
    entry(table).unlink()
    entry(table).mkdir()
    (table / "_delta_log" / f"{2:020}.json").write_text("{}\n")


def file_for_log(table: Path) -> None:
    shutil.rmtree(table / "_delta_log")
    (table / "_delta_log").write_text("no folder")


def file_for_table(table: Path) -> None:
    shutil.rmtree(table)
    table.write_text("no folder")


def lost_checkpoint(table: Path) -> None:
    (table / "_delta_log/_last_checkpoint").write_text('{"version": 1, "size": 5}')


def newer_protocol(table: Path) -> None:
    first = table / "_delta_log" / f"{0:020}.json"
    text = first.read_text()
    assert '"minReaderVersion": 1' in text
    first.write_text(text.replace('"minReaderVersion": 1', '"minReaderVersion": 99'))


DAMAGES = (
    noise,
    cut_off,
    gap,
    folder_for_entry,
    file_for_log,
    file_for_table,
    lost_checkpoint,
    newer_protocol,
)
Damage = Callable[[Path], None]


def spoil(table: Path, damage: Damage) -> None:
    """Damage a table, which each command then opens as a process of its own would."""
    damage(table)
    commit._kept.clear()


@pytest.mark.parametrize("table", ["users", "_quarantine/users"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_table_stops_no_other_dataset(
    lake: Path, landing: Path, reelhouse: Run, damage: Damage, table: str
) -> None:
    land_more(landing)
    spoil(lake / table, damage)
    others = {name: COUNTS[name] for name in ("events", "videos")}
    for flags in (["--dry-run"], []):
        done = reelhouse("ingest", "--json", *flags)
        assert counts(done) == others
        complaints(done, "users: ", str(lake / table))
    assert [each["waiting"] for each in status_of(reelhouse)] == [0, 1, 0]
    complaints(reelhouse("status"), "users: ", str(lake / table))
    compacted = reelhouse("compact", "--json")
    complaints(compacted, "users: ", str(lake / table))
    assert {each["dataset"] for each in compacted.document["tables"]} >= {"events", "videos"}
    linted = reelhouse("contracts", "lint", "--lake", lake)
    complaints(linted, "users: ", str(lake / table))
    checked = reelhouse("doctor", "--json")
    (check,) = [each for each in checked.document["checks"] if each["name"] == "tables"]
    assert (checked.code, check["state"]) == (1, "failed")
    assert str(lake / table) in check["text"]
    assert len(check["text"].splitlines()) == 1
    complaints(reelhouse("quarantine", "replay", "users"), str(lake / table))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_quarantine_hides_no_other(lake: Path, reelhouse: Run, damage: Damage) -> None:
    spoil(lake / "_quarantine/users", damage)
    listed = reelhouse("quarantine", "list", "--json")
    assert {each["dataset"] for each in listed.document["reasons"]} == {"events", "videos"}
    for done in (
        listed,
        reelhouse("quarantine", "list"),
        reelhouse("quarantine", "show", "users"),
        reelhouse("quarantine", "export", "users", "out.jsonl"),
    ):
        complaints(done, "_quarantine/users")


@pytest.mark.parametrize("content", [None, b"", b"noise", "cut"])
def test_damaged_files_of_one_dataset_are_told(
    lake: Path, landing: Path, reelhouse: Run, content: bytes | str | None
) -> None:
    land_more(landing)
    assert reelhouse("ingest").code == 0
    for table in ("users", "_quarantine/users"):
        for path in (lake / table).rglob("*.parquet"):
            data = path.read_bytes()[:-30] if content == "cut" else content
            path.unlink()
            if isinstance(data, bytes):
                path.write_bytes(data)
    listed = reelhouse("quarantine", "list", "--json")
    assert {each["dataset"] for each in listed.document["reasons"]} == {"events", "videos"}
    complaints(listed, "users: ")
    for command in ("quarantine show users", "quarantine replay users"):
        complaints(reelhouse(*command.split()))
    compacted = reelhouse("compact", "--json")
    complaints(compacted, "users: ")
    assert {each["dataset"] for each in compacted.document["tables"]} >= {"events", "videos"}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_ledger_is_told_once(
    lake: Path, landing: Path, reelhouse: Run, damage: Damage
) -> None:
    land_more(landing)
    spoil(lake / "_ledger", damage)
    for command in ("ingest", "ingest --dry-run", "compact", "quarantine list", "status"):
        done = reelhouse(*command.split(), "--json")
        assert len(complaints(done, str(lake / "_ledger"))) == 1
    assert len(complaints(reelhouse("quarantine", "replay", "users"), "_ledger")) == 1
