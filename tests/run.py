"""Runs every test program and prints one line of totals.

Unit tests are doctest programs (``<build>/bin/*_test``), integration tests are pytest's. Both write
JUnit XML, from which the totals are added up. The exit status is 0 only when nothing failed and
something passed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Totals:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add_report(self, report: Path) -> None:
        """Adds the test cases of one JUnit file."""
        for case in ElementTree.parse(report).iter("testcase"):
            problem = case.find("failure")
            problem = case.find("error") if problem is None else problem
            if problem is not None:
                self.failed += 1
                print(f"FAILED {case.get('classname')}: {case.get('name')}")
                print(problem.text or problem.get("message"), flush=True)
            elif case.find("skipped") is not None:
                self.skipped += 1
            else:
                self.passed += 1

    def __str__(self) -> str:
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def run(command: list[str], report: Path, totals: Totals, environment: dict[str, str]) -> None:
    """Runs one test program. One that dies without a report counts as a failed test."""
    print(f"\n== {Path(command[0]).name} {' '.join(command[1:3])}", flush=True)
    failed_before = totals.failed
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    try:
        totals.add_report(report)
    except (OSError, ElementTree.ParseError) as problem:
        print(f"no test report from {command[0]} (status {status}): {problem}")
        totals.failed += 1
    # pytest's 5 is "no test was chosen", which an option such as -k may rightly lead to.
    if status not in (0, 5) and totals.failed == failed_before:
        print(f"{command[0]} ended with status {status} though no test failed")
        totals.failed += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build", help="the build tree to test")
    parser.add_argument("--unit", action="store_true", help="only the unit tests")
    options, pytest_options = parser.parse_known_args()

    build = (ROOT / options.build).resolve()
    environment = {**os.environ, "CWRANGLER_BUILD": str(build)}
    totals = Totals()
    with tempfile.TemporaryDirectory() as scratch:
        if not pytest_options or options.unit:
            for program in sorted((build / "bin").glob("*_test")):
                report = Path(scratch) / f"{program.name}.xml"
                command = [str(program), "--reporters=junit", f"--out={report}"]
                run(command, report, totals, environment)
        if not options.unit:
            report = Path(scratch) / "pytest.xml"
            command = [sys.executable, "-m", "pytest", "tests", f"--junitxml={report}"]
            run(command + pytest_options, report, totals, environment)
    print(f"\n{totals}")
    return 0 if totals.failed == 0 and totals.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
