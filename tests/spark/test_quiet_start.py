"""What a JVM says while it starts is kept back, unless it does not start."""

import subprocess
import sys
from pathlib import Path

CODE = """
import os, subprocess, threading
from reelhouse.spark.session import _jvm_kept_quiet

def start(script):
    return subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=1, stderr=2)

with _jvm_kept_quiet():
    process = start(
        "echo noise; echo noise >&2; touch ready; read word; echo later >&2; echo later still"
    )
    while not os.path.exists("ready"):
        pass
    if {fails}:
        process.communicate(b"go\\n")
        raise ValueError("it did not start")
process.communicate(b"go\\n")
print("result")
for each in set(threading.enumerate()) - {threading.main_thread()}:
    each.join(60)
"""


def run(folder: Path, fails: bool) -> "subprocess.CompletedProcess[str]":
    code = CODE.replace("{fails}", str(fails))
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=folder
    )


def test_only_what_is_said_after_the_start_is_told_and_on_stderr(tmp_path: Path) -> None:
    done = run(tmp_path, fails=False)
    assert (done.stdout, done.stderr) == ("result\n", "later\nlater still\n")


def test_all_that_was_said_is_told_if_it_does_not_start(tmp_path: Path) -> None:
    done = run(tmp_path, fails=True)
    assert done.stdout == ""
    assert "noise\nnoise\nlater\nlater still\n" in done.stderr
    assert "it did not start" in done.stderr
