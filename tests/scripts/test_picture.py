"""The script that makes a picture of a command's output."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts/picture.py"


def picture(out: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, str(SCRIPT), "--out", str(out), "--title", "a & b"),
            *("--", sys.executable, "-c", code),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def texts(out: Path) -> str:
    found = ElementTree.parse(out).iter("{http://www.w3.org/2000/svg}text")
    return "\n".join(each.text or "" for each in found).replace("\xa0", " ")


def test_the_picture_shows_what_a_terminal_shows_in_the_end(tmp_path: Path) -> None:
    out = tmp_path / "new/picture.svg"
    code = (
        "import sys; print('\\x1b[1mbold\\x1b[0m <tag> é'); print('10%', end='\\r');"
        "print('100% done'); print('gone\\x1b[1A'); print('\\x1b[2Kinstead'); "
        "print('not in the picture', file=sys.stderr)"
    )
    done = picture(out, code)
    assert (done.returncode, done.stdout.strip()) == (0, str(out))
    assert "not in the picture" in done.stderr
    shown = texts(out)
    for wanted in ("a & b", "bold", "<tag> é", "100% done", "instead"):
        assert wanted in shown
    assert "10%\n" not in shown
    assert "http" not in out.read_text().replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('half'); raise SystemExit(3)", "failed with exit status 3"),
        ("import os; print(os.getcwd())", "it would show a folder of this machine"),
    ],
)
def test_no_picture_is_made_of_a_failure_or_of_this_machine(
    tmp_path: Path, code: str, said: str
) -> None:
    done = picture(tmp_path / "picture.svg", code)
    assert done.returncode == 1
    assert said in done.stderr
    assert not (tmp_path / "picture.svg").exists()
