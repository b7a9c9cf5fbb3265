"""Handlers that block (`run_sync`): many at once in one interpreter, and many after each other."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from resident_memory import assert_work_leaves_memory
from runtime_process import Runtime, ask, running, worker_config

VERSIONS = ("3.12", "3.13", "3.14")

WORKER = """
import asyncio
import gc
import time

from pyodide.ffi import run_sync
from workers import Response, WorkerEntrypoint

inside = most = 0

# Each level is a call from C, which keeps what Python needs to know of it on the C stack.
def nested(depth, action):
    if depth == 0:
        return action()
    return max([None], key=lambda _: nested(depth - 1, action))

def collect():
    for _ in range(20):
        gc.collect(1)

class Default(WorkerEntrypoint):
    def fetch(self, request):
        global inside, most
        action = request.url.rsplit("/", 1)[1]
        if action == "most":
            return Response(str(most))
        inside += 1
        most = max(most, inside)
        if action == "run_sync":
            run_sync(asyncio.sleep(0.05))
        elif action == "sleep":
            time.sleep(0.05)
        elif action == "collect":
            run_sync(asyncio.sleep(0.3))
            nested(30, collect)
        elif action == "nested":
            nested(30, lambda: run_sync(asyncio.sleep(0.6)))
        elif action == "run":
            asyncio.run(asyncio.sleep(0.05))
        inside -= 1
        return Response("done")
"""

REQUESTS = 200
ONE = 0.05  # seconds that each of them waits


@pytest.fixture(scope="module", params=VERSIONS)
def worker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    folder: Path = tmp_path_factory.mktemp("blocking")
    (folder / "entry.py").write_text(WORKER)
    with running() as runtime:
        runtime.load({**worker_config(folder), "python_version": request.param})
        runtime.wait_for("loaded")
        runtime.python = request.param
        yield runtime


@pytest.mark.parametrize("how", ["run_sync", "sleep", "run"])
def test_requests_that_block_do_so_together(worker: Runtime, how: str) -> None:
    answers: list[tuple[int, str]] = []

    def request() -> None:
        answers.append(worker.get(f"/{how}"))

    worker.drop_messages()
    threads = [threading.Thread(target=request) for _ in range(REQUESTS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.monotonic() - began
    assert answers == [(200, "done")] * REQUESTS
    # One after the other would take ten seconds.
    assert taken < 0.3 * REQUESTS * ONE
    assert int(worker.get("/most")[1]) > 3


def test_garbage_is_collected_while_calls_are_suspended(worker: Runtime) -> None:
    """The one that collects goes on where the stacks of the others were."""
    answers: list[tuple[int, str]] = []
    threads = []
    for action in ("collect", "nested", "nested"):
        threads.append(threading.Thread(target=lambda to=action: answers.append(worker.get(f"/{to}"))))
        threads[-1].start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert answers == [(200, "done")] * 3


def test_blocking_requests_leave_the_memory_as_it_is(worker: Runtime) -> None:
    """10,000 that wait 50 ms each on the newest Python; fewer on the others, which share all but the glue.

    Each client sends one after the other. There are fifty of them, or it would take ten minutes.
    """
    each = 100 if worker.python == "3.14" else 30  # in each round
    reading = threading.Lock()

    wrong: list[tuple[int, str]] = []

    def client() -> None:
        with contextlib.closing(worker.connect()) as connection:
            for _ in range(each):
                answer = ask(connection, "/run_sync")
                if answer != (200, "done"):
                    wrong.append(answer)
                # The runtime waits when nobody reads what it says.
                with reading:
                    worker.drop_messages()

    def load() -> None:
        clients = [threading.Thread(target=client) for _ in range(50)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()

    assert_work_leaves_memory(worker.process.pid, load)
    assert wrong == []
