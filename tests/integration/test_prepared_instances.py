"""The next start of a Worker is begun before it is asked for: after an edit, or the loss of an instance."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from runtime_process import PATIENCE, Runtime, running, worker_config

BEGUN = "the next start was begun"
GOES_ON = "a start that was begun goes on"
PREPARED_IS_USED = "an interpreter that was prepared is used"

WORKER = """
    import os, random, secrets
    from urllib.parse import urlsplit
    from workers import Response, WorkerEntrypoint
    import other

    VALUE = "first"

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            path = urlsplit(request.url).path
            if path == "/die":
                os._exit(3)
            if path == "/chance":
                return Response(f"{random.random()} {secrets.token_hex()}")
            return Response(f"{VALUE} {other.VALUE} {getattr(self.env, 'COLOR', 'none')}")
"""


class Edited:
    """A Worker in a runtime that says what it does, and its sources."""

    def __init__(self, runtime: Runtime, source: Path, log: Path) -> None:
        self.runtime = runtime
        self.source = source
        self._log = log
        self._seen = 0

    def write(self, name: str, text: str) -> None:
        (self.source / name).write_text(dedent(text))

    def replace(self, old: str, new: str) -> None:
        path = self.source / "entry.py"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def load(self, python: str = "3.14", **more: object) -> None:
        config = worker_config(self.source) | {"python_version": python} | more
        self.runtime.load(config)
        self.runtime.wait_for("loaded")

    def answer(self, path: str = "/") -> str:
        status, text = self.runtime.get(path)
        assert status == 200, text
        return text

    def _said(self) -> str:
        return self._log.read_text()[self._seen :]

    def wait_until_begun(self) -> None:
        """Until the next start was begun."""
        end = time.monotonic() + PATIENCE
        while BEGUN not in self._said():
            assert time.monotonic() < end, self._said()
            time.sleep(0.01)
        self._seen += len(self._said())

    def went_on(self) -> bool:
        """Whether the start after that did."""
        return GOES_ON in self._said()


@pytest.fixture
def edited(tmp_path: Path) -> Iterator[Edited]:
    log = tmp_path / "log"
    source = tmp_path / "src"
    source.mkdir()
    with running(env={"CWRANGLER_LOG": "debug"}, log=log) as runtime:
        worker = Edited(runtime, source, log)
        worker.write("entry.py", WORKER)
        worker.write("other.py", "VALUE = 'one'\n")
        yield worker


@pytest.mark.parametrize("python", ["3.12", "3.13", "3.14"])
def test_an_edited_worker_goes_on_from_what_was_begun(edited: Edited, python: str) -> None:
    edited.load(python)
    assert edited.answer() == "first one none"
    edited.wait_until_begun()
    for value in ("two", "three"):
        edited.write("other.py", f"VALUE = {value!r}\n")
        edited.load(python)
        assert edited.answer() == f"first {value} none"
        assert edited.went_on()
        edited.wait_until_begun()


def test_modules_may_come_and_go(edited: Edited) -> None:
    edited.load()
    edited.wait_until_begun()
    edited.write("other.py", "from another import VALUE\n")
    edited.write("another.py", "VALUE = 'two'\n")
    edited.load()
    assert edited.answer() == "first two none"

    edited.wait_until_begun()
    (edited.source / "another.py").unlink()
    edited.write("other.py", "VALUE = 'three'\n")
    edited.load()
    assert edited.answer() == "first three none"


def test_what_the_worker_begins_with_may_change(edited: Edited) -> None:
    edited.load()
    edited.wait_until_begun()
    edited.replace("import other", "import decimal, other")
    edited.replace('"first"', 'str(decimal.Decimal("1.5"))')
    edited.load()
    assert edited.answer() == "1.5 one none"
    assert not edited.went_on()


def test_the_configuration_may_change(edited: Edited) -> None:
    edited.load()
    edited.wait_until_begun()
    edited.load(bindings=[{"name": "COLOR", "type": "plain_text", "text": "blue"}])
    assert edited.answer() == "first one blue"
    assert not edited.went_on()
    edited.wait_until_begun()
    edited.replace('"first"', '"second"')
    edited.load(bindings=[{"name": "COLOR", "type": "plain_text", "text": "blue"}])
    assert edited.answer() == "second one blue"
    assert edited.went_on()


def test_the_version_of_python_may_change(edited: Edited) -> None:
    edited.load("3.14")
    edited.wait_until_begun()
    edited.load("3.13")
    assert edited.answer() == "first one none"
    assert not edited.went_on()


def test_an_error_in_the_code_leaves_the_next_start_begun(edited: Edited) -> None:
    edited.load()
    edited.wait_until_begun()
    edited.write("other.py", "VALUE = (\n")
    edited.runtime.load(worker_config(edited.source))
    edited.runtime.wait_for("load_failed")
    assert edited.answer() == "first one none"
    edited.wait_until_begun()
    edited.write("other.py", "VALUE = 'mended'\n")
    edited.load()
    assert edited.answer() == "first mended none"
    assert edited.went_on()


def test_a_lost_instance_is_replaced_by_what_was_begun(edited: Edited) -> None:
    edited.load()
    chances = {edited.answer("/chance")}
    for _ in range(3):
        edited.wait_until_begun()
        status, _ = edited.runtime.get("/die")
        assert status == 500
        edited.runtime.wait_for("restarted")
        chances.add(edited.answer("/chance"))
        assert edited.went_on()
    # Each has random numbers of its own, although all came from one memory.
    numbers = [number for chance in chances for number in chance.split()]
    assert len(set(numbers)) == 8


@pytest.mark.parametrize("python", ["3.12", "3.13", "3.14"])
def test_an_interpreter_is_prepared_before_the_worker_is_known(tmp_path: Path, python: str) -> None:
    """Whatever the Worker then is: with a snapshot of its own or without."""
    source = tmp_path / "src"
    source.mkdir()
    chances = []
    for attempt in ("makes its snapshot", "goes on from it", "another interpreter was prepared"):
        prepared = python if "another" not in attempt else {"3.14": "3.13"}.get(python, "3.14")
        log = tmp_path / f"{attempt}.log"
        with running("--one-worker", env={"CWRANGLER_LOG": "debug"}, log=log) as runtime:
            worker = Edited(runtime, source, log)
            if not (source / "entry.py").exists():
                worker.write("entry.py", WORKER)
                worker.write("other.py", "VALUE = 'one'\n")
            runtime.send({"type": "prepare", "python_version": prepared})
            worker.load(python)
            assert worker.answer() == "first one none", attempt
            chances += worker.answer("/chance").split()
        assert (PREPARED_IS_USED in log.read_text()) == (prepared == python), attempt
    assert len(set(chances)) == 6


def test_what_cannot_be_prepared_does_not_hinder_a_start(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running("--one-worker", env={"CWRANGLER_LOG": "debug"}, log=log) as runtime:
        worker = Edited(runtime, tmp_path, log)
        worker.write("entry.py", WORKER)
        worker.write("other.py", "VALUE = 'one'\n")
        for version in ("2.7", "", 3.14, None, "../../etc"):
            runtime.send({"type": "prepare", "python_version": version})
        worker.load()
        assert worker.answer() == "first one none"
