"""Several instances of a Worker answer from the same sockets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from runtime_process import Runtime, running, worker_config

WORKER = """
    import os, time, uuid
    from urllib.parse import urlsplit
    from workers import Response, WorkerEntrypoint

    VALUE = "first"
    name = None

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            global name
            path = urlsplit(request.url).path
            if path == "/die":
                os._exit(3)
            name = name or str(uuid.uuid4())
            if path == "/busy":
                end = time.monotonic() + 0.1
                while time.monotonic() < end:
                    pass
            return Response(f"{VALUE} {name}")
"""

COUNT = 3
MOST_ROUNDS = 200


def answers_at_once(runtime: Runtime, count: int = 2 * COUNT) -> list[str]:
    """To requests that keep an instance from accepting more, each on a connection of its own."""
    answers: list[str] = []

    def ask() -> None:
        status, text = runtime.get("/busy")
        answers.append(text if status == 200 else f"{status} {text}")

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def wait_for_instances(runtime: Runtime, value: str, count: int = COUNT) -> set[str]:
    """The names of that many instances, once each has answered."""
    seen: set[str] = set()
    for _ in range(MOST_ROUNDS):
        for answer in answers_at_once(runtime):
            assert answer.startswith(f"{value} "), answer
            seen.add(answer.split()[1])
        if len(seen) >= count:
            return seen
    raise AssertionError(f"only {len(seen)} instances have answered")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "entry.py").write_text(dedent(WORKER))
    return folder


@pytest.fixture
def runtime(source: Path, tmp_path: Path) -> Iterator[Runtime]:
    cache = {"CWRANGLER_CACHE_DIR": str(tmp_path / "cache")}
    with running("--instances", str(COUNT), env=cache) as started:
        started.load(worker_config(source))
        started.wait_for("loaded")
        yield started


def test_instances_answer_side_by_side(runtime: Runtime) -> None:
    assert len(wait_for_instances(runtime, "first")) == COUNT


def test_a_reload_replaces_all_of_them(runtime: Runtime, source: Path) -> None:
    before = wait_for_instances(runtime, "first")
    entry = source / "entry.py"
    entry.write_text(entry.read_text().replace('"first"', '"second"'))
    runtime.load(worker_config(source))
    runtime.wait_for("loaded")
    after = wait_for_instances(runtime, "second")
    assert len(after) == COUNT and not before & after


def test_one_that_dies_is_replaced_and_the_others_go_on(runtime: Runtime) -> None:
    before = wait_for_instances(runtime, "first")
    assert runtime.get("/die")[0] == 500
    runtime.wait_for("restarted")
    seen: set[str] = set()
    for _ in range(MOST_ROUNDS):
        answers = answers_at_once(runtime)
        assert all(answer.startswith("first ") for answer in answers), answers
        seen |= {answer.split()[1] for answer in answers}
        if len(seen) == COUNT:
            break
    assert len(seen & before) == COUNT - 1 and len(seen - before) == 1


def test_code_that_does_not_start_leaves_them_as_they_are(runtime: Runtime, source: Path) -> None:
    before = wait_for_instances(runtime, "first")
    (source / "entry.py").write_text("this is no Python")
    runtime.load(worker_config(source))
    runtime.wait_for("load_failed")
    assert wait_for_instances(runtime, "first") == before


def test_one_that_hangs_is_replaced(source: Path, tmp_path: Path) -> None:
    code = dedent(WORKER).replace('if path == "/die":', 'if path == "/hang":\n            while True: pass\n'
                                  '        if path == "/die":')
    (source / "entry.py").write_text(code)
    with running("--instances", "2", env={"CWRANGLER_CACHE_DIR": str(tmp_path / "cache")}) as runtime:
        runtime.load(worker_config(source, cpu_ms=1_000))
        runtime.wait_for("loaded")
        wait_for_instances(runtime, "first", 2)
        statuses: list[int] = []
        hanging = threading.Thread(target=lambda: statuses.append(runtime.get("/hang")[0]))
        hanging.start()
        # The other one answers meanwhile and afterwards.
        while hanging.is_alive():
            assert runtime.get("/")[0] == 200
            # The runtime waits when nobody reads what it says.
            runtime.drop_messages()
        hanging.join()
        assert statuses == [500]
        wait_for_instances(runtime, "first", 2)


def test_a_dev_session_with_several(project, dev) -> None:
    folder = project("hello")
    (folder / "src" / "entry.py").write_text(dedent(WORKER))
    with dev(folder, "--instances", "2") as session:
        seen: set[str] = set()
        for _ in range(MOST_ROUNDS):
            threads = [threading.Thread(target=lambda: seen.add(session.get("/busy").text))
                       for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if len(seen) == 2:
                break
        assert len(seen) == 2
