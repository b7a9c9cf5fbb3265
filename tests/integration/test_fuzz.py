"""What reads bytes from outside is given hostile ones, under sanitizers (`scripts/fuzz`): first those that are
kept, which reach much of the code and among which is all that once broke it, then some seconds of new ones."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from dev_process import ROOT

FUZZ = ROOT / "scripts" / "fuzz"
#: For each target; more for those that read what anybody on the network sends.
SECONDS, NETWORK_SECONDS = 8, 60
NETWORK = {"request", "edge_server", "form", "routing", "url"}
TARGETS = subprocess.run([FUZZ, "--list"], capture_output=True, text=True, check=True).stdout.split()

pytestmark = pytest.mark.skipif(
    shutil.which("clang++-16") is None, reason="there is no clang++-16, which has libFuzzer"
)


# The first one builds what all have in common.
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("target", TARGETS)
def test_hostile_bytes_are_read_or_refused(target: str) -> None:
    seconds = NETWORK_SECONDS if target in NETWORK else SECONDS
    done = subprocess.run([FUZZ, target, "--seconds", str(seconds)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{target}: " in done.stdout
