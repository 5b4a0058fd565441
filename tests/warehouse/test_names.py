"""A contract may use any name: it is told that it can't have a warehouse, or it has a right one."""

import json
import re
from pathlib import Path

import pytest

import reelhouse as rh
from reelhouse.contract.registry import load_all
from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.project import Project

NAME = re.compile(r"(?:\bas\s+|[.\s(,])\"?([a-z_][a-z0-9_]*)\"?", re.IGNORECASE)

CONTRACT = """\
apiVersion: v3.0.2
kind: DataContract
id: urn:test:{dataset}
version: 1.0.0
status: active
schema:
  - name: {dataset}
    physicalName: {dataset}
    properties:
{fields}
    customProperties:
      - {{property: format, value: {format}}}
"""


def field(name: str, more: str = "logicalType: string") -> str:
    return f"      - {{name: {json.dumps(name)}, {more}}}\n"


def internal_names() -> list[str]:
    """All words that stand in the SQL of the shipped contracts: whatever a name could meet."""
    project = Project(load_all())
    words: dict[str, None] = {}
    texts = [model.text for model in project.models] + [check.text for check in project.checks]
    for text in texts:
        words |= dict.fromkeys(NAME.findall(text))
    for table in project.tables:
        words |= dict.fromkeys([table.name, *table.column_names])
    return [*words]


def contracts_of(folder: Path, dataset: str, fields: list[str], key: bool) -> Path:
    """Write a contract with these texts as fields; a dimension if it has a key, else a fact."""
    folder.mkdir(exist_ok=True)
    first = field("my_number", "logicalType: integer" + (", primaryKey: true" * key))
    text = CONTRACT.format(
        dataset=dataset,
        fields=first + "".join(map(field, fields)),
        format="csv" if key else "jsonl",
    )
    (folder / f"{dataset}.odcs.yaml").write_text(text)
    return folder


def told(contracts: Path) -> bool:
    """Whether it is said that these contracts can't have a warehouse."""
    try:
        _ = Project(rh.load_contracts(contracts)).tables
    except ReelhouseError:
        return True
    return False


def test_the_words_of_the_sql_are_found() -> None:
    found = internal_names()
    assert {"place", "numbered", "change_id", "_reasons", "valid_from", "load_id"} <= {*found}
    assert len(found) > 200


@pytest.mark.parametrize("key", [True, False], ids=["dimension", "fact"])
def test_any_word_of_the_sql_may_be_a_field(key: bool, tmp_path: Path) -> None:
    good = [
        name
        for number, name in enumerate(internal_names())
        if not told(contracts_of(tmp_path / str(number), "gadgets", [name], key))
    ]
    assert len(good) > 150
    contracts = contracts_of(tmp_path / "all", "gadgets", good, key)
    landing = tmp_path / "landing/gadgets"
    landing.mkdir(parents=True)
    rows = [{"my_number": n, **{name: f"{name} {n}" for name in good}} for n in (1, 2, 2)]
    if key:
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        (landing / "a.csv").write_text("\n".join(lines) + "\nx\n")
    else:
        (landing / "a.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n{\n")
    warehouse = rh.Warehouse("duckdb", database=tmp_path / "w.duckdb", contracts=contracts)
    run = warehouse.run(tmp_path / "landing")
    run.raise_for_checks()
    assert run.build is not None
    (source,) = [each for each in run.build.sources if each.dataset == "gadgets"]
    assert (source.records, source.in_core, source.in_errors, source.duplicates) == (4, 2, 1, 1)
    table = "core.dim_gadget" if key else "core.fct_gadget"
    names = ", ".join(f'"{name}"' for name in good)
    found = warehouse.query(
        f'select {names} from {table} where "my_number" is not null order by "my_number"'
    ).rows
    assert found == [tuple(f"{name} {n}" for name in good) for n in (1, 2)]


@pytest.mark.parametrize(
    ("dataset", "fields", "said"),
    [
        ("gadgets", ["_mine"], "an ASCII letter"),
        ("gadgets", ["valid_from"], "core.dim_gadget would have two columns valid_from: rename a"),
        ("gadgets", ["user", "User"], "User"),
        ("user", [], r"two tables would be core\.\w+: .*Rename a dataset or a field"),
        ("users__cell", [], r"two tables would be staging\.users__cell: "),
    ],
)
def test_what_can_have_no_warehouse_is_told(
    dataset: str, fields: list[str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ReelhouseError, match=said):
        _ = Project(rh.load_contracts(contracts_of(tmp_path / "c", dataset, fields, True))).tables


def test_a_fact_that_names_one_dimension_twice_meets_it_twice(tmp_path: Path) -> None:
    contracts = contracts_of(tmp_path / "contracts", "gadgets", ["label"], True)
    to = "logicalType: integer, relationships: [{to: gadgets.my_number}]"
    text = CONTRACT.format(
        dataset="swaps",
        fields=field("given_id", to) + field("taken_id", to) + field("missed", to),
        format="jsonl",
    )
    (contracts / "swaps.odcs.yaml").write_text(text)
    for name, lines in {
        "gadgets/a.csv": ["my_number,label", "1,one", "2,two"],
        "swaps/a.jsonl": [json.dumps({"given_id": 1, "taken_id": 2, "missed": 3})],
    }.items():
        (tmp_path / "landing" / name).parent.mkdir(parents=True)
        (tmp_path / "landing" / name).write_text("\n".join(lines) + "\n")
    warehouse = rh.Warehouse("duckdb", database=tmp_path / "w.duckdb", contracts=contracts)
    run = warehouse.run(tmp_path / "landing")
    run.raise_for_checks()
    assert {"fct_swap_gadget_key", "fct_swap_taken_key", "fct_swap_missed_key"} <= {
        check.name for check in run.checks
    }
    rows = warehouse.query(
        "select g.label, t.label, s.missed_key from core.fct_swap s "
        "join core.dim_gadget g using (gadget_key) "
        "join core.dim_gadget t on t.gadget_key = s.taken_key"
    ).rows
    assert rows == [("one", "two", "unknown")]
