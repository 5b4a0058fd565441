"""`deploy/jobs/ingest.py` through Spark's own spark-submit."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyspark
import pytest

from deploy.package import ROOT, build_spark
from reelhouse.demo.generate import generate

SPARK_HOME = Path(pyspark.__file__).parent
HERE = "{}.{}".format(*sys.version_info)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jobs") / "landing"
    generate(folder, events=3_000, seed=11)
    return folder


@pytest.fixture
def spark_home(tmp_path: Path) -> Iterator[Path]:
    """Spark, in a folder of its own: executors work in it, and leave there what they unpacked."""
    home = tmp_path / "spark"
    home.mkdir()
    for each in SPARK_HOME.iterdir():
        if each.name != "work":
            (home / each.name).symlink_to(each)
    yield home
    shutil.rmtree(home)
    for archive in tmp_path.glob("*.tar.gz"):
        archive.unlink()


def submit(
    folder: Path, *arguments: object, python: str = sys.executable, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run spark-submit as a user does: his working folder is not the project's."""
    kept = ("PATH", "HOME", "JAVA_HOME")
    return subprocess.run(
        [str(SPARK_HOME / "bin" / "spark-submit"), *map(str, arguments)],
        cwd=folder,
        env={
            **{name: os.environ[name] for name in kept if name in os.environ},
            "SPARK_HOME": str(SPARK_HOME),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": python,
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def counts(done: "subprocess.CompletedProcess[str]") -> list[Mapping[str, object]]:
    """What was counted. Spark puts a job's stderr on stdout too, around the document."""
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (document,) = [line for line in done.stdout.splitlines() if line.startswith('{"batches"')]
    names = ("dataset", "engine", "records", "valid", "quarantined")
    return [{name: each[name] for name in names} for each in json.loads(document)["batches"]]


def expected(landing: Path, lake: Path, dataset: str) -> Mapping[str, object]:
    """What the engine duckdb counts."""
    command = [sys.executable, "-m", "reelhouse", "ingest", dataset, "--json"]
    done = subprocess.run(
        [*command, "--landing", str(landing), "--lake", str(lake)],
        capture_output=True,
        text=True,
        check=False,
    )
    (found,) = counts(done)
    return found


@pytest.mark.parametrize(("dataset", "engine"), [("users", "spark-rdd"), ("events", "spark")])
def test_spark_submit_takes_the_job_as_it_is(
    landing: Path, tmp_path: Path, dataset: str, engine: str
) -> None:
    wanted = expected(landing, tmp_path / "duckdb", dataset)
    chosen = () if engine == "spark" else ("--engine", engine)  # spark it is by itself
    done = submit(
        tmp_path,
        *("--master", "local[2]", ROOT / "deploy/jobs/ingest.py"),
        *(dataset, *chosen, "--json"),
        *("--landing", landing, "--lake", tmp_path / "lake"),
    )
    assert counts(done) == [{**wanted, "engine": engine}]


@pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"),
    reason="the archive's binaries are for Linux on x86-64",
)
def test_a_cluster_without_reelhouse_runs_the_job_from_the_archive(
    landing: Path, spark_home: Path, tmp_path: Path
) -> None:
    """Executors in processes of their own, and a Python that has neither Reelhouse nor PySpark."""
    bare = shutil.which("python3", path=str(Path(sys.base_prefix) / "bin")) or sys.executable
    missing = subprocess.run([bare, "-c", "import reelhouse"], capture_output=True, check=False)
    assert missing.returncode == 1
    archive = build_spark(tmp_path, HERE)
    wanted = expected(landing, tmp_path / "duckdb", "users")
    (tmp_path / "elsewhere").mkdir()
    done = submit(
        tmp_path / "elsewhere",
        *("--master", "local-cluster[1,1,1024]", "--archives", f"{archive}#reelhouse-packages"),
        *(ROOT / "deploy/jobs/ingest.py", "users", "--engine", "spark-rdd", "--json"),
        *("--landing", landing, "--lake", tmp_path / "lake"),
        python=bare,
        SPARK_HOME=str(spark_home),
    )
    assert counts(done) == [{**wanted, "engine": "spark-rdd"}]
    executor = next(spark_home.glob("work/*/*/reelhouse-packages"))
    assert (executor / "PYTHON").read_text().strip() == HERE


def test_a_job_without_its_packages_says_what_to_add(tmp_path: Path) -> None:
    bare = shutil.which("python3", path=str(Path(sys.base_prefix) / "bin")) or sys.executable
    job = ROOT / "deploy/jobs/ingest.py"
    done = submit(tmp_path, "--master", "local[1]", job, "users", python=bare)
    assert done.returncode == 1
    assert "--archives reelhouse-spark.tar.gz#reelhouse-packages" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_an_archive_for_another_python_is_refused(tmp_path: Path) -> None:
    packages = tmp_path / "reelhouse-packages"
    packages.mkdir()
    (packages / "PYTHON").write_text("3.9\n")
    job = ROOT / "deploy/jobs/ingest.py"
    done = subprocess.run(
        [sys.executable, str(job), "users"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"the archive is for Python 3.9, and this is Python {HERE}" in done.stderr


def test_a_folder_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reelhouse-packages").mkdir()
    job = ROOT / "deploy/jobs/ingest.py"
    done = subprocess.run(
        [sys.executable, str(job), "users"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path}/reelhouse-packages is not what an archive of")
    assert len(done.stderr.splitlines()) == 1
