"""Terraform files, as far as they can be read without Terraform."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import hcl2

MARK = "__is_block__"
META = {"count", "for_each", "provider", "depends_on", "lifecycle"}
"""What every resource may have, whatever its provider."""

WORD = r"[A-Za-z_][A-Za-z0-9_-]*"


@dataclass
class Block:
    """A resource or a data source: `kind` is `resource` or `data`."""

    kind: str
    type: str
    name: str
    body: dict[str, Any]

    @property
    def address(self) -> str:
        """How other blocks refer to it."""
        return ("data." if self.kind == "data" else "") + f"{self.type}.{self.name}"


@dataclass
class Module:
    """All .tf files of a folder."""

    folder: Path
    files: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def blocks(self) -> list[Block]:
        """The resources and the data sources."""
        return [
            Block(kind, plain(type_), plain(name), body)
            for kind in ("resource", "data")
            for each in self._top(kind)
            for type_, named in unmarked(each)
            for name, body in unmarked(named)
        ]

    def of(self, type_: str) -> dict[str, Block]:
        """The blocks of a type, by name."""
        return {each.name: each for each in self.blocks if each.type == type_}

    def named(self, kind: str) -> dict[str, dict[str, Any]]:
        """The variables or the outputs, by name."""
        return {plain(name): body for each in self._top(kind) for name, body in unmarked(each)}

    @cached_property
    def locals(self) -> dict[str, Any]:
        """The local values, as they are written."""
        return {name: value for each in self._top("locals") for name, value in unmarked(each)}

    @cached_property
    def expressions(self) -> list[str]:
        """All expressions, in the order of the files."""
        return list(expressions(self.files))

    def referred(self, pattern: str) -> set[str]:
        """What the expressions refer to by a pattern with one group, texts in quotes left out."""
        found = set()
        for each in self.expressions:
            found |= set(re.findall(rf"(?<![\w.]){pattern}", each))
        return found

    def _top(self, kind: str) -> Iterator[dict[str, Any]]:
        for file in self.files:
            yield from file.get(kind, ())


@lru_cache
def read(folder: Path) -> Module:
    """Parse a folder's files. Raises an error of lark's for one that is not HCL."""
    files = []
    for path in sorted(folder.glob("*.tf")):
        with path.open(encoding="utf-8") as file:
            files.append(hcl2.load(file))
    return Module(folder, files)


def unmarked(block: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """A block's items without the parser's own."""
    return ((key, value) for key, value in block.items() if not key.startswith("__"))


def plain(text: str) -> str:
    """A text without its quotes."""
    return text.strip('"')


def expressions(value: Any) -> Iterator[str]:
    """What a value holds of `${…}`, whole, with what is nested in it."""
    if isinstance(value, str):
        if "${" in value:
            yield value
    elif isinstance(value, list):
        for each in value:
            yield from expressions(each)
    elif isinstance(value, dict):
        for key, each in unmarked(value):
            yield from expressions(key)
            yield from expressions(each)


def parts(body: dict[str, Any]) -> Iterator[tuple[str, Any, bool]]:
    """The arguments and nested blocks of a body: name, value, and whether it is a block.

    A `dynamic` block counts as the block that it makes.
    """
    for name, value in unmarked(body):
        if name == "dynamic":
            for each in value:
                for label, made in unmarked(each):
                    yield plain(label), made["content"], True
        elif isinstance(value, list) and value and all(is_block(each) for each in value):
            yield name, value, True
        else:
            yield name, value, False


def is_block(value: Any) -> bool:
    """Whether the parser took a value for a block, and not for an argument's object."""
    return isinstance(value, dict) and MARK in value
