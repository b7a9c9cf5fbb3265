"""How many requests one event may make, and that events do not spend each other's."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest
from peers import echo, serving, serving_http
from runtime_process import Runtime, running, worker_config

LIMIT = 5

WORKER = """
    import asyncio
    import json

    from js import WebSocket, fetch
    from pyodide.ffi import JsException
    from workers import Response, WorkerEntrypoint, import_from_javascript

    sockets = import_from_javascript("cloudflare:sockets")


    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            kind, port, count = request.url.split("/")[3:]
            attempts = [getattr(self, kind)(port) for _ in range(int(count))]
            results = await asyncio.gather(*attempts, return_exceptions=True)
            failures = [str(result) for result in results if isinstance(result, BaseException)]
            return Response(json.dumps([len(results) - len(failures), failures]))

        async def requests(self, port):
            await (await fetch(f"http://127.0.0.1:{port}/")).text()

        async def redirects(self, port):
            await (await fetch(f"http://127.0.0.1:{port}/9")).text()

        async def later(self, port):
            await asyncio.sleep(0.01)
            await self.requests(port)

        async def connections(self, port):
            await sockets.connect(f"127.0.0.1:{port}").opened

        async def pythons_connections(self, port):
            import socket
            socket.create_connection(("127.0.0.1", int(port))).close()
"""


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    source = tmp_path_factory.mktemp("worker")
    (source / "entry.py").write_text(dedent(WORKER))
    with running() as runtime:
        runtime.load({**worker_config(source), "limits": {"subrequests": LIMIT}})
        runtime.wait_for("loaded")
        yield runtime


def made(runtime: Runtime, kind: str, port: int, count: int) -> tuple[int, list[str]]:
    status, text = runtime.get(f"/{kind}/{port}/{count}")
    assert status == 200, text
    succeeded, failures = json.loads(text)
    return succeeded, failures


@pytest.mark.parametrize("kind", ["requests", "later"])
def test_an_event_may_make_so_many_requests(limited: Runtime, kind: str) -> None:
    with serving_http() as peer:
        assert made(limited, kind, peer.port, LIMIT) == (LIMIT, [])
        succeeded, failures = made(limited, kind, peer.port, LIMIT + 3)
    assert succeeded == LIMIT
    assert len(failures) == 3
    assert all(f"Too many subrequests: one event may make {LIMIT}." in text for text in failures)


class _Redirects(http.server.BaseHTTPRequestHandler):
    """Leads from /9 to /8 and so on, to /0."""

    def do_GET(self) -> None:
        left = int(self.path[1:])
        self.send_response(302 if left else 200)
        if left:
            self.send_header("Location", f"/{left - 1}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests look at the Worker."""


def test_redirects_count_too(limited: Runtime) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Redirects)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        succeeded, failures = made(limited, "redirects", server.server_port, 1)
    finally:
        server.shutdown()
        server.server_close()
    assert (succeeded, len(failures)) == (0, 1)
    assert f"Too many subrequests: one event may make {LIMIT}." in failures[0]


@pytest.mark.parametrize("kind", ["connections", "pythons_connections"])
def test_connections_count_too(limited: Runtime, kind: str) -> None:
    with serving(echo) as peer:
        succeeded, failures = made(limited, kind, peer.port, LIMIT + 1)
    assert (succeeded, len(failures)) == (LIMIT, 1)


def test_events_at_the_same_time_have_one_limit_each(limited: Runtime) -> None:
    with serving_http() as peer, ThreadPoolExecutor() as pool:
        events = [pool.submit(made, limited, "later", peer.port, LIMIT) for _ in range(10)]
        assert [event.result() for event in events] == [(LIMIT, [])] * 10


def test_without_a_limit_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "entry.py").write_text(dedent(WORKER))
    with running() as runtime, serving_http() as peer:
        runtime.load(worker_config(tmp_path))
        runtime.wait_for("loaded")
        assert made(runtime, "requests", peer.port, 60) == (60, [])
