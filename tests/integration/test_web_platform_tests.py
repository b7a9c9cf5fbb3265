"""The web platform tests that apply to Workers, where they are at hand: one test for each of their areas."""

from __future__ import annotations

import subprocess
import sys

import pytest
from dev_process import ROOT
from runtime_process import BUILD

sys.path.insert(0, str(ROOT / "tests" / "wpt"))
from run import AREAS, SKIPPED  # noqa: E402


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, ROOT / "tests/wpt/run.py", "--shell", BUILD / "bin" / "wpt-shell", *arguments],
        capture_output=True, text=True, timeout=900, check=False)
    if done.returncode == SKIPPED:
        pytest.skip(done.stdout.strip())
    return done


@pytest.mark.timeout(900)
@pytest.mark.parametrize("area", AREAS)
def test_area(area: str) -> None:
    done = run(area)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_fails_unexpectedly_is_said(tmp_path) -> None:
    """A file that is no part of the selection runs too, and its failures count."""
    test = tmp_path / "own.any.js"
    test.write_text("test(() => assert_equals(typeof Request, 'function'), 'good');\n"
                    "test(() => assert_true(false), 'bad');\n")
    done = run(str(test))
    assert done.returncode == 1
    assert f"FAILED {test} | bad" in done.stdout
    assert "2 in 1 files, 1 passed, 1 failed" in done.stdout
