"""YAML documents that know on which line each of their values stands.

Read strictly: keys are text and stand once, and text can be written as UTF-8.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

Place = tuple[str | int, ...]
"""Where a value stands: the keys and the numbers of list items on the way to it."""

_SURROGATE = re.compile("[\ud800-\udfff]")


class Mistake(NamedTuple):
    """What is wrong with a document: the line, the place, what it is, and the mend."""

    line: int
    place: Place
    message: str
    mend: str


@dataclass
class Document:
    """A document as plain values, the line of each place in it, and what is wrong with it."""

    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one around it."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(path: Path, *, quick: bool = False) -> Document:
    """Read a file. Where it is not YAML at all, the document has no value and one mistake.

    `quick` is for files that are known to be good: libyaml reads them, if it is there, which has
    other words for mistakes, and other limits.
    """
    document = Document()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader) if quick else yaml.SafeLoader
    try:
        document.value = _Composer(document, _text(path), loader).compose()
    except _NotYaml as reason:
        document.mistakes.append(reason.mistake)
    return document


class _NotYaml(Exception):
    def __init__(self, line: int, message: str, mend: str) -> None:
        self.mistake = Mistake(line, (), message, mend)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"the file can't be read: {error.strerror or error}"
        raise _NotYaml(1, message, "check its name and rights") from None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _NotYaml(line, "the file is not UTF-8", "save it as UTF-8") from None


class _Composer:
    def __init__(self, document: Document, text: str, loader: type[yaml.SafeLoader]) -> None:
        self.document, self.text, self.make_loader = document, text, loader
        self._around: list[yaml.Node] = []

    def compose(self) -> Any:
        try:
            self.loader = self.make_loader(self.text)
        except yaml.reader.ReaderError as error:
            line = self.text.count("\n", 0, error.position) + 1
            message = f"the character {ord(self.text[error.position]):#04x} can't stand in YAML"
            raise _NotYaml(line, message, "leave it out") from None
        try:
            node = self.loader.get_single_node()
            return None if node is None else self._value(node, ())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = 1 if mark is None else mark.line + 1
            raise _NotYaml(line, f"it is not YAML: {error.problem}", "mend the syntax") from None
        except RecursionError:
            raise _NotYaml(1, "it is nested too deeply", "take levels out") from None
        finally:
            self.loader.dispose()

    def _mistake(self, node: yaml.Node, place: Place, message: str, mend: str) -> None:
        self.document.mistakes.append(Mistake(node.start_mark.line + 1, place, message, mend))

    def _value(self, node: yaml.Node, place: Place) -> Any:
        if any(node is each for each in self._around):
            line, message = self.document.line(place), "an alias stands in what it stands for"
            self.document.mistakes.append(Mistake(line, place, message, "write it out"))
            return None
        self.document.lines.setdefault(place, node.start_mark.line + 1)
        self._around.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, place)
            if isinstance(node, yaml.SequenceNode):
                return [self._value(each, (*place, n)) for n, each in enumerate(node.value)]
            return self._scalar(node, place)
        finally:
            self._around.pop()

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._scalar(key_node, place) if key_node.id == "scalar" else None
            if not isinstance(key, str):
                self._mistake(key_node, place, "a key is not text", "put it in quotes")
                continue
            inner = (*place, key)
            if key in found:
                self._mistake(key_node, inner, "the key stands twice", "keep one of them")
            self.document.lines[inner] = key_node.start_mark.line + 1
            found[key] = self._value(value_node, inner)
        return found

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        try:
            value = self.loader.construct_object(node)
        except ValueError as error:
            self._mistake(node, place, f"{node.value} is no value: {error}", "put it in quotes")
            return None
        if isinstance(value, str) and _SURROGATE.search(value):
            message = "the text holds half of a character"
            self._mistake(node, place, message, 'write the character itself, or "\\U0001F600"')
            return None
        return value
