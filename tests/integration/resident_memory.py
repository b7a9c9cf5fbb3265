"""What a process holds of the memory, and whether work leaves it as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

MOST_ROUNDS = 5
AT_REST = 1 << 20


def memory(pid: int, field: str) -> int:
    """A figure of /proc/PID/status, in bytes: VmRSS, or VmHWM for its peak."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def assert_work_leaves_memory(pid: int, work: Callable[[], None]) -> None:
    """Repeats ``work`` until a round of it adds less than a megabyte.

    V8 enlarges its heap in steps of several MB at times of its own choosing; after one of them a
    round adds nothing. A leak raises every round.
    """
    after_rounds: list[int] = []
    for _ in range(MOST_ROUNDS):
        work()
        after_rounds.append(memory(pid, "VmRSS"))
        if len(after_rounds) > 1 and after_rounds[-1] - after_rounds[-2] < AT_REST:
            return
    raise AssertionError(f"resident bytes after each round: {after_rounds}")
