"""Workers that a Worker makes while it runs (the Worker Loader binding)."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from runtime_process import PATIENCE, Runtime, running, worker_config
from stand_in import StandIn
from websockets import ConnectionClosed
from websockets.sync.client import connect

SOURCE = Path(__file__).resolve().parent.parent / "workers" / "dynamic" / "src"

BINDINGS = [
    {"name": "LOADER", "type": "worker_loader"},
    {"name": "PARENT", "type": "service", "service": "test", "entrypoint": "Parent"},
]


@pytest.fixture(scope="module")
def worker() -> Iterator[Runtime]:
    with (
        StandIn({"/": ("text/plain", b"from outside")}) as outside,
        running("--dynamic-workers", "2", "--cpu-limit-ms", "4000") as runtime,
    ):
        config = {**worker_config(SOURCE), "bindings": BINDINGS,
                  "outbound_map": {"api.example": outside.url}}
        runtime.load(config)
        runtime.wait_for("loaded")
        yield runtime


def ask(runtime: Runtime, action: str) -> object:
    status, body = runtime.get(f"/{action}")
    assert status == 200, body
    return json.loads(body)


def test_a_request_goes_to_a_child_and_its_response_comes_back(worker: Runtime) -> None:
    with closing(worker.connect()) as connection:
        connection.request("POST", "/passes", body="content", headers={"X-Test": "yes"})
        with connection.getresponse() as response:
            assert (response.status, response.headers["x-mode"], response.read()) == (
                201, "plain", b"POST yes content")


def test_the_same_id_is_the_same_worker(worker: Runtime) -> None:
    first, second = (int(worker.get("/passes?count")[1]) for _ in range(2))
    assert second == first + 1


def test_methods_functions_props_and_files(worker: Runtime) -> None:
    assert ask(worker, "calls") == [
        {"doubled": 42, "mode": "plain"},
        21,
        "a secret for child",
        "Other for me",
        ["a note", [0, 255], '{"a":1}', "/session/metadata/library.py"],
    ]


def test_errors_reach_the_parent_with_their_traceback(worker: Runtime) -> None:
    errors = ask(worker, "errors")
    assert 'File "/session/metadata/library.py", line 7, in fail' in errors["raised"]
    assert "LookupError: not in the child" in errors["raised"]
    assert 'The RPC receiver does not implement the method "nothing".' in errors["unknown"]
    assert 'File "/session/metadata/entry.py", line 1' in errors["syntax"]
    assert "SyntaxError" in errors["syntax"]
    assert "No module named 'nothing_of_the_kind'" in errors["import"]
    assert "The python_workers compatibility flag is required" in errors["flag"]
    assert "yesterday" in errors["date"]
    assert 'main module "other.py" of a dynamic Worker is not among its modules' in errors["main"]
    assert 'The module "a.txt" of a dynamic Worker is a string' in errors["module"]
    assert "no code today" in errors["callback"]


def test_a_request_body_streams_into_a_child(worker: Runtime) -> None:
    content = bytes(range(256)) * 40_000
    with closing(worker.connect()) as connection:
        connection.request("POST", "/passes?body", body=content)
        with connection.getresponse() as response:
            assert response.read().decode() == f"{len(content)} {zlib.crc32(content)}"


def test_a_response_streams_no_faster_than_it_is_read(worker: Runtime) -> None:
    worker.get("/passes")  # it has started
    before = worker.memory("VmRSS")
    worker.forget_peak()
    with closing(worker.connect()) as connection:
        connection.request("GET", "/streams")
        with connection.getresponse() as response:
            first = response.read(65536)
            # 128 MB wait in the child while nobody reads.
            worker.get("/passes")
            received = len(first)
            while piece := response.read(1 << 20):
                received += len(piece)
    assert received == 2000 * 65536
    assert worker.memory("VmHWM") - before < 64 << 20


def test_a_web_socket_goes_through_the_parent(worker: Runtime) -> None:
    url = f"ws://127.0.0.1:{worker.port}/passes?socket"
    with connect(url, open_timeout=60, close_timeout=60, proxy=None) as socket:
        assert socket.recv(timeout=60) == "hello from the child"
        socket.send("one")
        assert socket.recv(timeout=60) == "echo one"
        socket.send(b"\x00\xff")
        assert socket.recv(timeout=60) == b"\x00\xff"
        socket.send("bye")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=60)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (3001, "as asked")


def test_the_network_of_a_child(worker: Runtime) -> None:
    inherited, blocked, intercepted = ask(worker, "network")
    assert inherited == "from outside"
    assert "This worker is not permitted to access the internet via global functions" in blocked
    assert intercepted == "the parent answers for http://api.example/"


def test_a_child_of_javascript(worker: Runtime) -> None:
    text, total, missing = ask(worker, "javascript")
    assert (text, total) == ("Hello world", 3)
    assert 'The Worker has no entrypoint "None".' in missing


def test_a_child_of_javascript_consumes_a_queue(worker: Runtime) -> None:
    assert ask(worker, "consumer") == {
        "outcome": "exception",
        "ackAll": False,
        "retryBatch": {"retry": False},
        "explicitAcks": ["a"],
        "retryMessages": [{"msgId": "b", "delaySeconds": 7}],
    }


def test_as_many_as_may_run_and_idle_ones_make_room(worker: Runtime) -> None:
    refused, answers = ask(worker, "full")
    assert "There are 2 dynamic Workers already" in refused
    assert answers == ["Hello 0", "Hello 1", "Hello 2", "Hello 1", "Hello 0"]


def test_a_child_that_loops_or_dies_is_replaced(worker: Runtime) -> None:
    more, looped, stubborn, exited, after = ask(worker, "survives")
    assert "CpuLimitExceeded" in looped
    assert more == 1  # the same child went on
    assert "Worker exceeded CPU time limit." in stubborn
    assert "the Python interpreter exited with status 3" in exited
    assert after == 1


def test_what_a_child_prints_after_its_response(worker: Runtime) -> None:
    assert worker.get("/later") == (200, "soon")
    worker.wait_for("console", text="the child's task is over")


def test_children_end_with_their_parent(worker: Runtime) -> None:
    worker.get("/passes")
    tasks = Path(f"/proc/{worker.process.pid}/task")
    threads = len(list(tasks.iterdir()))
    generation = {**worker_config(SOURCE), "bindings": BINDINGS}
    worker.load(generation)
    worker.wait_for("loaded")
    # The instance that goes has a child, the one that comes has none. Nothing tells when it has gone.
    deadline = time.monotonic() + PATIENCE
    while len(list(tasks.iterdir())) >= threads:
        assert time.monotonic() < deadline
