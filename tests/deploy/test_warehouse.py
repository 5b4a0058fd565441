"""What deploys the warehouses: Terraform and SQL that fit what the product asks for."""

import re
from pathlib import Path

import pytest

from deploy.package import ROOT
from reelhouse.contract.registry import load_all
from reelhouse.warehouse.load import OPEN, landing_sql, load_sql
from tests.deploy.terraform import expressions, read

BIGQUERY, SNOWFLAKE = ROOT / "deploy/bigquery", ROOT / "deploy/snowflake"


def test_each_variable_of_the_terraform_is_described_and_used() -> None:
    module = read(BIGQUERY)
    declared = module.named("variable")
    used = [
        each
        for file in module.files
        for key, value in file.items()
        if key != "variable"
        for each in expressions(value)
    ]
    text = " ".join(map(str, used)) + (BIGQUERY / "main.tf").read_text()
    assert len(declared) == 5
    for name in declared:
        assert f"var.{name}" in text, name
    assert (BIGQUERY / "variables.tf").read_text().count("description") == len(declared)


def test_the_schemas_are_those_of_the_product() -> None:
    from typing import get_args

    from reelhouse.warehouse.tables import Schema

    (listed,) = re.findall(r"datasets = toset\(\[(.*?)\]\)", (BIGQUERY / "main.tf").read_text())
    assert re.findall(r'"(\w+)"', listed) == list(get_args(Schema))


def test_the_integrations_are_those_that_the_loads_ask_for() -> None:
    setup = (SNOWFLAKE / "setup.sql").read_text()
    for name in ("REELHOUSE_STORAGE", "REELHOUSE_LANDED", "REELHOUSE_ERRORS"):
        assert re.search(rf"CREATE \w+ INTEGRATION IF NOT EXISTS {name}\b", setup)
        assert f"GRANT USAGE ON INTEGRATION {name} TO ROLE REELHOUSE_BUILDER;" in setup
    asked = {
        name
        for contract in load_all().values()
        for sql in (*landing_sql([contract], "snowflake"), *load_sql(contract, "snowflake"))
        for name in OPEN.findall(sql)
    }
    assert asked == {"landing", "bucket", "integration", "notification", "errors"}


@pytest.mark.parametrize("folder", [BIGQUERY, SNOWFLAKE], ids=lambda path: path.name)
def test_what_no_emulator_can_tell_is_asked_of_the_service(folder: Path) -> None:
    statements = [
        each for each in (folder / "verify.sql").read_text().split(";\n") if "SELECT" in each
    ]
    assert len(statements) >= 11
    for what in ("control character", "brackets", "n-th match", "billionths", "hash", "order"):
        assert any(what in each for each in statements), what
    assert "verify.sql" in (folder / "README.md").read_text()


def test_loads_by_pipe_and_by_copy_are_told_apart() -> None:
    contracts = load_all()
    texts = {name: "\n".join(load_sql(each, "snowflake")) for name, each in contracts.items()}
    assert "COPY INTO" in texts["events"]
    assert "COPY INTO" not in texts["users"] + texts["videos"]
    landing = "\n".join(landing_sql(contracts.values(), "snowflake"))
    assert landing.count("AUTO_INGEST = TRUE") == 2
    assert landing.count("ON_ERROR = SKIP_FILE") == 2
    for option in ("ESCAPE_UNENCLOSED_FIELD = NONE", "NULL_IF = ()", "TRIM_SPACE = FALSE"):
        assert option in landing
    loads = "\n".join(load_sql(contracts["events"], "bigquery"))
    assert "LOAD DATA OVERWRITE TEMP TABLE one_source" in loads
    assert loads.count("BEGIN TRANSACTION") == loads.count("COMMIT TRANSACTION") == 2
