"""Build what is deployed, from this checkout and the versions of uv.lock.

    python -m deploy.package gcp      dist/reelhouse-gcp.zip, the Cloud Function's source
    python -m deploy.package aws      dist/reelhouse-aws/, what the Lambda's image is built from
    python -m deploy.package spark    dist/reelhouse-spark.tar.gz, the packages of a Spark job

The same checkout gives the same package, byte by byte. Packages are fetched from PyPI by `uv`.
"""

import argparse
import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
TIME = (2020, 2, 2, 0, 0, 0)
"""When every file of a package was changed: a package tells what is in it, not when it was made."""

PLATFORM = "x86_64-manylinux_2_28"
"""What the Spark archive's binaries run on: Linux with glibc 2.28 or newer."""

NOT_FOR_SPARK = (
    *("pyspark", "py4j"),  # the cluster has its own
    *("grpcio", "grpcio-status", "googleapis-common-protos", "protobuf", "zstandard"),  # Connect's
)
"""What a Spark job does without, of the packages that Reelhouse with Spark has."""

USELESS = {"__pycache__", "tests", "include", "bin", "share", ".lock"}
"""Folders and files of packages that no job needs."""


def main(arguments: list[str] | None = None) -> None:
    """Build one package, and say where it is and what to do with it."""
    options = _options(arguments)
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    if options.target == "gcp":
        print(build_gcp(out, options.contracts))
    elif options.target == "aws":
        folder = build_aws(out, options.contracts)
        print(folder)
        print(f"image tag: {tag_of(folder)}")
    else:
        print(build_spark(out, options.python))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.package", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("target", choices=("gcp", "aws", "spark"))
    parser.add_argument("--out", type=Path, default=ROOT / "dist", metavar="DIR")
    parser.add_argument(
        "--contracts",
        type=Path,
        metavar="DIR",
        help="gcp and aws: a folder of contracts of your own, added to those shipped",
    )
    parser.add_argument(
        "--python", default="3.12", help="spark: the Python of the cluster (default: 3.12)"
    )
    options = parser.parse_args(arguments)
    if options.contracts and not options.contracts.is_dir():
        parser.error(f"--contracts {options.contracts} is no folder")
    return options


def build_gcp(out: Path, contracts: Path | None = None) -> Path:
    """The zip that Cloud Functions builds: main.py, requirements.txt, and Reelhouse, unpacked."""
    path = out / "reelhouse-gcp.zip"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        wheel = _wheel(folder)
        (folder / "requirements.txt").write_text(_pinned("--group", "cloud-function"))
        with zipfile.ZipFile(wheel) as unpacked:
            unpacked.extractall(folder)
        wheel.unlink()
        _copy_contracts(contracts, folder)
        shutil.copy(ROOT / "deploy" / "gcp" / "main.py", folder)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in _files(folder):
                entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), TIME)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return path


def build_aws(out: Path, contracts: Path | None = None) -> Path:
    """The folder that `docker build` takes: Dockerfile, requirements.txt, and Reelhouse's wheel."""
    folder = out / "reelhouse-aws"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _fill(folder)
    _copy_contracts(contracts, folder)
    shutil.copy(ROOT / "deploy" / "aws" / "Dockerfile", folder)
    return folder


def tag_of(folder: Path) -> str:
    """A name for the content of a folder: twelve hexadecimal digits."""
    digest = hashlib.sha256()
    for file in _files(folder):
        digest.update(f"{file.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def build_spark(out: Path, python: str) -> Path:
    """The archive that Spark unpacks beside a job: Reelhouse and its dependencies, installed."""
    path = out / "reelhouse-spark.tar.gz"
    with tempfile.TemporaryDirectory() as scratch:
        package, folder = Path(scratch) / "package", Path(scratch) / "packages"
        package.mkdir()
        # the extra `spark` brings pandas, which Spark asks for, and which not every cluster has
        left_out = (word for name in NOT_FOR_SPARK for word in ("--no-emit-package", name))
        _fill(package, "--extra", "spark", "--extra", "aws", *left_out)
        _uv(
            *("pip", "install", "--quiet", "--target", str(folder), "--link-mode", "copy"),
            *("--python-version", python, "--python-platform", PLATFORM),
            *("--only-binary", ":all:", "--require-hashes", "--no-deps", "-r", "requirements.txt"),
            folder=package,
        )
        (folder / "PYTHON").write_text(f"{python}\n")
        _tar(folder, path)
    return path


def _tar(folder: Path, path: Path) -> None:
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for file in _files(folder):
            if USELESS & set(file.relative_to(folder).parts):
                continue
            entry = tarfile.TarInfo(file.relative_to(folder).as_posix())
            entry.size, entry.mode = file.stat().st_size, 0o644
            with file.open("rb") as content:
                archive.addfile(entry, content)


def _fill(folder: Path, *export: str) -> None:
    """Put Reelhouse's wheel into a folder, and requirements.txt, which names it and the rest."""
    wheel = _wheel(folder)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    own = f"./{wheel.name} --hash=sha256:{digest}\n"
    (folder / "requirements.txt").write_text(own + _pinned(*export))


def _wheel(folder: Path) -> Path:
    with tempfile.TemporaryDirectory() as scratch:
        _uv("build", "--quiet", "--wheel", "--out-dir", scratch)
        (wheel,) = Path(scratch).glob("reelhouse-*.whl")
        return Path(shutil.copy(wheel, folder))


def _pinned(*export: str) -> str:
    """The versions and hashes of uv.lock for Reelhouse's dependencies, and for what is added."""
    return _uv(
        *("export", "--quiet", "--frozen", "--no-dev", "--no-emit-project"),
        *("--no-header", "--no-annotate"),
        *export,
    )


def _copy_contracts(contracts: Path | None, folder: Path) -> None:
    (folder / "contracts").mkdir()
    for each in sorted(contracts.glob("*.odcs.y*ml")) if contracts else ():
        shutil.copy(each, folder / "contracts")


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def find_uv() -> str:
    """The uv of this checkout, else that on the PATH. Ends the program if there is none."""
    own = ROOT / ".uv" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if found is None:
        sys.exit("uv is missing: run make install, or pip install uv")
    return found


def _uv(*arguments: str, folder: Path = ROOT) -> str:
    """Run uv, and return what it printed. What it complains of is shown; then the build ends."""
    done = subprocess.run(
        [find_uv(), *arguments], cwd=folder, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(['uv', *arguments])} failed")
    return done.stdout


if __name__ == "__main__":
    main()
