"""Each case file, on each engine. A case is a source, and what must become of its records."""

import bz2
import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from reelhouse.contract.model import Contract
from tests.conformance.harness import Judged, canonical, contract_of, judge

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


def source_bytes(case: dict[str, Any]) -> bytes:
    data = bytes.fromhex(case["hex"]) if "hex" in case else str(case["source"]).encode()
    if "repeat" in case:
        data = data.replace(b"@", case["repeat"]["text"].encode() * case["repeat"]["times"])
    for packing, pack in PACK.items():
        if case.get(packing) is not None:
            data = packed(data, pack, **case[packing])
    return data


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "bzip2": bz2.compress,
    "zstd": zstd.compress,
}
SUFFIXES = {"gzip": ".gz", "bzip2": ".bz2", "zstd": ".zst"}


def packed(
    data: bytes, pack: Callable[[bytes], bytes], members: int = 1, cut: int = 0, then: str = ""
) -> bytes:
    """Packed data: in so many files put together, with its end cut off, with bytes after it."""
    size = -(-len(data) // members) or 1
    parts = [data[place : place + size] for place in range(0, len(data), size)] or [b""]
    whole = b"".join(map(pack, parts))
    return whole[: len(whole) + cut] + bytes.fromhex(then)


def name_of(case: dict[str, Any], number: int, contract: Contract) -> str:
    """The name of a case's source; `named` says how it ends, else its packing does."""
    suffix = "".join(SUFFIXES[packing] for packing in PACK if packing in case)
    return f"{number:03}.{contract.format}{case.get('named', suffix)}"


def repeated(case: dict[str, Any]) -> dict[str, Any]:
    """The case with `@` in its values replaced, where it says so, as in its source."""
    if "repeat" not in case:
        return case
    text = case["repeat"]["text"] * case["repeat"]["times"]
    swap = {
        n: [
            {k: v.replace("@", text) if isinstance(v, str) else v for k, v in row.items()}
            for row in case.get(n, [])
        ]
        for n in ("valid",)
    }
    return {**case, **swap}


def violations(record: dict[str, Any]) -> list[tuple[str, str]]:
    """`because: [user_id type]`, or `because: [json]` where no field is meant."""
    pairs = [each.rsplit(" ", 1) for each in record["because"]]
    return [("", pair[0]) if len(pair) == 1 else (pair[0], pair[1]) for pair in pairs]


def check(case: dict[str, Any], got: Judged) -> None:
    assert got.sorted().valid == sorted(repeated(case).get("valid", []), key=canonical)
    expected = case.get("invalid", [])
    assert len(got.invalid) == len(expected), got.invalid
    left = sorted(got.invalid)
    # those first that say more of what they look for
    for record in sorted(expected, key=lambda each: -len({"raw", "says"} & each.keys())):
        match = next((each for each in left if is_it(record, each)), None)
        assert match is not None, f"{record} is not among {left}"
        left.remove(match)


def is_it(record: dict[str, Any], found: tuple[str, tuple[tuple[str, str, str], ...]]) -> bool:
    raw, broken = found
    return (
        [(field, rule) for field, rule, _ in broken] == violations(record)
        and record.get("raw", raw) == raw
        and set(record.get("says", [])) <= {message for _, _, message in broken}
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case_file(path: Path, engine: Any, tmp_path: Path) -> None:
    document = yaml.safe_load(path.read_text())
    contract = contract_of(document["contract"], tmp_path)
    cases = {case["it"]: case for case in document["cases"]}
    assert len(cases) == len(document["cases"]), "two cases have the same name"
    names = {it: name_of(case, number, contract) for number, (it, case) in enumerate(cases.items())}
    sources = {names[it]: source_bytes(case) for it, case in cases.items()}
    found = judge(engine, contract, sources, document.get("max_line_bytes", 8 << 20))
    failed = []
    for it, case in cases.items():
        try:
            check(case, found[names[it]])
        except AssertionError as error:
            failed.append(f"{it}: {error}\n  got {found[names[it]]}")
    assert not failed, "\n".join(failed)
