"""`reelhouse contracts`."""

from importlib.resources import files
from pathlib import Path

from tests.cli.conftest import Run

OWN = """\
apiVersion: v3.1.0
kind: DataContract
id: ads
version: 2.0.0
status: active
schema:
  - name: ads
    customProperties:
      - {property: format, value: jsonl}
    properties:
      - {name: ad_id, logicalType: integer, required: true, description: Which ad.}
      - {name: note, logicalType: string}
"""


def own(folder: Path, text: str = OWN) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "ads.odcs.yaml").write_text(text)
    return folder


def test_the_shipped_contracts_are_listed(reelhouse: Run) -> None:
    shipped = files("reelhouse") / "contracts"
    shown = reelhouse("contracts", "list").out
    for dataset in ("events", "users", "videos"):
        assert f"{shipped / f'{dataset}.odcs.yaml'}\n" in shown
    found = reelhouse("contracts", "list", "--json").document["contracts"]
    assert [(each["dataset"], each["format"], each["partitions"]) for each in found] == [
        ("events", "jsonl", ["event_date"]),
        ("users", "csv", ["country"]),
        ("videos", "csv", ["created_month"]),
    ]


def test_contracts_of_ones_own_are_added(clean: Path, reelhouse: Run) -> None:
    own(clean / "mine")
    found = reelhouse("contracts", "list", "--contracts", "mine", "--json").document["contracts"]
    assert {each["dataset"]: each["version"] for each in found}["ads"] == "2.0.0"
    assert len(found) == 4
    (clean / "reelhouse.toml").write_text('contracts = "mine"')
    assert "ads" in reelhouse("contracts", "list").out


def test_a_contract_is_shown(clean: Path, reelhouse: Run) -> None:
    shown = reelhouse("contracts", "show", "events").out
    assert "one of created, viewed, like, dislike, commented, add_tags, remove_tags, share" in shown
    assert "minimum -90; maximum 90" in shown
    own(clean / "mine")
    found = reelhouse("contracts", "show", "ads", "--contracts", "mine", "--json").document
    assert found == {
        "dataset": "ads",
        "version": "2.0.0",
        "format": "jsonl",
        "fields": [
            {
                "field": "ad_id",
                "type": "integer",
                "required": True,
                "rules": "",
                "description": "Which ad.",
            },
            {"field": "note", "type": "string", "required": False, "rules": "", "description": ""},
        ],
    }


def test_lint_finds_nothing_in_the_shipped_contracts(reelhouse: Run) -> None:
    done = reelhouse("contracts", "lint")
    assert (done.code, done.out) == (0, "3 contracts, 0 problems\n")


def test_lint_tells_each_mistake_with_its_line(clean: Path, reelhouse: Run) -> None:
    own(clean / "mine", OWN.replace("integer", "integr").replace("string}", "strng}"))
    done = reelhouse("contracts", "lint", "--contracts", "mine")
    assert done.code == 1
    *problems, last = done.out.splitlines()
    assert last == "4 contracts, 2 problems"
    assert [problem.split(": ")[0] for problem in problems] == [
        "mine/ads.odcs.yaml:11",
        "mine/ads.odcs.yaml:12",
    ]
    found = reelhouse("contracts", "lint", "mine/ads.odcs.yaml", "--json")
    assert found.code == 1
    assert found.document["files"] == ["mine/ads.odcs.yaml"]
    assert [each["line"] for each in found.document["problems"]] == [11, 12]
    assert all(each["mend"] for each in found.document["problems"])


def test_lint_of_a_file_that_is_not_there(reelhouse: Run) -> None:
    done = reelhouse("contracts", "lint", "gone.odcs.yaml")
    assert done.code == 1
    assert "gone.odcs.yaml" in done.out + done.err
    assert "Traceback" not in done.err
