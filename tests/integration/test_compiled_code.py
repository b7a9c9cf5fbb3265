"""Compiled code that is kept between processes, of WebAssembly and of the glue: it is made, used, and never
trusted blindly."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from runtime_process import PATIENCE, RUNTIME, running, worker_config

WORKER = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(str(sum(i * i for i in range(1000))))
"""


@pytest.fixture(autouse=True)
def nothing_installed(share: Path) -> None:
    """The install tree has no code, so that all of it is made here."""
    (share / "code").unlink()


@pytest.fixture
def answer(tmp_path: Path) -> Callable[[], list[Path]]:
    """Runs a Worker in a process of its own for one request; returns the files of V8's code."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "entry.py").write_text(WORKER)
    cache = tmp_path / "cache"

    def run() -> list[Path]:
        with running(env={"CWRANGLER_CACHE_DIR": str(cache)}) as runtime:
            runtime.load(worker_config(source))
            runtime.wait_for("loaded")
            assert runtime.get("/") == (200, "332833500")
        return sorted(path for path in (cache / "code").glob("*") if path.suffix != ".kept")

    return run


def test_code_is_kept_and_used_by_the_next_process(answer: Callable[[], list[Path]]) -> None:
    files = answer()
    assert sorted(path.suffix for path in files) == [".bytecode", ".code"]
    for path in files:
        assert path.stat().st_size > 100_000
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    # A process that had to start anew would have less WebAssembly, as it has only one request to answer.
    before = {path: path.stat() for path in files}
    assert answer() == files
    for path in files:
        assert path.stat().st_size >= before[path].st_size
        if path.suffix == ".bytecode":
            assert path.stat().st_ino == before[path].st_ino


@pytest.mark.parametrize("suffix", [".bytecode", ".code"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "writable by others"])
def test_code_that_cannot_be_trusted_is_not_used(
    answer: Callable[[], list[Path]], damage: str, suffix: str
) -> None:
    (kept,) = (path for path in answer() if path.suffix == suffix)
    content = bytearray(kept.read_bytes())
    if damage == "cut":
        kept.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
        kept.write_bytes(content)
    elif damage == "empty":
        kept.write_bytes(b"")
    else:
        kept.chmod(0o666)
    before = kept.stat()
    # It is made anew, in a file of its own. A process may end before any function is optimised.
    deadline = time.monotonic() + PATIENCE
    while kept.stat().st_ino == before.st_ino:
        assert time.monotonic() < deadline
        answer()
    assert kept.stat().st_mode & 0o777 == 0o600


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """What changes when a file is written."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_installed_code_spares_the_compilation(
    answer: Callable[[], list[Path]], share: Path, tmp_path: Path
) -> None:
    made = answer()
    (share / "code").symlink_to(tmp_path / "installed")
    (tmp_path / "cache" / "code").rename(tmp_path / "installed")
    before = stamps(tmp_path / "installed")
    assert before.keys() >= {path.name for path in made}
    # What there is would be written again only with much more in it; the installed is never written.
    assert [path for path in answer() if path.suffix == ".bytecode"] == []
    assert stamps(tmp_path / "installed") == before


def test_the_interpreter_for_builds_keeps_code_as_well(tmp_path: Path) -> None:
    command = [RUNTIME, "python", "-c", "print(sum(range(10)))"]
    for _ in range(2):
        result = subprocess.run(command, env={**os.environ, "CWRANGLER_CACHE_DIR": str(tmp_path)},
                                capture_output=True, text=True, check=False)
        assert (result.returncode, result.stdout) == (0, "45\n"), result.stderr
    assert sorted(path.suffix for path in (tmp_path / "code").iterdir()) == [".bytecode", ".code"]


def test_a_cache_whose_place_is_taken_costs_nothing_but_time(
    answer: Callable[[], list[Path]], tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file")
    assert answer() == []
