"""`--json`: stdout is one document and nothing else, whatever happens."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

NOTICES = ("strays", "linked", "broken_links", "contracts_passed_over")
KEYS = {
    "ingest": {"batches", "conflicts", *NOTICES},
    "ingest --dry-run": {"batches", "conflicts", *NOTICES},
    "status": {"lake", "datasets", "open_batches", "conflicts", *NOTICES},
    "doctor": {"checks", "conflicts", *NOTICES},
    "version": {"version"},
    "contracts list": {"contracts", "contracts_passed_over"},
    "contracts show events": {"dataset", "version", "format", "fields"},
    "contracts lint": {"files", "problems", "conflicts", "contracts_passed_over"},
    "quarantine list": {"reasons"},
    "quarantine show events": {"dataset", "records"},
    "quarantine export events out.jsonl": {"dataset", "file", "records"},
    "quarantine replay events": {
        *("dataset", "contract_version", "applied", "batch_id"),
        *("records", "valid", "still_invalid", "reasons"),
    },
    "generate made --events 50": {
        *("files", "users", "videos", "events", "user_updates", "broken"),
    },
}


def test_each_command_prints_one_document(lake: Path, reelhouse: Run) -> None:
    for command, keys in KEYS.items():
        done = reelhouse(*command.split(), "--json")
        assert done.code == 0
        assert set(done.document) == keys
        assert done.err == ""


@pytest.mark.parametrize("command", [each for each in KEYS if each != "version"])
def test_each_command_prints_its_document_when_it_fails(
    clean: Path, reelhouse: Run, command: str
) -> None:
    (clean / "reelhouse.toml").write_text("lake = 1")
    (clean / "made").touch()
    done = reelhouse(*command.split(), "--json")
    assert done.code in (1, 2)
    assert set(done.document) == KEYS[command]
    assert done.err.startswith("reelhouse: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["ingest", "--nope"], ["nope"], ["quarantine", "show"], ["demo", "--events", "x"]]
)
def test_wrong_flags_leave_a_document_too(reelhouse: Run, arguments: list[str]) -> None:
    done = reelhouse(*arguments, "--json")
    assert (done.code, done.document) == (2, {})
    assert "Usage" in done.err


def test_names_that_the_terminal_lacks(landing: Path, process: Run) -> None:
    (landing / "users/é.csv").write_bytes((landing / "users/a.csv").read_bytes())
    done = process("ingest", "users", "--json", PYTHONIOENCODING="ascii")
    uris = [source["uri"] for source in done.document["batches"][0]["sources"]]
    assert str(landing / "users/é.csv") in uris
    shown = process("quarantine", "show", "users", PYTHONIOENCODING="ascii")
    assert shown.code == 0
    assert "\\xe9.csv" in shown.out
    assert process("quarantine", "list", PYTHONIOENCODING="ascii").code == 0
