"""What Spark needs of a machine: Java and PySpark, and what is said where one is missing."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

JAVA = 17
"""The oldest Java that Spark runs on."""

INSTALL_JAVA = "on Debian and Ubuntu, apt-get install openjdk-17-jre-headless"
INSTALL_SPARK = "pip install 'reelhouse[spark]'"


@dataclass(frozen=True)
class Java:
    """The Java that Spark would run on; `version` is its major version, if it tells one."""

    path: str
    version: int | None
    said: str


def find_java() -> Java | None:
    """Java as Spark finds it: in JAVA_HOME if that is set, else on the PATH."""
    home = os.environ.get("JAVA_HOME")
    path = shutil.which("java", path=os.path.join(home, "bin") if home else None)
    return None if path is None else _ask(path)


@cache
def _ask(path: str) -> Java:
    """What a Java says of itself; it is asked once, for that takes as long as to start it."""
    try:
        done = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)
    except OSError as error:
        return Java(path, None, str(error))
    said = (done.stderr or done.stdout).strip()
    found = re.search(r'version "(?:1\.)?([0-9]+)', said)
    first = next((line for line in said.splitlines() if "version" in line), said[:100])
    return Java(path, int(found[1]) if found else None, first)


def why_no_java() -> str | None:
    """What is wrong with this machine's Java, and how to mend it; None if nothing is."""
    java, home = find_java(), os.environ.get("JAVA_HOME")
    needed = f"The Spark engines need Java {JAVA} or newer"
    if java is None:
        there_is = f"JAVA_HOME, {home}, has no bin/java" if home else "there is none"
        mend = "or correct JAVA_HOME" if home else "or set JAVA_HOME"
        return f"{needed}, and {there_is}: {INSTALL_JAVA}; {mend}; or use --engine duckdb"
    if java.version is None:
        return f"{needed}, and {java.path} does not run: {java.said}"
    if java.version < JAVA:
        return (
            f"{needed}, and {java.path} is Java {java.version}: {INSTALL_JAVA}, and set JAVA_HOME "
            "to where it is; or use --engine duckdb"
        )
    return None


def why_no_pyspark() -> str | None:
    """Why PySpark can't be used, and how to mend it; None if it can."""
    try:
        import pyspark.sql  # noqa: F401
    except ImportError:
        return f"The Spark engines need PySpark: {INSTALL_SPARK}"
    return None
