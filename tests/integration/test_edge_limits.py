"""Where an endpoint stops a client or a Worker: sizes, numbers, addresses; and its HTTPS."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from edge_clients import PATIENCE, ask, client
from edge_process import HELLO, Edge, running_edge
from peers import echo, make_certificate, serving

READER = dedent("""
    from workers import Response, WorkerEntrypoint

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            return Response(str(len(await request.bytes())))
""")

MIB = 1 << 20


@pytest.fixture
def limited(tmp_path: Path, scratch_environment: dict[str, str]) -> Iterator[Edge]:
    with running_edge(
        tmp_path / "edge", scratch_environment, "--body", "1", "--concurrency", "1"
    ) as edge:
        edge.deploy("reader", READER)
        yield edge


def test_a_body_that_is_too_large(limited: Edge) -> None:
    assert ask(limited, "reader", method="POST", body=bytes(MIB)).text == str(MIB)
    announced = ask(limited, "reader", method="POST", body=bytes(MIB + 1))
    assert (announced.status, announced.text) == (413, "The request's body is too large.\n")
    # Without its length it is known only when it has come.
    pieces = ask(limited, "reader", method="POST", body=(bytes(65536) for _ in range(17)))
    assert (pieces.status, pieces.text) == (413, "The request's body is too large.\n")
    assert ask(limited, "reader", method="POST", body=b"four").text == "4"


def test_more_requests_at_once_than_a_worker_may_have(limited: Edge) -> None:
    with contextlib.closing(socket.create_connection(("127.0.0.1", limited.port))) as slow:
        slow.settimeout(PATIENCE)
        slow.sendall(b"POST / HTTP/1.1\r\nHost: reader.localhost\r\nContent-Length: 4\r\n"
                     b"Expect: 100-continue\r\n\r\n")
        assert slow.recv(100).startswith(b"HTTP/1.1 100")  # it is under way
        refused = ask(limited, "reader")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        assert "too many requests" in refused.text
        slow.sendall(b"four")
        answer = http.client.HTTPResponse(slow)
        answer.begin()
        assert (answer.status, answer.read()) == (200, b"4")
    limit = time.monotonic() + PATIENCE
    while ask(limited, "reader").status != 200:
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_headers_that_are_too_large(limited: Edge) -> None:
    with client(limited) as one:
        assert one.ask("reader", X_Large="x" * (70 << 10)).status == 431


def test_workers_answer_over_https(tmp_path: Path, scratch_environment: dict[str, str]) -> None:
    made = make_certificate(tmp_path, "hello.localhost")
    arguments = ["--certificate", str(made.certificate), "--key", str(made.key)]
    with running_edge(tmp_path / "edge", scratch_environment, *arguments) as edge:
        trusting = ssl.create_default_context(cafile=str(made.certificate))
        deploy = ["curl", "-sS", "--fail-with-body", "--cacert", made.certificate, "--resolve",
                  f"hello.localhost:{edge.api_port}:127.0.0.1", "-H", "Authorization: Bearer any"]
        base = f"https://hello.localhost:{edge.api_port}/client/v4"
        listed = subprocess.run([*deploy, f"{base}/accounts"], check=True, capture_output=True,
                                text=True).stdout
        account = listed.split('"id":"')[1].split('"')[0]
        (tmp_path / "entry.py").write_text(HELLO.format(body="request.url"))
        (tmp_path / "metadata").write_text(
            '{"main_module": "entry.py", "compatibility_date": "2026-11-01", '
            '"compatibility_flags": ["python_workers"]}')
        subprocess.run(
            [*deploy, "-X", "PUT", f"{base}/accounts/{account}/workers/scripts/hello",
             "-F", f"metadata=<{tmp_path}/metadata",
             "-F", f"entry.py=@{tmp_path}/entry.py;type=text/x-python"],
            check=True, capture_output=True)
        # By its path, which needs no name of its own.
        with socket.create_connection(("127.0.0.1", edge.port)) as plain, trusting.wrap_socket(
            plain, server_hostname="hello.localhost"
        ) as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(b"GET /@hello/path HTTP/1.1\r\nHost: hello.localhost:1\r\n\r\n")
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert answer.read().startswith(b"https://")
        # Who speaks plain HTTP there is not answered by a Worker.
        with contextlib.suppress(OSError, http.client.HTTPException):
            plain_client = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=PATIENCE)
            plain_client.request("GET", "/@hello/")
            assert plain_client.getresponse().status == 400


#: Every way out of a Worker, to an address that it is given.
WAYS = dedent("""
    from js import Object, fetch
    from pyodide.ffi import to_js
    from workers import Response, WorkerEntrypoint, import_from_javascript

    sockets = import_from_javascript("cloudflare:sockets")

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            way, host = request.url.split("?", 1)[1].split("=", 1)
            try:
                if way == "fetch":
                    await fetch(f"http://{host}/")
                elif way == "upgrade":
                    options = {"headers": {"Upgrade": "websocket"}}
                    await fetch(f"http://{host}/",
                                to_js(options, dict_converter=Object.fromEntries))
                elif way == "connect":
                    await sockets.connect(host).opened
                elif way == "socket":
                    import socket
                    name, port = host.rsplit(":", 1)
                    socket.create_connection((name.strip("[]"), int(port)), timeout=60).close()
            except Exception as error:
                return Response(f"refused: {error}")
            return Response("reached")
""")


def test_no_way_out_leads_to_a_private_address(
    tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    with (
        serving(echo) as peer,
        running_edge(tmp_path / "edge", scratch_environment) as edge,
    ):
        edge.deploy("ways", WAYS)
        # 127.1 and 2130706433 are other spellings of 127.0.0.1, ::ffff:… its image in IPv6.
        hosts = [f"127.0.0.1:{peer.port}", f"localhost:{peer.port}", f"[::1]:{peer.port}", f"127.1:{peer.port}",
                 f"2130706433:{peer.port}", f"[::ffff:127.0.0.1]:{peer.port}", f"0.0.0.0:{peer.port}",
                 "10.0.0.1:80", "192.168.0.1:80", "169.254.169.254:80", "[fe80::1]:80",
                 "[fd00::1]:80"]
        ways = ("fetch", "upgrade", "connect", "socket")
        reached = [(way, host) for way in ways for host in hosts
                   if ask(edge, "ways", f"/?{way}={host}").text == "reached"]
        assert reached == []
        for way in ("fetch", "upgrade", "connect"):
            said = ask(edge, "ways", f"/?{way}=127.0.0.1:{peer.port}").text
            assert "loopback, private or reserved" in said, said


def test_private_addresses_can_be_allowed(
    tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    with (
        serving(echo) as peer,
        running_edge(
            tmp_path / "edge", scratch_environment, "--allow-private-addresses"
        ) as edge,
    ):
        edge.deploy("ways", WAYS)
        for way in ("connect", "socket"):
            assert ask(edge, "ways", f"/?{way}=127.0.0.1:{peer.port}").text == "reached"


def test_a_schedule_runs_the_worker(tmp_path: Path, scratch_environment: dict[str, str]) -> None:
    """The next minute comes by itself; which minutes count is in the clock's own test."""
    with running_edge(tmp_path / "edge", scratch_environment) as edge:
        store = edge.result("POST", "/storage/kv/namespaces", {"title": "runs"})["id"]
        edge.deploy("timed", dedent("""
            from workers import Response, WorkerEntrypoint

            class Default(WorkerEntrypoint):
                async def fetch(self, request):
                    return Response(await self.env.RUNS.get("last") or "")

                async def scheduled(self, controller, env, ctx):
                    await self.env.RUNS.put("last", controller.cron)
        """), bindings=[{"name": "RUNS", "type": "kv_namespace", "namespace_id": store}])
        edge.result("PUT", "/workers/scripts/timed/schedules", [{"cron": "* * * * *"}])
        limit = time.monotonic() + PATIENCE
        while ask(edge, "timed").text != "* * * * *":
            assert time.monotonic() < limit
            time.sleep(0.2)
