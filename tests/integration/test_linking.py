"""Main modules that are linked ahead of time: the linker's own tests, and symbols that are only looked up
while a Worker runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from runtime_process import BUILD, running, worker_config

WORKER = """
import ctypes
from workers import Response, WorkerEntrypoint

# Of CPython, and one that nothing in the release has.
text = ctypes.pythonapi.PyUnicode_FromString
text.restype = ctypes.py_object
text.argtypes = [ctypes.c_char_p]

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        try:
            ctypes.pythonapi.NoSuchFunction
        except AttributeError:
            missing = True
        return Response.json([text(b"found"), missing])
"""


def test_the_linker() -> None:
    cargo = shutil.which("cargo")
    assert cargo is not None
    manifest = BUILD / "runtime" / "python" / "releases" / "relink" / "Cargo.toml"
    result = subprocess.run(
        [cargo, "test", "--release", "--quiet", "--jobs", "2", "--manifest-path", str(manifest)],
        capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "4 passed" in result.stdout


@pytest.mark.parametrize("python", ["3.12", "3.13", "3.14"])
def test_symbols_are_found_by_name(tmp_path: Path, python: str) -> None:
    (tmp_path / "entry.py").write_text(WORKER)
    with running() as runtime:
        runtime.load({**worker_config(tmp_path), "python_version": python})
        runtime.wait_for("loaded")
        assert runtime.get("/") == (200, '["found", true]')
