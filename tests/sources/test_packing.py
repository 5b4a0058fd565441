"""Packed sources: told by their first bytes, unpacked whatever the chunks, broken at one place."""

import bz2
import gzip
from collections.abc import Callable, Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelhouse.sources import packing
from reelhouse.sources.packing import FIRST_BYTES, BrokenSource, Packing, packing_of, unpacked
from tests.conformance.nasty_sources import PACKERS

TEXT = b"".join(b'{"a":%d}\n' % number for number in range(3_000))
NOISE = Random(1).randbytes(150_000)
each_packing = pytest.mark.parametrize("kind", [*Packing])


def read(data: bytes, size: int, kind: Packing) -> tuple[bytes, str | None]:
    """What was unpacked, and why no more."""
    found = b""
    try:
        for chunk in unpacked((data[at : at + size] for at in range(0, len(data), size)), kind):
            found += chunk
    except BrokenSource as broken:
        return found, str(broken)
    return found, None


@each_packing
@pytest.mark.parametrize("content", [b"", b"a", TEXT, NOISE])
def test_what_is_packed_is_known_and_unpacked(kind: Packing, content: bytes) -> None:
    data = PACKERS[kind](content)
    assert packing_of(data[:FIRST_BYTES]) is kind
    for size in (1, 7, 65_536) if len(data) < 50_000 else (1_000, 65_536):
        assert read(data, size, kind) == (content, None)


@pytest.mark.parametrize(
    "first",
    [b"", b"\x1f", b"BZh", b"BZh91AY&S", b"BZhx1AY&SY", b"BZh9,name\n", b"\x28\xb5\x2f", b'{"a"'],
)
def test_what_is_not_packed_is_not_unpacked(first: bytes) -> None:
    assert packing_of(first) is None
    assert list(unpacked([first, b"x"], None)) == [first, b"x"]


@each_packing
def test_several_members_with_zeros_between_and_after_are_one_source(kind: Packing) -> None:
    pack = PACKERS[kind]
    data = pack(b"a\nb") + b"\0" * 600 + pack(b"") + pack(b"c\n") + b"\0"
    for size in (1, 3, 64, 65_536):
        assert read(data, size, kind) == (b"a\nbc\n", None)


@each_packing
@pytest.mark.parametrize("content", [TEXT, NOISE])
def test_what_is_lost_of_broken_data_does_not_depend_on_the_chunks(
    kind: Packing, content: bytes
) -> None:
    data = PACKERS[kind](content)
    middle = len(data) * 4 // 5
    for each in (
        data[:-1],
        data[:middle],
        data[:middle] + b"\xff" * 40 + data[middle + 40 :],
        data + b"x",
        data + data[:9],
        data + b"\0\0x",
    ):
        expected = read(each, 1 << 30, kind)
        for size in (977, 65_536, 100_000):
            assert read(each, size, kind) == expected


@each_packing
def test_all_before_the_place_where_data_is_cut_off_is_given(kind: Packing) -> None:
    data = PACKERS[kind](TEXT[:50]) + PACKERS[kind](TEXT[50:90])
    assert read(data + PACKERS[kind](TEXT[90:])[:-1], 9, kind)[0][:90] == TEXT[:90]
    for more in (b"x", data[:9], b"\0\0x"):
        found, why = read(data + more, 9, kind)
        assert found == TEXT[:90]
        assert why is not None


def test_data_after_a_member_that_is_no_member_is_corrupt() -> None:
    found, why = read(gzip.compress(b"a\n") + bz2.compress(b"b\n"), 100, Packing.GZIP)
    assert found == b"a\n"
    assert why is not None
    assert "the gzip data is corrupt" in why


@each_packing
def test_little_is_held_at_a_time_of_what_is_packed_very_well(
    kind: Packing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "UNPACKED_BYTES", 10_000)
    data = PACKERS[kind](bytes(1_000_000))
    chunks = list(unpacked([data], kind))
    assert max(map(len, chunks)) < 2 * 10_000
    assert b"".join(chunks) == bytes(1_000_000)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    content=st.binary(max_size=60),
    kind=st.sampled_from([*Packing]),
    place=st.integers(0, 200),
    size=st.integers(1, 50),
    harm=st.sampled_from([b"", b"\0", b"\xff\xff", b"x"]),
)
def test_no_harm_to_packed_data_makes_anything_but_a_broken_source(
    content: bytes, kind: Packing, place: int, size: int, harm: bytes
) -> None:
    pack: Callable[[bytes], bytes] = PACKERS[kind]
    data = pack(content)
    data = data[:place] + harm + data[place + len(harm) :]
    assert read(data, size, kind) == read(data, 1 << 20, kind)


def test_steps_are_of_one_size_whatever_the_chunks() -> None:
    def chunks() -> Iterator[bytes]:
        yield from (b"a" * 100_000, b"b", b"c" * 100_000)

    sizes = [len(step) for step in packing._steps(chunks())]
    assert sizes == [65_536, 65_536, 65_536, 3_393]
