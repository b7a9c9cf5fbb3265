"""What reads bytes from outside is given hostile ones, under sanitizers (`scripts/fuzz`): first those that are
kept, which reach much of the code and among which is all that once broke it, then some seconds of new ones."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from dev_process import ROOT

FUZZ = ROOT / "scripts" / "fuzz"
SECONDS = 8
TARGETS = subprocess.run([FUZZ, "--list"], capture_output=True, text=True, check=True).stdout.split()

pytestmark = pytest.mark.skipif(
    shutil.which("clang++-16") is None, reason="there is no clang++-16, which has libFuzzer"
)


# The first one builds what all have in common.
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("target", TARGETS)
def test_hostile_bytes_are_read_or_refused(target: str) -> None:
    done = subprocess.run([FUZZ, target, "--seconds", str(SECONDS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{target}: " in done.stdout
