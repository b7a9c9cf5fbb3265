"""How long uv waits for an interpreter of ours that it has not met, for each Python.

    build/deps/uv/bin/uv run --no-project tests/bench/interpreter_query.py [--rounds N]

Each figure is a whole run of `uv python find` with an empty cache of uv's and of cwrangler's: with the
answer that comes with the install tree; without it, as for a uv that asks something else, from the
snapshot that comes with it; and with neither, so that Python is booted. The last row is a Python of
this machine, for comparison.
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


def milliseconds(interpreter: str, variables: dict[str, str]) -> float:
    """One question of a uv that knows nothing, to a cwrangler that has kept nothing."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CWRANGLER_CACHE_DIR": f"{folder}/cwrangler",
                       "UV_PYTHON_DOWNLOADS": "never", **variables}
        start = time.perf_counter()
        subprocess.run([UV, "--cache-dir", f"{folder}/uv", "python", "find", "--no-project", interpreter],
                       env=environment, check=True, capture_output=True)
        return (time.perf_counter() - start) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as share:
        for asset in (BUILD / "share" / "cwrangler").iterdir():
            if asset.name != "interpreter":
                (Path(share) / asset.name).symlink_to(asset)
        ways = [{}, {"CWRANGLER_SHARE": share}, {"CWRANGLER_SHARE": share, "CWRANGLER_SNAPSHOTS": "0"}]
        print("| uv asks, ms (median) | answer installed | from a snapshot | Python booted |")
        print("|---|---|---|---|")
        for version in ("3.12", "3.13", "3.14"):
            program = BUILD / "lib" / "cwrangler" / "python" / version / "bin" / f"python{version}"
            taken = [statistics.median(milliseconds(str(program), way) for _ in range(rounds)) for way in ways]
            figures = " | ".join(f"{figure:.0f}" for figure in taken)
            print(f"| Python {version} of a Worker | {figures} |", flush=True)
        own = statistics.median(milliseconds(sys.executable, {}) for _ in range(rounds))
        print(f"| this machine's Python | | | {own:.0f} |")


if __name__ == "__main__":
    main()
