"""What a process has used, as Linux counts it (`man 5 proc`)."""

from __future__ import annotations

import os
from pathlib import Path


def cpu_s(pid: int) -> float:
    """CPU seconds of all its threads, to a hundredth."""
    return _ticks(pid, 0, 1)


def tree_cpu_s(pid: int) -> float:
    """The same with its children, those that ended included."""
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return _ticks(pid, 0, 1, 2, 3) + sum(cpu_s(int(child)) for child in below)


def peak_mb(pid: int) -> float:
    """The most that was ever resident in memory, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _ticks(pid: int, *which: int) -> float:
    # The name in brackets may hold anything; utime, stime, cutime and cstime are the 12th to 15th field behind it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
    return sum(int(fields[one]) for one in which) / os.sysconf("SC_CLK_TCK")
