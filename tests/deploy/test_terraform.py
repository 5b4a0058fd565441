"""The Terraform of both clouds: read without Terraform, and by Terraform where it is installed.

`provider_schemas.json` says what arguments and attributes the providers have, in the versions that
it names; a type ends in `!` where an argument must be given.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.package import ROOT
from tests.deploy.terraform import (
    META,
    WORD,
    Block,
    Module,
    expressions,
    is_block,
    parts,
    plain,
    read,
)

CLOUDS = ("gcp", "aws")
SCHEMAS = json.loads(Path(__file__).with_name("provider_schemas.json").read_text())
TERRAFORM = shutil.which("terraform") or shutil.which("tofu")
BUILTIN = {"var", "local", "data", "each", "count", "path", "module", "self", "terraform"}

needs_terraform = pytest.mark.skipif(
    TERRAFORM is None, reason="neither terraform nor tofu is installed"
)


@pytest.fixture(params=CLOUDS, scope="module")
def module(request: pytest.FixtureRequest) -> Module:
    return read(ROOT / "deploy" / request.param)


def schema_of(block: Block) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMAS[block.kind][block.type]
    return found


# --- that it is right


def test_every_variable_is_declared_used_and_described(module: Module) -> None:
    declared = module.named("variable")
    # a check may name its own variable: that is no use of it
    elsewhere = [
        each
        for file in module.files
        for key, value in file.items()
        if key != "variable"
        for each in expressions(value)
    ]
    used = {name for each in elsewhere for name in re.findall(rf"\bvar\.({WORD})", each)}
    assert used == set(declared)
    assert all(each.get("description") for each in declared.values())
    assert all("type" in each for each in declared.values())


def test_every_local_value_is_declared_and_used(module: Module) -> None:
    assert module.referred(rf"local\.({WORD})") == set(module.locals)


def test_every_output_is_described(module: Module) -> None:
    assert all(each.get("description") for each in module.named("output").values())


def test_every_reference_leads_to_a_block_and_an_attribute_that_it_has(module: Module) -> None:
    blocks = {each.address: each for each in module.blocks}
    providers = "|".join(sorted({each.type.partition("_")[0] for each in module.blocks}))
    pattern = re.compile(
        rf"(?<![\w.])((?:data\.)?(?:{providers})_\w+\.{WORD})(?:\[[^\]]*\])?(?:\.({WORD}))?"
    )
    found = [match for each in module.expressions for match in pattern.finditer(each)]
    assert found
    for match in found:
        assert match[1] in blocks, match[0]
        if match[2]:
            schema = schema_of(blocks[match[1]])
            assert match[2] in {*schema["attributes"], *schema["arguments"]}, match[0]


def test_a_block_that_may_be_there_more_than_once_is_referred_to_by_its_key(
    module: Module,
) -> None:
    for each in module.blocks:
        counted = "count" in each.body or "for_each" in each.body
        name = re.escape(each.address)
        for expression in module.expressions:
            for after in re.findall(rf"(?<![\w.]){name}(?![\w-])(.?)", expression):
                if counted and after == ".":
                    pytest.fail(f"{each.address} has no key in {expression}")
                if not counted and after == "[":
                    pytest.fail(f"{each.address} has a key in {expression}")


def test_arguments_and_blocks_are_those_that_the_provider_has(module: Module) -> None:
    for block in module.blocks:
        body = {name: value for name, value in block.body.items() if name not in META}
        check_body(block.address, body, schema_of(block)["arguments"])


def check_body(place: str, body: dict[str, Any], schema: dict[str, Any]) -> None:
    given = set()
    for name, value, made_as_block in parts(body):
        where = f"{place}.{name}"
        assert name in schema, f"{where}: there is no such argument"
        nested = schema[name] if isinstance(schema[name], dict) else {}
        inner = next((of for key, of in nested.items() if key.startswith("block")), None)
        assert made_as_block == (inner is not None), f"{where}: is it a block, or an argument?"
        if inner is not None:
            for each in value:
                check_body(where, each, inner)
        given.add(name)
    for name, kind in schema.items():
        if required(kind):
            assert name in given, f"{place}.{name} is missing"


def required(kind: Any) -> bool:
    return any(each.endswith("!") for each in kind) if isinstance(kind, dict) else kind[-1] == "!"


def test_the_check_of_arguments_finds_what_is_wrong() -> None:
    schema = {"name": "string!", "rule": {"block!": {"age": "number!"}}, "labels": "map"}
    mark = {"__is_block__": True}
    right = {"name": '"x"', "rule": [{"age": 1, **mark}], "labels": {"a": 1}}
    check_body("right", right, schema)
    for wrong, said in (
        ({**right, "nmae": '"x"'}, "no such argument"),
        ({"rule": right["rule"]}, "name is missing"),
        ({"name": '"x"'}, "rule is missing"),
        ({**right, "rule": [mark]}, "age is missing"),
        ({**right, "rule": {"age": 1}}, "a block, or an argument"),
        ({**right, "labels": [{"a": 1, **mark}]}, "a block, or an argument"),
    ):
        with pytest.raises(AssertionError, match=said):
            check_body("wrong", wrong, schema)


@needs_terraform
@pytest.mark.parametrize("cloud", CLOUDS)
def test_terraform_finds_the_files_well_formatted(cloud: str) -> None:
    done = terraform("fmt", "-check", "-diff", folder=ROOT / "deploy" / cloud)
    assert done.returncode == 0, done.stdout


@needs_terraform
@pytest.mark.parametrize("cloud", CLOUDS)
def test_terraform_finds_the_files_valid(cloud: str, tmp_path: Path) -> None:
    for path in (ROOT / "deploy" / cloud).glob("*.tf"):
        shutil.copy(path, tmp_path)
    begun = terraform("init", "-backend=false", "-input=false", folder=tmp_path)
    if "registry" in begun.stderr and begun.returncode != 0:
        pytest.skip("Terraform's registry, which has the providers, can't be reached")
    assert begun.returncode == 0, begun.stderr
    done = terraform("validate", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def terraform(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    assert TERRAFORM
    return subprocess.run(
        [TERRAFORM, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


# --- that it is safe


def test_no_statement_allows_more_than_named_actions_on_named_things() -> None:
    module = read(ROOT / "deploy/aws")
    statements = [
        statement
        for document in module.of("aws_iam_policy_document").values()
        for statement in document.body["statement"]
    ]
    assert len(statements) > 10
    for each in statements:
        if plain(each.get("effect", '"Allow"')) == "Deny":
            continue
        assert not [action for action in each["actions"] if "*" in action], each
        assert '"*"' not in each.get("resources", []), each
        for principal in each.get("principals", []):
            assert "*" not in map(plain, principal["identifiers"]), each


def test_every_role_on_google_cloud_is_one_of_the_least() -> None:
    module = read(ROOT / "deploy/gcp")
    granted = {
        plain(each.body["role"])
        for each in module.blocks
        if each.type.endswith("_iam_member") and "each." not in each.body["role"]
    }
    granted |= {"roles/artifactregistry.writer", "roles/logging.logWriter"}
    assert granted == {
        "roles/artifactregistry.writer",
        "roles/dataproc.worker",
        "roles/eventarc.eventReceiver",
        "roles/logging.logWriter",
        "roles/pubsub.publisher",
        "roles/run.invoker",
        "roles/storage.objectUser",
        "roles/storage.objectViewer",
    }
    members = [each.body["member"] for each in module.blocks if "member" in each.body]
    assert not [each for each in members if "allUsers" in each or "allAuthenticated" in each]


def test_no_bucket_is_public_and_none_keeps_uploads_that_were_broken_off() -> None:
    google = read(ROOT / "deploy/gcp").of("google_storage_bucket")
    assert set(google) == {"landing", "lake", "code"}
    for each in google.values():
        assert plain(each.body["public_access_prevention"]) == "enforced"
        assert each.body["uniform_bucket_level_access"] is True
        actions = [plain(rule["action"][0]["type"]) for rule in each.body["lifecycle_rule"]]
        assert "AbortIncompleteMultipartUpload" in actions
    amazon = read(ROOT / "deploy/aws")
    (block,) = amazon.of("aws_s3_bucket_public_access_block").values()
    assert block.body["for_each"] == "${aws_s3_bucket.this}"
    flags = {name: value for name, value, _ in parts(block.body) if isinstance(value, bool)}
    assert len(flags) == 4
    assert all(flags.values())
    (lifecycle,) = amazon.of("aws_s3_bucket_lifecycle_configuration").values()
    assert any("abort_incomplete_multipart_upload" in rule for rule in lifecycle.body["rule"])


def test_nothing_runs_or_may_grow_without_limit_by_default() -> None:
    google = read(ROOT / "deploy/gcp")
    for each in google.of("google_cloudfunctions2_function").values():
        (config,) = each.body["service_config"]
        assert config["min_instance_count"] == 0
        assert plain(config["ingress_settings"]) == "ALLOW_INTERNAL_ONLY"
        assert config["max_instance_count"] in (1, "${var.max_instances}")
    amazon = read(ROOT / "deploy/aws")
    (function,) = amazon.of("aws_lambda_function").values()
    assert function.body["reserved_concurrent_executions"] == "${var.max_instances}"
    (application,) = amazon.of("aws_emrserverless_application").values()
    assert "initial_capacity" not in application.body
    assert is_block(application.body["maximum_capacity"][0])
    for module in (google, amazon):
        defaults = {name: body.get("default") for name, body in module.named("variable").items()}
        assert defaults["max_instances"] == 2
        assert defaults["spark"] is False
        assert defaults["force_destroy"] is False


def test_each_function_is_told_what_it_serves_and_events_are_retried() -> None:
    google = read(ROOT / "deploy/gcp")
    told = set(google.locals["environment"])
    amazon = read(ROOT / "deploy/aws")
    (function,) = amazon.of("aws_lambda_function").values()
    assert set(function.body["environment"][0]["variables"]) == told
    from reelhouse.config import NAMES

    known = {f"REELHOUSE_{name.upper()}" for name in NAMES} | {"REELHOUSE_LOG"}
    assert told <= known, told - known
    (trigger,) = google.of("google_cloudfunctions2_function")["ingest"].body["event_trigger"]
    assert plain(trigger["retry_policy"]) == "RETRY_POLICY_RETRY"
    assert plain(trigger["event_type"]) == "google.cloud.storage.object.v1.finalized"
    (retries,) = amazon.of("aws_lambda_function_event_invoke_config").values()
    assert retries.body["maximum_retry_attempts"] == 2
    assert "on_failure" in retries.body["destination_config"][0]


def test_entry_points_are_in_the_package() -> None:
    google = read(ROOT / "deploy/gcp")
    points = {
        plain(each.body["build_config"][0]["entry_point"])
        for each in google.of("google_cloudfunctions2_function").values()
    }
    source = (ROOT / "deploy/gcp/main.py").read_text()
    assert points == {"ingest_file", "sweep"}
    assert all(f'"{each}"' in source for each in points)
