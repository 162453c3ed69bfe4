"""A family of processes is one and all that descend from it: its processor time and its memory, by Linux's /proc."""

import os
from pathlib import Path

KILOBYTE = 1024
TIMES = slice(11, 15)  # user, system, and the same of children that have ended, in the fields behind the name
PER_SECOND = os.sysconf("SC_CLK_TCK")


def family(parent: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = _fields(int(stat.parent.name))
        if fields:
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    members = [parent]
    for member in members:
        members.extend(children.get(member, []))
    return members


def parent(process: int) -> int | None:
    """Who started the process; None: it has ended."""
    fields = _fields(process)
    return int(fields[1]) if fields else None


def is_busy(process: int) -> bool:
    """Whether the process computes at this moment, and does not wait."""
    return _fields(process)[:1] == ["R"]


def processor(parent: int) -> float:
    """Seconds of the processor that a family has taken so far."""
    return sum(int(ticks) for member in family(parent) for ticks in _fields(member)[TIMES]) / PER_SECOND


def memory(process: int) -> int:
    """Bytes in use, each shared page divided among those that share it."""
    return _kilobytes(process, "smaps_rollup", "Pss:") * KILOBYTE


def peak(process: int) -> int:
    """Bytes that a process had at most, pages that it shares included."""
    return _kilobytes(process, "status", "VmHWM:") * KILOBYTE


def named(parent: int, word: str) -> list[int]:
    """The members of a family that have the word in their command line."""
    return [member for member in family(parent) if word in _read(member, "cmdline")]


def _fields(process: int) -> list[str]:
    """What stands behind the name, which may hold anything; nothing where the process has ended."""
    return _read(process, "stat").rpartition(")")[2].split()


def _kilobytes(process: int, file: str, name: str) -> int:
    return sum(int(line.split()[1]) for line in _read(process, file).splitlines() if line.startswith(name))


def _read(process: int, file: str) -> str:
    try:
        return Path(f"/proc/{process}/{file}").read_text()
    except OSError:
        return ""  # it has ended
