"""What docs/architecture.md says of where things are."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/reelhouse"
PAGE = (ROOT / "docs/architecture.md").read_text()


def defined(path: Path) -> set[str]:
    """The functions, methods, classes and constants of a module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def test_each_place_of_the_table_exists() -> None:
    places = re.findall(r"^\| .* \| `([\w/]+\.py)`: `(\w+)` \|$", PAGE, re.MULTILINE)
    assert len(places) >= 30
    assert not [place for place in places if place[1] not in defined(SOURCE / place[0])]


def test_each_folder_of_the_package_is_told_of() -> None:
    (table,) = re.findall(r"^\| folder of .*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    told = set(re.findall(r"`(\w+)(?:\.py|/)`", table))
    there = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert told == there - {"__main__", "__pycache__"}


def test_each_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`([\w/]+/\w+\.py)`", PAGE))
    assert named
    assert not [name for name in named if not ((SOURCE / name).exists() or (ROOT / name).exists())]
