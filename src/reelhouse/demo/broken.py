"""Broken records of every kind that a landing zone sees, each invalid for one known reason.

Bytes that are not UTF-8 are written as lone surrogates; encode with `surrogateescape`.
"""

NOT_UTF8 = "\udce9"  # 0xE9: an é of Latin-1

FIELD_KINDS = (
    "missing-field",
    "null-field",
    "number-as-text",
    "decimal-id",
    "exponent-id",
    "boolean-id",
    "negative-id",
    "integer-past-64-bits",
    "unknown-event",
    "timestamp-as-text",
    "timestamp-out-of-range",
    "latitude-out-of-range",
    "longitude-out-of-range",
    "tags-not-a-list",
    "number-in-tags",
    "comment-a-number",
)
"""Breakages of one event that leave the rest of its line readable."""

LINE_KINDS = (
    "latitude-nan",
    "duplicate-key",
    "truncated-line",
    "trailing-comma",
    "single-quotes",
    "leading-zero",
    "control-character",
    "not-an-object",
    "nul-escape",
    "lone-surrogate",
    "not-utf8",
)
"""Breakages that may spoil the line as a whole: only for lines of one event."""

IN_ENVELOPE = "in-envelope"
"""The kind under which a broken event in an envelope is counted, whatever is wrong with it."""

PLAIN_KINDS = FIELD_KINDS + LINE_KINDS
EVENT_KINDS = (*PLAIN_KINDS, IN_ENVELOPE)

_ROW_KINDS = (
    "too-few-cells",
    "too-many-cells",
    "empty-cell",
    "id-leading-zero",
    "id-plus-sign",
    "id-minus-sign",
    "id-spaces",
    "id-decimal",
    "id-exponent",
    "id-past-64-bits",
    "unicode-digits",
    "bad-boolean",
    "bad-quotes",
    "nul-character",
    "not-utf8",
)
VIDEO_KINDS = (*_ROW_KINDS, "bad-url", "bad-timestamp")
USER_KINDS = (*_ROW_KINDS, "bad-email", "bad-country")
USER_UPDATE_KINDS = ("bad-timestamp", *USER_KINDS)

_WIDE_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")


_OPTIONAL = {
    "latitude-out-of-range": (
        ',"latitude":90.000001,"longitude":2.352200',
        ',"latitude":-123.4,"longitude":2.352200',
    ),
    "longitude-out-of-range": (
        ',"latitude":48.856600,"longitude":180.5',
        ',"latitude":48.856600,"longitude":-999',
    ),
    "latitude-nan": (',"latitude":NaN,"longitude":2.352200',),
    "tags-not-a-list": (',"tags":"music"', ',"tags":{"music":1}'),
    "number-in-tags": (',"tags":["music",7]',),
    "comment-a-number": (',"comment":10',),
    "control-character": (',"comment":"one line\tand more"',),
    "nul-escape": (',"comment":"the end\\u0000"',),
    "lone-surrogate": (',"comment":"half a smile \\ud83d"',),
    "not-utf8": (f',"comment":"caf{NOT_UTF8}"',),
}
"""The optional members that are broken by themselves, by kind, in turn."""


def broken_event(kind: str, turn: int, fields: dict[str, str], extra: str) -> str:
    """Return one event, broken.

    `kind` is one of PLAIN_KINDS and `turn` varies it; `fields` are the required fields' JSON texts
    by name, and `extra` is the JSON text of the optional members, each with the comma before it.
    """
    if kind in _OPTIONAL:
        extra = _OPTIONAL[kind][turn % len(_OPTIONAL[kind])]
    name = ("user_id", "video_id")[turn % 2]
    required = tuple(fields)[turn % len(fields)]
    match kind:
        case "missing-field":
            del fields[required]
        case "null-field":
            fields[required] = "null"
        case "number-as-text":
            fields[name] = f'"{fields[name]}"'
        case "decimal-id":
            fields[name] += (".5", ".0")[turn // 2 % 2]
        case "exponent-id":
            fields[name] = "1e3"
        case "boolean-id":
            fields[name] = "true"
        case "negative-id":
            fields[name] = f"-{fields[name]}"
        case "integer-past-64-bits":
            fields[name] = str(2**63 + turn)
        case "leading-zero":
            fields[name] = f"0{fields[name]}"
        case "unknown-event":
            fields["event"] = ('"watched"', '"Like"', '"like "', '""')[turn % 4]
        case "timestamp-as-text":
            fields["timestamp"] = ('"2026-01-01T12:00:00Z"', '"yesterday"')[turn % 2]
        case "timestamp-out-of-range":  # milliseconds; the first second of the year 10000
            fields["timestamp"] = ("1767225600000", "253402300800")[turn % 2]
        case "duplicate-key":
            extra += f',"{name}":{fields[name]}0'
        case "trailing-comma":
            extra += ","
    text = "{" + ",".join(f'"{key}":{value}' for key, value in fields.items()) + extra + "}"
    match kind:
        case "single-quotes":
            return text.replace('"', "'")
        case "truncated-line":
            return text[: 1 + turn * 7 % (len(text) - 1)]
        case "not-an-object":
            return "42"
    return text


def broken_row(kind: str, turn: int, cells: dict[str, str]) -> str:
    """Return one row of videos or users, broken: `cells` are CSV texts by column."""
    name = "name" if "name" in cells else "fname"
    number = "creator_id" if "creator_id" in cells and turn // 2 % 2 else "id"
    match kind:
        case "too-few-cells":
            return ",".join(list(cells.values())[:3])
        case "too-many-cells":
            return ",".join([*cells.values(), "surplus"])
        case "empty-cell":
            cells[tuple(cells)[turn % 5]] = ""  # the first five columns are required in both
        case "id-leading-zero":
            cells[number] = f"0{cells[number]}"
        case "id-plus-sign":
            cells[number] = f"+{cells[number]}"
        case "id-minus-sign":
            cells[number] = f"-{cells[number]}"
        case "id-spaces":
            cells[number] = f" {cells[number]}"
        case "id-decimal":
            cells[number] += ".0"
        case "id-exponent":
            cells[number] = "1e3"
        case "id-past-64-bits":
            cells[number] = str(2**63 + turn)
        case "unicode-digits":
            cells[number] = cells[number].translate(_WIDE_DIGITS)
        case "bad-boolean":
            flag = "private" if "private" in cells else "subscription"
            cells[flag] = ("yes", "2", "t")[turn % 3]
        case "bad-quotes":
            cells[name] = ('"Never closed', '"Closed" too early')[turn % 2]
        case "nul-character":
            cells[name] = "No\0where"
        case "not-utf8":
            cells[name] = f"Ren{NOT_UTF8}"
        case "bad-url":
            cells["url"] = ("no link", "ftp://files.example.com/1", "www.example.com")[turn % 3]
        case "bad-email":
            cells["email"] = ("nobody", "nobody.example.com", "a b@example.com")[turn % 3]
        case "bad-country":
            cells["country"] = ("xxx", "us", "U", "ÅÄ")[turn % 4]
        case "bad-timestamp":
            column = "updated_at" if "updated_at" in cells else "creation_timestamp"
            cells[column] = ("yesterday", "2026-01-01", "1767225600000")[turn % 3]
    return ",".join(cells.values())
