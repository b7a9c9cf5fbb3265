"""The server of cwrangler-runtime: reload, loss and recovery of a Worker, large bodies, the end."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from runtime_process import ROOT, Runtime, ask, running, worker_config

HEADER = """\
import asyncio
from urllib.parse import urlsplit
from workers import Response, WorkerEntrypoint
"""

GOOD = HEADER + '''
class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = urlsplit(request.url).path
        return await getattr(self, path[1:] or "version")(request)

    async def version(self, request):
        return Response("VERSION")

    async def slow(self, request):
        print("begun")
        await asyncio.sleep(0.5)
        return Response("slow VERSION")

    async def abandoned(self, request):
        gone = asyncio.Event()
        signal = request.js_object.signal
        from pyodide.ffi import create_proxy
        signal.addEventListener("abort", create_proxy(lambda event: gone.set()))
        print("begun")
        await gone.wait()
        print("aborted")
        return Response("to nobody")

    async def cancelled(self, request):
        print("begun")
        try:
            await asyncio.Event().wait()
        finally:
            print("cleaned up")

    async def background(self, request):
        async def later():
            await asyncio.sleep(0.5)
            print("background VERSION done")
        self.ctx.waitUntil(later())
        return Response("answered")
'''


@pytest.fixture
def make_worker(tmp_path: Path) -> Callable[..., dict]:
    """``make_worker(source, version="1")``: the configuration of a one-file Worker."""
    made = 0

    def make(source: str = GOOD, version: str = "1", cpu_ms: int = 0) -> dict:
        nonlocal made
        made += 1
        folder = tmp_path / f"worker{made}"
        folder.mkdir()
        (folder / "entry.py").write_text(source.replace("VERSION", version))
        return worker_config(folder, cpu_ms)

    return make


def faults(cpu_ms: int = 0) -> dict:
    return worker_config(ROOT / "tests" / "workers" / "faults" / "src", cpu_ms)


class Client(threading.Thread):
    """Asks again and again on one connection, until it has seen the last version."""

    def __init__(self, runtime: Runtime, last: str) -> None:
        super().__init__()
        self.answers: list[tuple[int, str]] = []
        self.problem: Exception | None = None
        self._connection = runtime.connect()
        self._last = last

    def run(self) -> None:
        with contextlib.closing(self._connection):
            try:
                while not self.answers or self.answers[-1][1] != self._last:
                    self.answers.append(ask(self._connection, "/"))
            except Exception as problem:  # noqa: BLE001 - reported by the test
                self.problem = problem


def test_reload_under_load_drops_no_request_and_no_connection(make_worker: Callable[..., dict]) -> None:
    with running() as runtime:
        runtime.load(make_worker(version="1"))
        runtime.wait_for("loaded", generation=1)
        clients = [Client(runtime, last="3") for _ in range(8)]
        for client in clients:
            client.start()
        for generation, version in ((2, "2"), (3, "3")):
            runtime.load(make_worker(version=version))
            runtime.wait_for("loaded", generation=generation)
        for client in clients:
            client.join()
            assert client.problem is None
            assert {status for status, _ in client.answers} == {200}
            bodies = [body for _, body in client.answers]
            assert bodies == sorted(bodies), "an old version answered after a newer one"
            assert bodies[0] == "1"


def test_requests_wait_for_the_first_worker_and_for_the_next(make_worker: Callable[..., dict]) -> None:
    with running() as runtime, contextlib.closing(runtime.connect()) as connection:
        connection.request("GET", "/")
        runtime.load(make_worker())
        assert connection.getresponse().read() == b"1"
        # A Worker that does not start changes nothing.
        runtime.load(make_worker("import no_such_module\n"))
        failure = runtime.wait_for("load_failed", generation=2)
        assert failure["kind"] == "user"
        assert "ModuleNotFoundError" in failure["message"]
        assert "entry.py" in failure["stack"]
        assert ask(connection, "/") == (200, "1")


def test_slow_requests_and_background_tasks_outlive_a_reload(make_worker: Callable[..., dict]) -> None:
    with running() as runtime, contextlib.closing(runtime.connect()) as connection:
        runtime.load(make_worker(GOOD.replace("sleep(0.5)", "sleep(30)"), version="1"))
        runtime.wait_for("loaded")
        connection.request("GET", "/slow")
        runtime.wait_for("console", text="begun")
        runtime.load(make_worker(version="2"))
        runtime.wait_for("loaded")
        assert runtime.get("/") == (200, "2")
        assert runtime.get("/background") == (200, "answered")
        runtime.load(make_worker(version="3"))
        runtime.wait_for_all({"type": "loaded"}, {"type": "console", "text": "background 2 done"})
        with connection.getresponse() as response:
            assert response.read() == b"slow 1"
        assert ask(connection, "/") == (200, "3")


def test_a_first_worker_that_fails_is_shown_until_it_is_mended(make_worker: Callable[..., dict]) -> None:
    with running() as runtime, contextlib.closing(runtime.connect()) as connection:
        runtime.load(make_worker("def fetch(:\n    <b>\n"))
        assert runtime.wait_for("load_failed")["kind"] == "user"
        status, text = ask(connection, "/")
        assert status == 500
        assert "SyntaxError" in text and "entry.py" in text
        status, page = ask(connection, "/", Accept="text/html", User_Agent="Mozilla", Cookie="secret")
        assert status == 500
        assert page.startswith("<!doctype html>")
        assert "&lt;b&gt;" in page or "def fetch(:" in page
        assert "<b>" not in page and "secret" not in page
        runtime.load(make_worker())
        runtime.wait_for("loaded")
        assert ask(connection, "/") == (200, "1")


def test_a_configuration_that_cannot_run_is_told() -> None:
    with running() as runtime:
        runtime.send({"type": "load", "generation": 7, "worker": {"modules": 5}})
        assert runtime.wait_for("load_failed", generation=7)["kind"] == "config"
        runtime.send({"type": "from the future"})
        config = faults()
        config["compatibility_flags"] = []
        runtime.load(config)
        assert "python_workers" in runtime.wait_for("load_failed", kind="config")["message"]


def test_a_lost_worker_is_replaced_and_requests_wait_for_it() -> None:
    with running() as runtime, contextlib.closing(runtime.connect()) as connection:
        runtime.load(faults(cpu_ms=1500))
        runtime.wait_for("loaded")
        with contextlib.closing(runtime.connect()) as waiting:
            waiting.request("GET", "/never_answer")
            runtime.wait_for("console", text="waits for ever")
            status, text = ask(connection, "/loop_stubbornly")
            assert (status, text) == (500, "Worker exceeded CPU time limit.\n")
            runtime.wait_for("console", text="ignored: CpuLimitExceeded")
            assert waiting.getresponse().status == 500
        assert runtime.wait_for("restarted")["reason"] == "Worker exceeded CPU time limit."
        assert ask(connection, "/fine") == (200, "fine 1")
        status, text = ask(connection, "/exit")
        assert status == 500 and "exited with status 3" in text
        assert "status 3" in runtime.wait_for("restarted")["reason"]
        assert ask(connection, "/fine") == (200, "fine 1")


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_an_endless_loop_costs_its_request_only(version: str) -> None:
    with running() as runtime, contextlib.closing(runtime.connect()) as connection:
        runtime.load({**faults(cpu_ms=500), "python_version": version})
        runtime.wait_for("loaded")
        for _ in range(2):
            status, text = ask(connection, "/loop_forever")
            assert status == 500
            assert text.rstrip().endswith("CpuLimitExceeded: Python Worker exceeded CPU time limit")
            assert "_exceed_cpu_limit" not in text and "in loop_forever" in text
        # It has counted on: it is the same instance.
        assert ask(connection, "/fine") == (200, "fine 3")
        assert not [message for message in runtime.messages if message["type"] == "restarted"]


def test_a_full_javascript_heap_ends_the_worker_and_not_the_runtime() -> None:
    with running("--heap-mb", "96") as runtime:
        runtime.load(faults())
        runtime.wait_for("loaded")
        assert runtime.get("/out_of_javascript_memory") == (500, "Worker exceeded its memory limit.\n")
        assert runtime.get("/fine") == (200, "fine 1")


def test_a_client_that_leaves_aborts_the_request(make_worker: Callable[..., dict]) -> None:
    with running() as runtime:
        runtime.load(make_worker())
        connection = runtime.connect()
        connection.request("GET", "/abandoned")
        runtime.wait_for("console", text="begun")
        connection.close()
        runtime.wait_for("console", text="aborted")
        connection = runtime.connect()
        connection.request("GET", "/cancelled")
        runtime.wait_for("console", text="begun")
        connection.close()
        runtime.wait_for("console", text="cleaned up")
        assert runtime.get("/") == (200, "1")


@pytest.fixture(scope="module")
def streams() -> Iterator[Runtime]:
    with running() as runtime:
        runtime.load(worker_config(ROOT / "tests" / "workers" / "streams" / "src"))
        runtime.wait_for("loaded")
        yield runtime


GIB = 1 << 30
# V8 frees the memory of chunks when it collects, which it does by how much has piled up: about 64 MiB
# here. Holding the body would take sixteen times that.
ROOM = 192 << 20


def test_a_gibibyte_passes_up_and_down_at_once_without_being_held(streams: Runtime) -> None:
    streams.forget_peak()
    before = streams.memory("VmHWM")
    piece = bytes(1 << 20)
    with socket.create_connection(("127.0.0.1", streams.port), timeout=120) as connection:
        connection.sendall(f"POST /through HTTP/1.1\r\nHost: a\r\nContent-Length: {GIB}\r\n"
                           "Connection: close\r\n\r\n".encode())

        def send() -> None:
            for _ in range(GIB // len(piece)):
                connection.sendall(piece)

        sender = threading.Thread(target=send)
        sender.start()
        received = 0
        while part := connection.recv(1 << 20):
            received += len(part)
        sender.join()
    assert received > GIB
    assert streams.memory("VmHWM") - before < ROOM


def test_a_client_that_does_not_read_stops_the_stream(streams: Runtime) -> None:
    streams.forget_peak()
    before = streams.memory("VmHWM")
    with socket.create_connection(("127.0.0.1", streams.port), timeout=120) as connection:
        connection.sendall(f"GET /zeros?size={GIB} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        connection.recv(1)
        # The Worker goes on with others meanwhile.
        for _ in range(20):
            assert streams.get("/zeros?size=3") == (200, "\0\0\0")
    assert streams.memory("VmHWM") - before < ROOM


@pytest.mark.parametrize("how", ["message", "hang-up", "SIGINT", "SIGTERM"])
def test_a_stop_lets_requests_finish(make_worker: Callable[..., dict], how: str) -> None:
    with running() as runtime, contextlib.closing(runtime.connect()) as connection:
        runtime.load(make_worker())
        connection.request("GET", "/slow")
        runtime.wait_for("console", text="begun")
        if how == "message":
            runtime.send({"type": "stop"})
        elif how == "hang-up":
            runtime.hang_up()
        else:
            runtime.process.send_signal(signal.Signals[how])
        response = connection.getresponse()
        assert response.read() == b"slow 1"
        assert response.headers["Connection"] == "close"
        assert runtime.wait() == 0


def test_a_stop_does_not_wait_for_ever(make_worker: Callable[..., dict]) -> None:
    with running("--grace-ms", "100") as runtime, contextlib.closing(runtime.connect()) as connection:
        runtime.load(make_worker())
        connection.request("GET", "/abandoned")
        runtime.wait_for("console", text="begun")
        runtime.send({"type": "stop"})
        assert connection.getresponse().status == 500
        assert runtime.wait() == 0
