"""Compares what instances of one snapshot draw from chance: no two may share a number.

build/deps/pytest/bin/python tests/bench/chance.py [--instances 10000]

It is the test of tests/integration/test_snapshot_faults.py with more instances: each is restored from the
snapshot in one process, draws from six sources, and is replaced by the next.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TEST = "tests/integration/test_snapshot_faults.py::test_no_two_restores_share_a_random_number"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=10_000)
    count = parser.parse_args().instances
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", TEST, "-q", "-n", "0", "--timeout=0", "-p", "no:cacheprovider"],
        cwd=ROOT, env={**os.environ, "CWRANGLER_CHANCE_INSTANCES": str(count)}, check=False,
    )
    passed = time.perf_counter() - began
    if done.returncode == 0:
        print(f"{count} instances, {6 * count} numbers, none twice; "
              f"{passed / count * 1000:.1f} ms each")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
