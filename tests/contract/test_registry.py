"""Which contracts there are: those shipped, and a user's own."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from reelhouse.contract.model import Contract, Field, Partition, Type
from reelhouse.contract.odcs import SUFFIX, ContractError, load, problems
from reelhouse.contract.registry import SHIPPED, contract_files, load_all
from reelhouse.errors import ReelhouseError

CLICKS = """\
apiVersion: v3.1.0
kind: DataContract
id: clicks
version: 2.0.0
status: active
schema:
  - name: {name}
    customProperties:
      - {{property: format, value: jsonl}}
    properties:
      - {{name: page, logicalType: string, required: true}}
"""
CASES = Path(__file__).parents[1] / "conformance" / "contracts"


def own(folder: Path, name: str, text: str = CLICKS) -> Path:
    path = folder / f"{name}{SUFFIX}"
    path.write_text(text.format(name=name))
    return path


def test_the_shipped_contracts_are_those_of_the_site() -> None:
    assert sorted(load_all()) == ["events", "users", "videos"]


def test_a_users_contract_is_added_to_those_shipped(tmp_path: Path) -> None:
    own(tmp_path, "clicks")
    found = load_all(tmp_path)
    assert sorted(found) == ["clicks", "events", "users", "videos"]
    assert found["clicks"].fields == (Field("page", Type.STRING, required=True),)
    assert found["clicks"].path == str(tmp_path / f"clicks{SUFFIX}")


def test_a_users_contract_replaces_a_shipped_one_of_its_name(tmp_path: Path) -> None:
    path = own(tmp_path, "events")
    found = load_all(tmp_path)
    assert found["events"].version == "2.0.0"
    assert path in contract_files(tmp_path)
    assert SHIPPED / f"events{SUFFIX}" not in contract_files(tmp_path)


def test_other_files_in_a_users_folder_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "notes.yaml").write_text("no contract")
    assert sorted(load_all(tmp_path)) == ["events", "users", "videos"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    for folder in (tmp_path / "missing", own(tmp_path, "clicks")):
        with pytest.raises(ReelhouseError, match=f"{folder.name} is not there"):
            load_all(folder)


def test_the_mistakes_of_all_contracts_are_told_at_once(tmp_path: Path) -> None:
    own(tmp_path, "clicks", CLICKS.replace("string", "text"))
    own(tmp_path, "sales", CLICKS.replace("jsonl", "yaml"))
    with pytest.raises(ContractError) as raised:
        load_all(tmp_path)
    assert [(each.path.name, each.line) for each in raised.value.problems] == [
        (f"clicks{SUFFIX}", 11),
        (f"sales{SUFFIX}", 9),
    ]


@pytest.mark.parametrize(
    "path",
    [*sorted(SHIPPED.glob(f"*{SUFFIX}")), *sorted(CASES.glob(f"*{SUFFIX}"))],
    ids=lambda path: path.name.removesuffix(SUFFIX),
)
def test_contracts_are_clean_under_datacontract_lint(path: Path) -> None:
    command = Path(sys.executable).with_name("datacontract")
    done = subprocess.run([command, "lint", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Data contract is valid" in done.stdout


# --- the shipped contracts, as the documentation has them

EVENT_TYPES = (
    *("created", "viewed", "like", "dislike", "commented", "add_tags", "remove_tags", "share"),
)

SHIPPED_CONTRACTS = {
    "videos": Contract(
        dataset="videos",
        version="1.0.0",
        format="csv",
        fields=(
            Field("id", Type.INTEGER, required=True, primary_key=True, minimum=0),
            Field("name", Type.STRING, required=True),
            Field("url", Type.STRING, required=True, format="http-url"),
            Field("creation_timestamp", Type.TIMESTAMP, required=True, epoch_unit=1_000_000),
            Field("creator_id", Type.INTEGER, required=True, minimum=0, references=("users", "id")),
            Field("private", Type.BOOLEAN, required=True),
        ),
        partitions=(Partition("created_month", "creation_timestamp", "month"),),
        sort=("creation_timestamp",),
    ),
    "users": Contract(
        dataset="users",
        version="1.0.0",
        format="csv",
        fields=(
            Field("id", Type.INTEGER, required=True, primary_key=True, minimum=0),
            Field("fname", Type.STRING, required=True),
            Field("lname", Type.STRING, required=True),
            Field("email", Type.STRING, required=True, format="email"),
            Field("country", Type.STRING, required=True, pattern="^[A-Z]{2}$"),
            Field("subscription", Type.BOOLEAN, required=True),
            Field(
                "categories",
                Type.ARRAY,
                item=Field("categories", Type.STRING, required=True),
                separator=";",
            ),
            Field("updated_at", Type.TIMESTAMP, epoch_unit=1_000_000),
        ),
        partitions=(Partition("country", "country"),),
        sort=("id",),
    ),
    "events": Contract(
        dataset="events",
        version="1.0.0",
        format="jsonl",
        fields=(
            Field("user_id", Type.INTEGER, required=True, minimum=0, references=("users", "id")),
            Field("video_id", Type.INTEGER, required=True, minimum=0, references=("videos", "id")),
            Field("event", Type.STRING, required=True, valid_values=EVENT_TYPES),
            Field("timestamp", Type.TIMESTAMP, required=True, epoch_unit=1_000_000),
            Field("comment", Type.STRING),
            Field("tags", Type.ARRAY, item=Field("tags", Type.STRING, required=True)),
            Field("latitude", Type.NUMBER, minimum=-90, maximum=90),
            Field("longitude", Type.NUMBER, minimum=-180, maximum=180),
        ),
        partitions=(Partition("event_date", "timestamp", "date"),),
        sort=("timestamp",),
        envelope_key="events",
    ),
}


@pytest.mark.parametrize("name", SHIPPED_CONTRACTS)
def test_a_shipped_contract_has_exactly_these_fields_and_partitions(name: str) -> None:
    found, expected = load_all()[name], SHIPPED_CONTRACTS[name]
    assert all(field.description for field in found.fields)
    assert found.description
    assert [_without_words(each) for each in found.fields] == list(expected.fields)
    for what in ("version", "format", "partitions", "sort", "multiline", "envelope_key"):
        assert getattr(found, what) == getattr(expected, what), what


@pytest.mark.parametrize("name", SHIPPED_CONTRACTS)
def test_a_shipped_contract_passes_the_checks_that_are_left_out_for_it(name: str) -> None:
    path = SHIPPED / f"{name}{SUFFIX}"
    assert not problems(path)
    assert load(path) == load(path, checked=True) == load_all()[name]


def _without_words(field: Field) -> Field:
    return Field(**{**vars(field), "description": ""})


def test_the_lake_of_a_contract_has_its_fields_and_what_is_added() -> None:
    schema = load_all()["users"].lake_schema()
    assert [(each.name, each.type) for each in schema] == [
        ("id", pa.int64()),
        ("fname", pa.string()),
        ("lname", pa.string()),
        ("email", pa.string()),
        ("country", pa.string()),
        ("subscription", pa.bool_()),
        ("categories", pa.list_(pa.field("element", pa.string()))),
        ("updated_at", pa.timestamp("us", "UTC")),
        ("_extra", pa.string()),
        ("_source", pa.string()),
        ("_ingested_at", pa.timestamp("us", "UTC")),
        ("_batch_id", pa.string()),
    ]
    assert load_all()["events"].lake_schema().field("event_date").type == pa.date32()
    assert load_all()["videos"].lake_schema().field("created_month").type == pa.string()
