"""What clients of deployed Workers see of an endpoint: who answers, how much gets through, and that
nothing which happens to processes is seen at all."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest
from dev_process import make_environment
from edge_clients import (
    PATIENCE,
    ask,
    client,
    deployed_version,
    processes,
    share_requests,
    upload_version,
)
from edge_process import HELLO, Edge, running_edge
from websockets.sync.client import connect as connect_web_socket

MIRROR = """
    import asyncio
    import json
    import os

    from js import ReadableStream, WebSocketPair
    from pyodide.ffi import create_proxy, to_js
    from workers import Response, WorkerEntrypoint


    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            path = request.url.split("/", 3)[3].split("?")[0]
            if path == "head":
                return Response(json.dumps({
                    "url": request.url,
                    "method": request.method,
                    "headers": {name.lower(): value for name, value in request.headers.items()},
                }))
            if path == "length":
                return Response(str(len(await request.bytes())))
            if path == "echo":
                return Response(request.js_object.body, headers={"X-Streamed": "yes"})
            if path == "socket":
                client, server = WebSocketPair.new().object_values()
                server.accept()
                server.addEventListener(
                    "message", create_proxy(lambda event: server.send(event.data[::-1])))
                return Response(None, status=101, web_socket=client)
            if path == "exit":
                os._exit(3)
            return Response("nothing", status=404)
"""


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """One endpoint for the tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("endpoint")
    with running_edge(folder / "data", make_environment(folder)) as running:
        running.deploy("mirror", dedent(MIRROR))
        yield running


def says(answer: str) -> str:
    """The source of a Worker that always answers this."""
    return HELLO.format(body=repr(answer))


def seen_by_worker(edge: Edge, path: str = "/head", **headers: str) -> dict:
    return json.loads(ask(edge, "mirror", path, **headers).text)


def test_the_worker_sees_its_host_and_the_client_that_asks(edge: Edge) -> None:
    seen = seen_by_worker(edge, "/head?a=1", X_Mine="yes")
    assert seen["url"] == "http://mirror.localhost/head?a=1"
    assert seen["headers"]["x-mine"] == "yes"
    assert seen["headers"]["cf-connecting-ip"] == "127.0.0.1"
    assert re.fullmatch("[0-9a-f]{16}", seen["headers"]["cf-ray"])


@pytest.mark.parametrize(
    "name", ["CF-Connecting-IP", "X-Real-IP", "X-Forwarded-For", "CF-Ray", "True-Client-IP"]
)
def test_a_client_cannot_say_who_it_is(edge: Edge, name: str) -> None:
    seen = seen_by_worker(edge, **{name.replace("-", "_"): "203.0.113.9"})
    assert "203.0.113.9" not in json.dumps(seen)


def test_a_client_cannot_say_that_it_speaks_https(edge: Edge) -> None:
    assert seen_by_worker(edge, X_Forwarded_Proto="https")["url"].startswith("http://")


def test_nobody_answers_for_a_host_that_is_not_deployed(edge: Edge) -> None:
    assert ask(edge, "nobody").status == 404


def test_local_endpoints_are_not_reached_from_outside(edge: Edge) -> None:
    for path in ("/cdn-cgi/local/scheduled", "/cdn-cgi/handler/scheduled", "/__scheduled?cron=*"):
        answer = ask(edge, "mirror", path, Host="mirror.localhost")
        assert answer.status == 404, path


def test_connections_are_kept(edge: Edge) -> None:
    with client(edge) as one:
        for size in (0, 1, 100_000):
            answer = one.ask("mirror", "/length", "POST", b"x" * size)
            assert (answer.status, answer.text) == (200, str(size))


def test_a_large_body_goes_both_ways(edge: Edge) -> None:
    body = os.urandom(1 << 20) * 20
    with client(edge) as one:
        connection = one.connection
        connection.putrequest("POST", "/echo", skip_host=True)
        connection.putheader("Host", "mirror.localhost")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        # Who does not read what comes back while it sends is held back for ever.
        sender = threading.Thread(target=connection.send, args=[body])
        sender.start()
        with connection.getresponse() as response:
            assert response.headers["X-Streamed"] == "yes"
            assert response.read() == body
        sender.join()


def test_a_body_without_a_length_goes_both_ways(edge: Edge) -> None:
    pieces = [b"piece %d;" % i for i in range(100)]
    assert ask(edge, "mirror", "/echo", "POST", pieces).body == b"".join(pieces)


def test_what_is_sent_comes_back_before_all_of_it_was_sent(edge: Edge) -> None:
    with socket.create_connection(("127.0.0.1", edge.port), PATIENCE) as one:
        one.sendall(b"POST /echo HTTP/1.1\r\nHost: mirror.localhost\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        answer = b""
        for piece, more in ((b"first", b"6\r\nsecond\r\n0\r\n\r\n"), (b"second", b"")):
            while piece not in answer:
                received = one.recv(1 << 16)
                assert received, answer
                answer += received
            one.sendall(more)
        while not answer.endswith(b"0\r\n\r\n"):
            received = one.recv(1 << 16)
            assert received, answer
            answer += received


def test_a_head_request_has_no_body(edge: Edge) -> None:
    answer = ask(edge, "mirror", "/head", "HEAD")
    assert (answer.status, answer.body) == (200, b"")


def test_web_sockets(edge: Edge) -> None:
    address = f"ws://127.0.0.1:{edge.port}/socket"
    sock = socket.create_connection(("127.0.0.1", edge.port), PATIENCE)
    with connect_web_socket(
        address.replace("127.0.0.1", "mirror.localhost"), sock=sock, open_timeout=PATIENCE
    ) as web_socket:
        for text in ("hello", "x" * 100_000):
            web_socket.send(text)
            assert web_socket.recv(PATIENCE) == text[::-1]


@pytest.mark.parametrize(
    "bytes_",
    [
        b"GET / HTTP/1.1\r\nHost: mirror.localhost\r\nContent-Length: 1\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
        b"GET / HTTP/1.1\r\nHost: mirror.localhost\r\nHost: other.localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: mirror.localhost\r\nX: " + b"x" * (1 << 20) + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["two framings", "two hosts", "a large head", "another protocol"],
)
def test_requests_that_are_none_are_refused(edge: Edge, bytes_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", edge.port), PATIENCE) as client:
        with contextlib.suppress(OSError):
            client.sendall(bytes_)
            client.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(OSError):
            while piece := client.recv(1 << 16):
                answer += piece
    assert re.match(rb"HTTP/1.1 (4\d\d|505) ", answer) or answer == b"", answer
    assert ask(edge, "mirror", "/length", "POST", b"abc").text == "3"


def test_an_interpreter_that_exits_takes_only_itself(edge: Edge) -> None:
    edge.deploy("beside", says("beside"))
    assert ask(edge, "mirror", "/exit").status >= 500
    assert ask(edge, "beside").text == "beside"
    limit = time.monotonic() + PATIENCE
    while ask(edge, "mirror", "/head").status != 200:
        assert time.monotonic() < limit


def test_a_killed_process_is_replaced(edge: Edge) -> None:
    edge.deploy("victim", says("alive"))
    with client(edge) as one:
        for _ in range(3):
            assert one.ask("victim").text == "alive"
            for pid in processes(edge):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        assert one.ask("victim").text == "alive"


def test_a_key_always_gets_the_same_version(edge: Edge) -> None:
    edge.deploy("gradual", says("first"))
    first = deployed_version(edge, "gradual")
    second = upload_version(edge, "gradual", says("second"))
    share_requests(edge, "gradual", {first: 70, second: 30})

    def answer_for(key: str) -> str:
        return ask(edge, "gradual", Cloudflare_Workers_Version_Key=key).text

    keys = [f"user-{i}" for i in range(200)]
    answers = {key: answer_for(key) for key in keys}
    assert {key: answer_for(key) for key in keys} == answers
    share = sum(answer == "second" for answer in answers.values()) / len(keys)
    # Six standard deviations of a share of 30 % of 200.
    assert 0.10 < share < 0.50

    for id_, answer in ((first, "first"), (second, "second")):
        asked = {ask(edge, "gradual", Cloudflare_Workers_Version_Overrides=f'gradual="{id_}"').text
                 for _ in range(10)}
        assert asked == {answer}


def test_no_request_fails_while_a_worker_is_deployed(edge: Edge) -> None:
    edge.deploy("busy", says("version 0"))
    done = threading.Event()

    def load() -> tuple[int, list[object]]:
        count = 0
        failures: list[object] = []
        with client(edge) as one:
            while not done.is_set():
                try:
                    answer = one.ask("busy")
                    if answer.status != 200:
                        failures.append((answer.status, answer.text))
                except (http.client.HTTPException, OSError) as error:
                    failures.append(error)
                    break
                count += 1
        return count, failures

    with ThreadPoolExecutor(8) as pool:
        clients = [pool.submit(load) for _ in range(8)]
        try:
            for i in range(1, 6):
                edge.deploy("busy", says(f"version {i}"))
                assert ask(edge, "busy").text == f"version {i}"
        finally:
            done.set()
        results = [result.result() for result in clients]
    assert [failure for _, failures in results for failure in failures] == []
    assert all(count > 0 for count, _ in results)


def test_a_worker_that_is_idle_has_no_process(
    tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    options = ["--idle", "1", "--spares", "0"]
    with running_edge(tmp_path / "data", scratch_environment, *options) as edge:
        edge.deploy("sleeper", says("awake"))
        for _ in range(2):
            assert ask(edge, "sleeper").text == "awake"
            limit = time.monotonic() + PATIENCE
            while processes(edge) and time.monotonic() < limit:
                time.sleep(0.1)
            assert processes(edge) == []


def test_workers_do_not_reach_private_addresses(
    tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    fetches = """
        from js import fetch
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                url = request.url.split("?", 1)[1]
                try:
                    answer = await fetch(url)
                    return Response(f"reached: {answer.status}")
                except Exception as error:
                    return Response(f"refused: {error}")
    """
    for arguments, expected in ((), "refused"), (("--allow-private-addresses",), "reached"):
        with running_edge(tmp_path / expected, scratch_environment, *arguments) as edge:
            edge.deploy("fetcher", dedent(fetches))
            for host in ("127.0.0.1", "localhost"):
                answer = ask(edge, "fetcher", f"/?http://{host}:{edge.api_port}/health")
                assert answer.text.startswith(expected), answer.text


def test_messages_of_a_queue_go_from_one_worker_to_another(edge: Edge) -> None:
    queue = edge.result("POST", "/queues", {"queue_name": "jobs"})["queue_id"]
    store = edge.result("POST", "/storage/kv/namespaces", {"title": "done"})["id"]
    binding = {"name": "DONE", "type": "kv_namespace", "namespace_id": store}
    edge.deploy("consumer", dedent("""
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                return Response(await self.env.DONE.get("text") or "")

            async def queue(self, batch, env, ctx):
                for message in batch.messages:
                    await self.env.DONE.put("text", message.body)
                    message.ack()
    """), bindings=[binding])
    edge.result("POST", f"/queues/{queue}/consumers", {
        "type": "worker", "script_name": "consumer", "queue_name": "jobs",
        "settings": {"batch_size": 1, "max_wait_time_ms": 0},
    })
    edge.deploy("producer", dedent("""
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                await self.env.JOBS.send("done")
                return Response("sent")
    """), bindings=[{"name": "JOBS", "type": "queue", "queue_name": "jobs"}])
    assert ask(edge, "producer").text == "sent"
    limit = time.monotonic() + PATIENCE
    while ask(edge, "consumer").text != "done":
        assert time.monotonic() < limit
        time.sleep(0.1)


def test_what_a_worker_does_is_seen_by_who_listens(edge: Edge) -> None:
    edge.deploy("heard", dedent("""
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                print("asked for", request.url)
                if "fail" in request.url:
                    raise ValueError("as told")
                return Response("said", status=201)
    """))
    tail = edge.result("POST", "/workers/scripts/heard/tails", {"filters": []})
    with connect_web_socket(
        tail["url"], subprotocols=["trace-v1"], open_timeout=PATIENCE
    ) as listener:
        listener.send(json.dumps({"debug": False}))
        # What is asked for before the runtime knows of the listener is not told.
        answered = 0
        events: list[dict] = []
        limit = time.monotonic() + PATIENCE
        while not events:
            assert time.monotonic() < limit
            assert ask(edge, "heard", "/first").status == 201
            answered += 1
            with contextlib.suppress(TimeoutError):
                events.append(json.loads(listener.recv(1)))
        first = events[0]
        assert (first["outcome"], first["scriptName"]) == ("ok", "heard")
        assert first["event"]["request"]["method"] == "GET"
        assert first["event"]["request"]["url"].endswith("/first")
        assert first["event"]["response"]["status"] == 201
        (line,) = first["logs"]
        assert (line["level"], line["message"]) == (
            "log", [f"asked for {first['event']['request']['url']}"])

        assert ask(edge, "heard", "/fail").status == 500
        event = json.loads(listener.recv(PATIENCE))
        while event["outcome"] == "ok":
            event = json.loads(listener.recv(PATIENCE))
        assert event["outcome"] == "exception"
        assert "ValueError: as told" in event["exceptions"][0]["message"]
    edge.result("DELETE", f"/workers/scripts/heard/tails/{tail['id']}")


def test_each_line_of_the_log_is_json(
    tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    with running_edge(tmp_path / "data", scratch_environment) as edge:
        edge.deploy("logged", dedent("""
            from workers import Response, WorkerEntrypoint

            class Default(WorkerEntrypoint):
                async def fetch(self, request):
                    raise ValueError("as told")
        """))
        assert ask(edge, "logged", "/path?secret=1").status == 500
    events = [json.loads(line) for line in (tmp_path / "data.log").read_text().splitlines()]
    assert all(event["time"].endswith("Z") for event in events)
    (request,) = [event for event in events if event["event"] == "request"]
    assert (request["worker"], request["method"], request["path"], request["status"]) == (
        "logged", "GET", "/path", 500)
    assert request["version"]
    (exception,) = [event for event in events if event["event"] == "exception"]
    assert "ValueError: as told" in exception["stack"]
    assert "secret" not in (tmp_path / "data.log").read_text()


def test_an_event_makes_no_more_requests_than_it_may(
    tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    options = ["--allow-private-addresses"]
    with running_edge(tmp_path / "data", scratch_environment, *options) as edge:
        source = dedent("""
            from js import fetch
            from workers import Response, WorkerEntrypoint

            class Default(WorkerEntrypoint):
                async def fetch(self, request):
                    made = 0
                    try:
                        for _ in range(5):
                            await (await fetch(request.url.split("?")[1])).text()
                            made += 1
                    except Exception:
                        pass
                    return Response(str(made))
        """)
        edge.deploy("chatty", source)
        edge.deploy("modest", source, limits={"subrequests": 2})
        url = f"/?http://127.0.0.1:{edge.api_port}/health"
        made = {name: ask(edge, name, url).text for name in ("chatty", "modest")}
    assert made == {"chatty": "5", "modest": "2"}


def test_what_is_counted(edge: Edge) -> None:
    edge.deploy("counted", says("counted"))
    for _ in range(3):
        ask(edge, "counted")
    connection = http.client.HTTPConnection("127.0.0.1", edge.api_port, timeout=PATIENCE)
    with contextlib.closing(connection):
        for path, status in (("/health", 200), ("/ready", 200), ("/metrics", 200)):
            connection.request("GET", path)
            with connection.getresponse() as response:
                assert response.status == status
                text = response.read().decode()
    lines = [line for line in text.splitlines() if 'worker="counted"' in line]
    assert any("requests_total" in line and line.endswith(" 3") for line in lines), lines
    # Each line is a comment, or a name with labels and a number.
    for line in text.splitlines():
        assert re.fullmatch(r"#.*|[a-z_]+(\{[^}]*\})? [-+0-9.e]+|[a-z_]+(\{[^}]*\})? \+?Inf", line), line
