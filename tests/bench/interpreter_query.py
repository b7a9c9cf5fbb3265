"""How long uv waits for an interpreter of ours that it has not met, for each Python.

    build/deps/uv/bin/uv run --no-project tests/bench/interpreter_query.py [--rounds N]

Each figure is a whole run of `uv python find` with an empty cache of uv's: once with nothing kept of
earlier answers, so that Python is booted, and with the answer that cwrangler keeps. The last row is
a Python of this machine, for comparison.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("CWRANGLER_BUILD", ROOT / "build"))
UV = os.environ.get("CWRANGLER_UV", str(ROOT / "build" / "deps" / "uv" / "bin" / "uv"))


def milliseconds(interpreter: str, cache: Path) -> float:
    """One question; `cache` is cwrangler's."""
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "CWRANGLER_CACHE_DIR": str(cache), "UV_PYTHON_DOWNLOADS": "never"}
        start = time.perf_counter()
        subprocess.run([UV, "--cache-dir", empty, "python", "find", "--no-project", interpreter],
                       env=environment, check=True, capture_output=True)
        return (time.perf_counter() - start) * 1000


def measure(interpreter: str, rounds: int) -> tuple[float, float]:
    """Medians in milliseconds: nothing kept, answer kept."""
    fresh, kept = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            fresh.append(milliseconds(interpreter, Path(folder) / str(number)))
            kept.append(milliseconds(interpreter, Path(folder) / str(number)))
    return statistics.median(fresh), statistics.median(kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print("| uv asks, ms (median) | nothing kept | answer kept |")
    print("|---|---|---|")
    for version in ("3.12", "3.13", "3.14"):
        program = BUILD / "lib" / "cwrangler" / "python" / version / "bin" / f"python{version}"
        fresh, kept = measure(str(program), rounds)
        print(f"| Python {version} of a Worker | {fresh:.0f} | {kept:.0f} |", flush=True)
    own, again = measure(sys.executable, rounds)
    print(f"| this machine's Python | {own:.0f} | {again:.0f} |")


if __name__ == "__main__":
    main()
