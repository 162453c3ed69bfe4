"""A set-up is one virtual environment with what a lock file names, the project itself, and a Java that fits.

    python3 tools/bootstrap.py [--venv .venv] [--lock requirements/dev.txt] [--jre requirements/jre.txt]

Needs Python 3.11 or newer and the network, nothing else: neither root nor ensurepip, neither Java nor a compiler. pip
comes from the wheel beside this file. A second call with unchanged files is over at once.
"""

from __future__ import annotations  # any Python 3.7 can read this far, and say what it lacks

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PIP = ROOT / "tools" / "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
OLDEST = (3, 11)
NAMES = ("python3", "python3.11", "python3.12", "python3.13", "python3.14")
JAVA = """import pyspark
from dedup_spark import errors
from dedup_spark.spark import java, session
try:
    print("Spark will run on", java.choose(session.version(pyspark.__version__)))
except errors.BadInput as missing:
    raise SystemExit(str(missing))"""


def main() -> None:
    arguments = argparse.ArgumentParser(description="Sets up a virtual environment for this checkout.")
    arguments.add_argument("--venv", default=".venv", help="where (default: %(default)s)")
    arguments.add_argument("--lock", default="requirements/dev.txt", help="what to install (default: %(default)s)")
    arguments.add_argument("--jre", default="requirements/jre.txt", help="Java, where none fits (default: %(default)s)")
    given = arguments.parse_args()
    venv, lock, jre = ROOT / given.venv, ROOT / given.lock, ROOT / given.jre
    stamp, wanted = venv / "set-up", digest(lock, jre)
    if stamp.is_file() and stamp.read_text("utf-8") == wanted and (venv / "bin" / "python").exists():
        return
    make(venv)
    print(f"Setting up {given.venv}: takes minutes, about 700 MB are fetched", flush=True)
    install(venv, "--require-hashes", "-r", str(ROOT / "requirements" / "build.txt"))
    install(venv, "--require-hashes", "--no-build-isolation", "-r", str(lock))
    install(venv, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    if ask_for_java(venv).returncode:
        install(venv, "--require-hashes", "-r", str(jre))
    java = ask_for_java(venv)
    if java.returncode:
        sys.exit(java.stderr)
    print(java.stdout, end="")
    stamp.write_text(wanted, "utf-8")


def digest(*files: Path) -> str:
    """What the set-up depends on, the Java of this machine included: when it changes, the set-up is made anew."""
    ours = (Path(__file__), ROOT / "pyproject.toml", ROOT / "requirements" / "build.txt", *files)
    machine = f"{os.environ.get('JAVA_HOME')} {shutil.which('java')}".encode()
    return hashlib.sha256(b"\0".join([machine, *(file.read_bytes() for file in ours)])).hexdigest()


def make(venv: Path) -> None:
    """An environment without pip, which needs no ensurepip; one that works already is kept."""
    python = venv / "bin" / "python"
    if python.exists() and subprocess.run([str(python), "-c", ""], stderr=subprocess.DEVNULL).returncode == 0:
        return
    run([newest_enough(), "-m", "venv", "--clear", "--without-pip", str(venv)])


def newest_enough() -> str:
    """The command of a Python that serves: the one that runs this, or else one on PATH."""
    for candidate in (sys.executable, *NAMES):
        command = shutil.which(candidate)
        test = f"import sys, venv; sys.exit(sys.version_info < {OLDEST})"
        if command and subprocess.run([command, "-c", test], stderr=subprocess.DEVNULL).returncode == 0:
            return command
    version = ".".join(map(str, OLDEST))
    sys.exit(
        f"dedup-spark needs Python {version} or newer; {sys.executable} is {sys.version.split()[0]}; PATH has none.\n"
        f"Install one (Debian, Ubuntu: apt install python{version}; macOS: brew install python@{version}), "
        f"or name it: make PYTHON=/path/to/python{version}"
    )


def install(venv: Path, *arguments: str) -> None:
    """pip, from the wheel in this checkout; a wheel that was tampered with is refused."""
    if hashlib.sha256(PIP.read_bytes()).hexdigest() != PIP_SHA256:
        sys.exit(f"{PIP.name} is not the file it should be (its SHA-256 differs): check the checkout out again.")
    options = ("-qq", "--disable-pip-version-check", "--no-input", "--root-user-action", "ignore")
    run([str(venv / "bin" / "python"), str(PIP / "pip"), "install", *options, *arguments])


def ask_for_java(venv: Path) -> subprocess.CompletedProcess[str]:
    """Whether the environment finds a Java that its Spark runs on: prints which, or fails and says what is missing."""
    return subprocess.run([str(venv / "bin" / "python"), "-c", JAVA], cwd=str(ROOT), capture_output=True, text=True)


def run(command: list[str]) -> None:
    """Runs to the end or ends with the command's own failure, which has said why."""
    code = subprocess.run(command).returncode
    if code:
        sys.exit(f"Set-up failed ({' '.join(command[:4])} ... ended with {code}); the lines above say why.")


if __name__ == "__main__":
    main()
