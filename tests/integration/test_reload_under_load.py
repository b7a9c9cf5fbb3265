"""Reloads while requests come: none is dropped, and none is answered by half-old code."""

import sys

import pytest

from dev_process import ROOT

sys.path.insert(0, str(ROOT / "tests" / "bench"))

import reload  # noqa: E402


@pytest.mark.timeout(1200)
def test_two_hundred_edits_under_sixteen_connections(template, dev):
    directory = template("hello")
    entry = directory / "src" / "entry.py"
    entry.write_text(reload.WORKER.format(number=0))
    with dev(directory, "--no-sync") as session:
        result = reload.edit_under_load(int(session.url.rsplit(":", 1)[1]), entry, 200, 16)
        assert result.failures == []
        assert len(result.milliseconds) == 200
        assert result.requests > 16 * 200
