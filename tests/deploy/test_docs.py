"""What docs/deploy.md tells a newcomer to type: commands, options, variables, outputs."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
from botocore.session import Session
from botocore.validate import validate_parameters

from deploy.package import ROOT
from reelhouse.cli import app
from tests.deploy.terraform import read

DOCS = (ROOT / "docs/deploy.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL)
CLOUDS = ("gcp", "aws")
SCRIPT = "\n".join(BLOCKS)


def commands(program: str) -> list[list[str]]:
    """The words of each call of a program, in blocks and between backquotes."""
    lines = SCRIPT.replace("\\\n", " ").splitlines() + re.findall(r"`([^`\n]+)`", DOCS)
    pattern = re.compile(rf"(?:^|\s|\$\()(?:\S*/)?{re.escape(program)}\s+([^|;)#]*)")
    return [shlex.split(found[1].replace('"', "")) for found in map(pattern.search, lines) if found]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_settings_shown_are_variables(cloud: str) -> None:
    shown = re.findall(r"```hcl\n(.*?)```", DOCS, re.DOTALL)[CLOUDS.index(cloud)]
    names = set(re.findall(r"^#? ?(\w+) +=", shown, re.MULTILINE))
    assert len(names) >= 5
    assert names <= set(read(ROOT / "deploy" / cloud).named("variable"))


def test_each_output_asked_for_is_one() -> None:
    google, amazon = (set(read(ROOT / "deploy" / each).named("output")) for each in ("gcp", "aws"))
    asked = re.findall(r"terraform (?:-chdir=deploy/(\w+) )?output -raw (\w+)", DOCS)
    assert len(asked) >= 8
    for cloud, name in asked:
        assert name in {"gcp": google, "aws": amazon, "": google | amazon}[cloud], name


def test_each_command_of_reelhouse_is_one_and_has_its_options() -> None:
    group: Any = typer.main.get_command(app)
    asked = [words for words in commands("reelhouse") if words and words[0] in group.commands]
    assert {words[0] for words in asked} >= {"land", "status", "generate", "quarantine", "compact"}
    for first, *words in asked:
        command = group.commands[first]
        while words and hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        known = {name for each in command.params for name in each.opts}
        assert {word for word in words if word.startswith("--")} <= known, (first, words)


def test_files_named_are_there() -> None:
    for path in re.findall(r"`?\b((?:deploy|docs|src)/[\w./-]+\.\w+)", DOCS):
        if not path.endswith(".tfvars"):
            assert (ROOT / path).exists(), path


def test_the_emr_jobs_are_as_the_service_takes_them(tmp_path: Path) -> None:
    """The page's own lines, run with an `aws` that writes down what it was asked for."""
    (block,) = [each for each in BLOCKS if "emr-serverless start-job-run" in each]
    calls = tmp_path / "calls"
    (tmp_path / "aws").write_text(
        "#!/usr/bin/env python3\nimport json, sys\n"
        f"print(json.dumps(sys.argv[1:]), file=open({str(calls)!r}, 'a'))\n"
    )
    (tmp_path / "terraform").write_text('#!/bin/sh\necho "s3://name-of-$4"\n')
    (tmp_path / "reelhouse").write_text("#!/bin/sh\n")
    for each in ("aws", "terraform", "reelhouse"):
        (tmp_path / each).chmod(0o755)
    subprocess.run(
        ["bash", "-euc", block],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "LANDING": "s3://landing",
            "LAKE": "s3://lake",
            "AWS_REGION": "eu-west-1",
        },
        check=True,
    )
    asked = [json.loads(line) for line in calls.read_text().splitlines()]
    runs = [words for words in asked if words[:2] == ["emr-serverless", "start-job-run"]]
    assert len(runs) == 2
    model = Session().get_service_model("emr-serverless").operation_model("StartJobRun")
    for words, dataset in zip(runs, ("users", "events"), strict=True):
        flags = dict(zip(words[2::2], words[3::2], strict=True))
        driver = json.loads(flags.pop("--job-driver"))
        validate_parameters(
            {
                "clientToken": "token",
                "name": flags.pop("--name"),
                "applicationId": flags.pop("--application-id").removeprefix("s3://name-of-"),
                "executionRoleArn": flags.pop("--execution-role-arn"),
                "executionTimeoutMinutes": int(flags.pop("--execution-timeout-minutes")),
                "configurationOverrides": json.loads(flags.pop("--configuration-overrides")),
                "jobDriver": driver,
            },
            model.input_shape,
        )
        assert not flags
        job = driver["sparkSubmit"]
        assert job["entryPoint"] == "s3://name-of-code/jobs/ingest.py"
        assert job["entryPointArguments"] == [
            *(dataset, "--engine", "spark", "--landing", "s3://landing", "--lake", "s3://lake")
        ]
        settings = shlex.split(job["sparkSubmitParameters"])
        assert settings[::2] == ["--conf"] * (len(settings) // 2)
        assert (
            "spark.archives=s3://name-of-code/jobs/reelhouse-spark.tar.gz#reelhouse-packages"
            in (settings)
        )
