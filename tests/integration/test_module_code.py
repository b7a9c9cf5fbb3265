"""Python modules are compiled once, and again when their source is another."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent

import pytest
from runtime_process import running, worker_config

WORKER = """
    from other import VALUE
    from workers import Response, WorkerEntrypoint

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            return Response(VALUE)
"""

PYTHONS = ["3.12", "3.13", "3.14"]


class Worker:
    """Each answer comes from a process of its own, which starts without a snapshot of the Worker."""

    def __init__(self, folder: Path, python: str) -> None:
        self.source = folder / "source"
        self.source.mkdir()
        self.cache = folder / "cache"
        self.python = python
        (self.source / "entry.py").write_text(dedent(WORKER))

    def answer(self, value: str) -> str:
        """With this text in the module ``other``, whose size and time of change stay as they are."""
        module = self.source / "other.py"
        module.write_text(f"VALUE = {value!r}\n")
        os.utime(module, (1, 1))
        with running(env={"CWRANGLER_CACHE_DIR": str(self.cache)}) as runtime:
            runtime.load({**worker_config(self.source), "python_version": self.python})
            runtime.wait_for("loaded")
            status, text = runtime.get("/")
        assert status == 200, text
        for snapshot in (self.cache / "snapshots").glob("*.worker"):
            snapshot.unlink()
        return text

    def kept(self, value: str) -> Path:
        """The file with the code of a module that has this text in it."""
        (found,) = (path for path in (self.cache / "code").glob("*.kept")
                    if value.encode() in path.read_bytes())
        return found


@pytest.fixture(params=PYTHONS)
def worker(request: pytest.FixtureRequest, tmp_path: Path) -> Worker:
    return Worker(tmp_path, request.param)


def test_code_is_found_by_its_source(worker: Worker) -> None:
    assert [worker.answer(value) for value in ("red", "two", "red")] == ["red", "two", "red"]
    assert worker.kept("red").stat().st_mode & 0o777 == 0o600


def test_code_that_was_kept_is_used(worker: Worker) -> None:
    worker.answer("red")
    worker.answer("two")
    red, two = worker.kept("red"), worker.kept("two")
    red.write_bytes(two.read_bytes())
    assert worker.answer("red") == "two"


@pytest.mark.parametrize("damage", ["cut", "flipped", "writable by others"])
def test_code_that_cannot_be_trusted_is_made_again(worker: Worker, damage: str) -> None:
    worker.answer("red")
    path = worker.kept("red")
    content = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[-3] ^= 1
        path.write_bytes(content)
    else:
        worker.answer("two")
        path.write_bytes(worker.kept("two").read_bytes())
        path.chmod(0o666)
    assert worker.answer("red") == "red"


def test_an_error_shows_the_line_as_it_is_now(worker: Worker) -> None:
    broken = "def fail():\n    raise ValueError('why')\n"
    (worker.source / "entry.py").write_text("import broken\nbroken.fail()\n")
    for above in ("", "# above\n"):
        for _ in range(2):
            (worker.source / "broken.py").write_text(above + broken)
            with running(env={"CWRANGLER_CACHE_DIR": str(worker.cache)}) as runtime:
                runtime.load({**worker_config(worker.source), "python_version": worker.python})
                stack = runtime.wait_for("load_failed")["stack"]
            assert f'broken.py", line {2 + len(above) // 8}, in fail' in stack
            assert "raise ValueError('why')" in stack


def test_a_syntax_error_shows_the_workers_code_alone(worker: Worker) -> None:
    (worker.source / "entry.py").write_text("import broken\n")
    (worker.source / "broken.py").write_text("VALUE = (\n")
    with running(env={"CWRANGLER_CACHE_DIR": str(worker.cache)}) as runtime:
        runtime.load({**worker_config(worker.source), "python_version": worker.python})
        stack = runtime.wait_for("load_failed")["stack"]
    assert 'entry.py", line 1, in <module>' in stack
    assert 'broken.py", line 1' in stack
    assert "module_code.py" not in stack and "importlib" not in stack, stack
