"""Patterns and formats: what is allowed means the same to Python, RE2 and Java."""

import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reelhouse.contract.formats import FORMATS
from reelhouse.contract.patterns import check, portable
from reelhouse.engines.spark.columns import MAX_MATCHED
from tests.contract.conftest import Search

ALPHABET = "ab0_-]^ \n\r\t\x0b\x1f\x7f\x85\xa0é٣Ａ\u2028\ufeff\uffff😀"
"""Letters, digits and spaces of ASCII and beyond, and what engines treat as special somewhere."""

character = st.sampled_from([*ALPHABET])


def written(text: str) -> str:
    """A character, as a pattern has it."""
    return f"\\{text}" if text in "-]^" else text


ESCAPES = (
    *(r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\t", r"\n", r"\r", r"\f", r"\v", r"\0", r"\x41"),
    *(r"\u00e9", r"\.", r"\\", r"\/"),
)
escape = st.sampled_from(ESCAPES)
range_ = st.tuples(character, character).map(sorted).map(lambda ends: "-".join(map(written, ends)))
member = character.map(written) | range_ | st.sampled_from([r"\d", r"\w", r"\s", r"\t", r"\u0663"])
class_ = st.builds(
    lambda negated, members: f"[{negated}{''.join(members)}]",
    st.sampled_from(["", "^"]),
    st.lists(member, min_size=1, max_size=3),
)
atom = character.map(written) | escape | class_ | st.just(".")
quantifier = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?", "{0}"])
sequence = st.lists(
    st.tuples(atom, quantifier).map("".join) | st.sampled_from(["^", "$"]), max_size=4
).map("".join)
pattern = st.recursive(
    sequence,
    lambda inner: st.one_of(
        st.builds("{}|{}".format, inner, inner),
        st.builds("({}){}".format, inner, quantifier),
        st.builds("(?:{}){}{}".format, inner, quantifier, inner),
    ),
    max_leaves=4,
)
texts = st.lists(st.text(character, max_size=8), min_size=1, max_size=8)


@settings(
    max_examples=1_000,
    deadline=None,
    derandomize=True,
    suppress_health_check=[*HealthCheck],
)
@given(pattern=pattern, texts=texts)
def test_an_allowed_pattern_finds_the_same_on_each_engine(
    pattern: str, texts: list[str], searches: dict[str, Search]
) -> None:
    assume(check(pattern) is None)
    found = {name: search(pattern, texts) for name, search in searches.items()}
    assert found["re2"] == found["python"]
    assert found["java"] == found["python"]


@pytest.mark.parametrize(
    ("pattern", "finds", "finds_not"),
    [
        ("abc", ["abc", "xabcx"], ["ab", "ABC", ""]),
        ("", ["", "a", "\n"], []),
        ("^abc$", ["abc"], ["abc\n", "\nabc", "abcabc", "abc\r\n", "x\nabc\ny"]),
        ("^a|b$", ["ax", "xb"], ["xa", "bx", "b\n"]),
        ("^.$", ["a", "\r", "\u2028", "\x85", "😀"], ["\n", "", "ab", "e\u0301"]),
        (r"^\d$", ["0", "9"], ["٣", "Ａ", "²"]),
        (r"^\w$", ["a", "Z", "0", "_"], ["é", "-", "\u017f", "\u212a"]),
        (r"^\s$", [" ", "\t", "\n", "\r", "\x0b", "\x0c"], ["\xa0", "\u2028", "\x85", "\x1f"]),
        (r"^\D\W\S$", ["aé\xa0", "٣٣٣"], ["0aa", "a_b", "aé "]),
        (r"^[^a]$", ["b", "\n", "😀", "é"], ["a", ""]),
        (r"^[\d\-x]+$", ["0-x"], ["٣", "y"]),
        (r"^\x41\u00e9\t\0?$", ["Aé\t"], ["Aé"]),
        (r"^é{2}$", ["éé"], ["é", "e\u0301e\u0301"]),
        (r"^(?:a|ab)(?:c|bcd)$", ["ac", "abc", "abcd"], ["abbcdd", "abcc"]),
        (r"^a{2,3}?$", ["aa", "aaa"], ["a", "aaaa"]),
        (r"^(|a)+b$", ["b", "aab"], ["a"]),
        ("()(|)()a", ["a", "xa"], ["", "x"]),
        ("^[A-Z]{2}$", ["CH"], ["ch", "CHE", "C", "ＣＨ", "CH\n"]),
        ("$", ["", "a", "\n"], []),
        ("a$b", [], ["a", "ab", "a\nb"]),
        (r"^[\]\[\\^-]+$", ["[]\\^-"], ["a", "/"]),
    ],
)
def test_what_a_pattern_finds(
    pattern: str, finds: list[str], finds_not: list[str], searches: dict[str, Search]
) -> None:
    for name, search in searches.items():
        assert search(pattern, [*finds, *finds_not]) == [True] * len(finds) + [False] * len(
            finds_not
        ), name


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^a{1000}$", "a" * 1_000),
        ("^(a{10}){100}$", "a" * 1_000),
        ("^" + "[^b]{1000}" * 5 + "$", "é" * 5_000),
        ("^" + "(" * 20 + "a" + "b)+" * 20 + "$", ("a" + "b" * 20) * (MAX_MATCHED // 21)),
        ("^(?:" + "a|" * 9_000 + "b)+$", "b" * MAX_MATCHED),
    ],
    ids=["repetition", "repetitions", "parts", "depth", "alternatives"],
)
def test_a_pattern_at_the_limits_runs_on_each_engine(
    pattern: str, text: str, searches: dict[str, Search]
) -> None:
    assert check(pattern) is None
    for name, search in searches.items():
        assert search(pattern, [text]) == [True], name


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"^(\w+\s?)*$", r"^(\s*\w+)*\s*$", "(a+)+b", "((a)+)+b", "^(a*)*b", "^(a|aa)+$"),
        *("^([a-z]{1,3}-?)*$", "^((a+,?)*x)?$", "^(?:(a+)*|b)$", "^(a+){1,16}$", "^((a+)*)?b?$"),
        *("([^,]+,?)*;", "(é{1,2})*$", "(.*,?)*;", "(?:(a+)+b)*"),
    ],
)
def test_a_repetition_that_shares_out_the_same_text_is_refused(pattern: str) -> None:
    assert "shares out the same text in very many ways" in (check(pattern) or "")


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"^\w+(\s\w+)*\s?$", r"^(\w+\s)*\w+$", r"(\w+\s?)*", r"^[A-Z](\w+\s?)*,?", "(a+)+|b"),
        *(r"^(\d|\w)+$", r"^(?:(?:^|,)\w+)*$", "^([a-z]{2})+$", "^([^,]*,)*$", "^(a+){1,3}$"),
        *(r"^(\w+(,|$))+$", r"^\d{1,3}(\.\d{1,3}){3}$", r"^(\w+\.)+\w+$", "^(a{1,2}){3}$"),
        *("(?:(a+)*|b)", "^(a|b)*$", "^(-?[0-9]+;)*$"),
    ],
)
def test_a_repetition_that_is_harmless_is_allowed_and_quick(pattern: str) -> None:
    assert check(pattern) is None
    search = re.compile(portable(pattern, "python")).search
    for text in ("a", "1", "a,", "1.", "-1;", "aa ", "a1-"):
        search(text * 100 + "!")  # would not end


def test_the_translation_of_a_pattern_is_the_same_apart_from_the_end_of_the_text() -> None:
    assert portable(r"^\d.[^\s]é😀-\u0041$", "python") == (
        r"\A[0-9][^\n][^\t\n\x0b\x0c\r ]\xe9😀\-A\Z"
    )
    assert portable("a$", "re2") == portable("a$", "java") == r"a\z"


# --- formats

NASTY = [
    *("", " ", "a", "\n", "\0", "é", "😀", "\ufeff", "\u2028", "a b", "a@b", "@", "..", "a..b"),
    *("a@example.com", "a@example.com\n", " a@example.com", "a@example.com ", "A@EXAMPLE.COM"),
    *(
        "a@example",
        "a@.com",
        "a@example..com",
        "a@-example.com",
        "a@example-.com",
        "a@ex_ample.com",
    ),
    *(".a@example.com", "a.@example.com", "a..b@example.com", "a@b@example.com", "a@example.c"),
    *("a+b@example.com", "o'hara@example.com", "é@example.com", "a@exämple.com", "ａ@example.com"),
    *('"a b"@example.com', "a@[127.0.0.1]", "a@127.0.0.1", "{|}~`!#$%&*/=?^@example.com"),
    *("http://a", "https://a.b/c?d=e#f", "HTTP://a", "http:/a", "http://", "http:///a", "ftp://a"),
    *("http://a b", "http://a/ b", "http://a/b\n", "http://a:80", "http://a:", "http://a:x"),
    *("http://a:80/b", "http://user@a/", "http://user:password@a/", "http://a?b", "http://a#b"),
    *("http://a/%20", "http://a/%2", "http://a/%zz", "http://a/é", "http://ä/", "http://a_b/"),
    *("http://-a/", "http://a-/", "http://a..b/", "http://.a/", "http://a./", "http://[::1]/"),
    *(
        "http://a/[b]",
        "http://a/'\"",
        "http://a/<b>",
        "http://a/\\",
        "http://127.0.0.1/",
        "http://a/|",
    ),
    *("mailto:a@b", "urn:isbn:1", "x:", ":x", "1x:y", "x+y.z-1:a", "x y:z", "x:é", "x:%2", "x:%2F"),
    *(
        "localhost",
        "a.b.c",
        "a-b",
        "-a",
        "a-",
        "a_b",
        "a.",
        ".a",
        "a..b",
        "1.2.3.4",
        "xn--p1ai",
        "ａ",
    ),
    *(
        "0.0.0.0",
        "255.255.255.255",
        "256.1.1.1",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.4 ",
        "٣.1.1.1",
    ),
    *("123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"),
    *("123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}"),
    *("g23e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"),
    *("a" * 300, "a." * 150 + "com", "x@" + "a." * 100 + "com", "http://a/" + "b%20" * 60),
]


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_finds_the_same_nasty_texts_on_each_engine(
    name: str, searches: dict[str, Search]
) -> None:
    found = {engine: search(FORMATS[name], NASTY) for engine, search in searches.items()}
    assert found["re2"] == found["python"]
    assert found["java"] == found["python"]
    assert any(found["python"])
    assert not all(found["python"])


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(data=st.data(), name=st.sampled_from([*FORMATS]))
def test_a_format_finds_the_same_on_each_engine(
    data: st.DataObject, name: str, searches: dict[str, Search]
) -> None:
    near = st.from_regex(re.compile(portable(FORMATS[name], "python")))
    texts = data.draw(st.lists(near | near.map(lambda text: text + "\n"), min_size=1, max_size=4))
    place, other = data.draw(st.integers(0, 40)), data.draw(character)
    texts += [text[:place] + other + text[place + 1 :] for text in texts]
    texts = [text for text in texts if len(text) <= MAX_MATCHED]
    found = {engine: search(FORMATS[name], texts) for engine, search in searches.items()}
    assert found["re2"] == found["python"]
    assert found["java"] == found["python"]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("start", ["a", "a.", "a@", "a@b.", "http://a", "http://a/%20", "1.", "x:"])
def test_a_format_is_judged_in_linear_time(name: str, start: str) -> None:
    search = re.compile(portable(FORMATS[name], "python")).search
    assert search(start * 200_000 + "\x00") is None
