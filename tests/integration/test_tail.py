"""``cwrangler tail``: as wrangler's requests were recorded, and against a running endpoint."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from dev_process import CWRANGLER, make_environment
from edge_clients import PATIENCE, ask, upload_version
from edge_process import Edge, running_edge
from recorded_api import RECORDINGS, RecordedApi
from websockets.sync.server import ServerConnection, serve

RECORDING = json.loads((RECORDINGS / "tail-pretty.json").read_text())


@contextlib.contextmanager
def web_sockets(behaviour: Callable[[ServerConnection], None]) -> Iterator[str]:
    """Calls ``behaviour`` with each connection; gives the server's address."""
    with serve(behaviour, "127.0.0.1", 0, subprotocols=["trace-v1"]) as server:  # type: ignore[list-item]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


class Command:
    """A running ``cwrangler tail`` and what it has printed."""

    def __init__(self, *arguments: str, folder: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [CWRANGLER, "tail", *arguments], cwd=folder, env={**environment, "TZ": "UTC"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.out = ""

    def wait_for(self, text: str) -> str:
        """Everything so far, once ``text`` is in it."""
        assert self.process.stdout is not None
        limit = time.monotonic() + PATIENCE
        while text not in self.out:
            ready, _, _ = select.select([self.process.stdout], [], [], 1)
            if ready:
                piece = os.read(self.process.stdout.fileno(), 65536).decode()
                assert piece, f"it ended without {text!r}: {self.out}{self.process.communicate()[1]}"
                self.out += piece
            assert time.monotonic() < limit, self.out
        return self.out

    def end(self) -> tuple[int, str, str]:
        """Status and both outputs, when it has ended by itself."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, self.out + out, err

    def stop(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        self.process.send_signal(number)
        return self.end()


@contextlib.contextmanager
def tailing(*arguments: str, folder: Path, environment: dict[str, str]) -> Iterator[Command]:
    command = Command(*arguments, folder=folder, environment=environment)
    try:
        yield command
    finally:
        command.process.kill()
        command.process.communicate()


def test_the_recorded_tail(tmp_path: Path, scratch_environment: dict[str, str]) -> None:
    received: list[object] = []

    def play(connection: ServerConnection) -> None:
        assert connection.subprotocol == "trace-v1"
        received.append(json.loads(connection.recv()))
        for invocation in RECORDING["socket"]["sent"]:
            connection.send(json.dumps(invocation))
        connection.close(1000)

    with RecordedApi("tail-pretty") as api, web_sockets(play) as origin:
        api.socket_origin = origin
        environment = {**scratch_environment, **api.environment}
        with tailing(
            "hello-python", "--format", "pretty", folder=tmp_path, environment=environment
        ) as command:
            status, out, err = command.end()
        assert status == 0, err
        api.check()
    assert received == RECORDING["socket"]["received"]
    when = "11/22/2026, 8:43:06 AM"
    assert out.splitlines() == [
        "Successfully created tail, expires at 2036-08-22T16:00:00Z",
        "Connected to hello-python, waiting for logs...",
        f"GET https://hello-python.test-sub.workers.dev/x?y=1 - Ok @ {when}",
        "  (log) hello { a: 1 }",
        "  (error) bad",
        f"POST https://hello-python.test-sub.workers.dev/boom - Exception Thrown @ {when}",
        f'"*/1 * * * *" @ {when} - Ok',
        f"Queue my-queue (3 messages) - Ok @ {when}",
        f"Alarm @ {when} - Exceeded CPU Limit",
        f"Foo.bar - Ok @ {when}",
    ]
    assert re.search(r"✘ \[ERROR\] PythonError: Traceback\.\.\.\n\n +ValueError: x\n", err), err


def test_what_is_printed_for_scripts_is_json(
    tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    def play(connection: ServerConnection) -> None:
        connection.recv()
        for invocation in RECORDING["socket"]["sent"]:
            connection.send(json.dumps(invocation))
        connection.close(1000)

    with RecordedApi("tail-pretty") as api, web_sockets(play) as origin:
        api.socket_origin = origin
        environment = {**scratch_environment, **api.environment}
        with tailing("hello-python", folder=tmp_path, environment=environment) as command:
            status, out, err = command.end()
    assert (status, err) == (0, "")
    decoder, read, at = json.JSONDecoder(), [], 0
    while at < len(out):
        value, at = decoder.raw_decode(out, at)
        read.append(value)
        at += 1  # the line's end
    assert read == RECORDING["socket"]["sent"]


def test_hostile_invocations_are_only_printed(
    tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    """Whatever the network says: no crash, and nothing that drives the terminal."""
    sent = [
        "no JSON", "[]", "null", "{}", '{"event": 5, "logs": {}, "exceptions": "x"}',
        '{"event": {"request": 1}, "logs": [1, {"message": null}, {"level": 3, "message": "m"}]}',
        '{"exceptions": [1, {"name": 4, "message": {"a": [1, 2]}}], "eventTimestamp": "late"}',
        '{"event": {"consumedEvents": [{"scriptName": "a"}, {"scriptName": "a"}, 7]}}',
        json.dumps({"logs": [{"level": "log", "message": ["\x1b[2Jgone\x07"]}]}),
        '{"event": {"scheduledTime": 1e300}}',
        json.dumps({"logs": [{"level": "log", "message": [
            {"deep": {"deeper": {"deepest": {"hidden": 1}}}, "it's": ['say "hi"', []],
             "long": ["x" * 40, "y" * 40]}]}]}),
    ]

    def play(connection: ServerConnection) -> None:
        connection.recv()
        for text in sent:
            connection.send(text)
        connection.close(1000)

    with RecordedApi("tail-pretty") as api, web_sockets(play) as origin:
        api.socket_origin = origin
        environment = {**scratch_environment, **api.environment}
        with tailing(
            "hello-python", "--format", "pretty", folder=tmp_path, environment=environment
        ) as command:
            status, out, err = command.end()
    assert status == 0, err
    assert "no JSON" in err
    assert "\x1b" not in out and "\x07" not in out and "gone" in out
    assert "Tailing a - Unknown" in out
    assert ("  (log) {\n  deep: { deeper: { deepest: [Object] } },\n"
            "  \"it's\": [ 'say \"hi\"', [] ],\n"
            f"  long: [\n    '{'x' * 40}',\n    '{'y' * 40}'\n  ]\n}}\n") in out


def test_a_lost_connection_is_made_again(
    tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    connections = []

    def play(connection: ServerConnection) -> None:
        connection.recv()
        connections.append(connection)
        if len(connections) == 1:
            connection.close(1011)  # an internal error of the server
        else:
            connection.send(json.dumps(RECORDING["socket"]["sent"][0]))
            connection.close(1000)

    with RecordedApi("tail-pretty") as api, web_sockets(play) as origin:
        api.socket_origin = origin
        environment = {**scratch_environment, **api.environment}
        with tailing(
            "hello-python", "--format", "pretty", folder=tmp_path, environment=environment
        ) as command:
            status, out, err = command.end()
        asked = [request.method for request in api.received]
    assert status == 0, err
    assert "Reconnecting (attempt 1 of 5) in 1s" in err
    assert "Reconnected to hello-python." in out and "(log) hello { a: 1 }" in out
    # Each tail is made and taken away.
    assert asked == ["POST", "DELETE", "POST", "DELETE"]


@pytest.mark.parametrize("arguments, words", [
    (["--sampling-rate", "2"], "between 0 and 1"), (["--status", "bad"], "bad"),
    (["--format", "xml"], "xml"),
])
def test_flags_that_are_off(cwrangler, tmp_path: Path, arguments: list[str], words: str) -> None:
    done = cwrangler("tail", "hello", *arguments, cwd=tmp_path,
                     env={"CLOUDFLARE_API_TOKEN": "x", "CLOUDFLARE_ACCOUNT_ID": "0" * 32})
    assert done.returncode == 2 and words in done.stdout + done.stderr


CHATTY = dedent("""
    from workers import Response, WorkerEntrypoint

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            print("asked for", request.url.rsplit("/", 1)[1])
            if "fail" in request.url:
                raise ValueError("as told")
            return Response("said")
""")


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    folder = tmp_path_factory.mktemp("edge")
    with running_edge(folder / "data", make_environment(folder)) as running:
        running.deploy("chatty", CHATTY)
        yield running


def ask_until_seen(edge: Edge, command: Command, path: str, text: str) -> str:
    """What is asked for before the runtime knows of the listener is not told."""
    limit = time.monotonic() + PATIENCE
    while text not in command.out:
        ask(edge, "chatty", path)
        ready, _, _ = select.select([command.process.stdout], [], [], 0.5)
        if ready:
            command.out += os.read(command.process.stdout.fileno(), 65536).decode()
        assert time.monotonic() < limit, command.out
    return command.out


def tails_of(edge: Edge) -> list[dict]:
    return edge.result("GET", "/workers/scripts/chatty/tails")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_tail_of_a_running_worker(
    edge: Edge, tmp_path: Path, scratch_environment: dict[str, str], number: int
) -> None:
    environment = {**scratch_environment, **edge.client}
    with tailing(
        "chatty", "--format", "pretty", folder=tmp_path, environment=environment
    ) as command:
        command.wait_for("waiting for logs...")
        assert [tail["url"].startswith("ws://127.0.0.1") for tail in tails_of(edge)] == [True]
        ask_until_seen(edge, command, "/first", "(log) asked for first")
        ask_until_seen(edge, command, "/fail", "Exception Thrown")
        status, out, err = command.stop(number)
    assert status == 0, err
    assert out.rstrip().endswith("Stopping tail...")
    assert "✘ [ERROR]" in err and "ValueError: as told" in err
    assert tails_of(edge) == []


def test_filters(edge: Edge, tmp_path: Path, scratch_environment: dict[str, str]) -> None:
    environment = {**scratch_environment, **edge.client}
    filters = ["--status", "error", "--method", "GET", "--search", "fail", "--header", "Host"]
    with tailing("chatty", *filters, folder=tmp_path, environment=environment) as command:
        limit = time.monotonic() + PATIENCE
        while not tails_of(edge):
            assert time.monotonic() < limit
            time.sleep(0.05)
        ask(edge, "chatty", "/fine")
        out = ask_until_seen(edge, command, "/fail", "as told")
        command.stop()
    assert "fine" not in out


def test_the_tail_of_another_version_is_quiet(
    edge: Edge, tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    other = upload_version(edge, "chatty", CHATTY)
    environment = {**scratch_environment, **edge.client}
    with (
        tailing("chatty", "--version-id", other, folder=tmp_path, environment=environment) as quiet,
        tailing("chatty", folder=tmp_path, environment=environment) as all_,
    ):
        ask_until_seen(edge, all_, "/seen", "asked for seen")
        _, out, _ = quiet.stop()
        all_.stop()
    assert out == ""


def test_a_worker_that_is_not_there(edge: Edge, cwrangler, tmp_path: Path) -> None:
    done = cwrangler("tail", "nobody", cwd=tmp_path, env=edge.client)
    assert done.returncode == 1
    assert "does not exist" in done.stderr and "10007" in done.stderr


def test_on_a_terminal_it_is_for_a_person(
    edge: Edge, tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [CWRANGLER, "tail", "chatty"], cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=terminal,
        stderr=terminal, env={**scratch_environment, **edge.client})
    os.close(terminal)
    try:
        said = b""
        limit = time.monotonic() + PATIENCE
        while b"waiting for logs..." not in said:
            assert time.monotonic() < limit, said
            said += os.read(controller, 4096)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def test_a_tail_ends_with_its_worker(
    edge: Edge, tmp_path: Path, scratch_environment: dict[str, str]
) -> None:
    edge.deploy("brief", CHATTY)
    environment = {**scratch_environment, **edge.client}
    with tailing("brief", "--format", "pretty", folder=tmp_path, environment=environment) as command:
        command.wait_for("waiting for logs...")
        edge.result("DELETE", "/workers/scripts/brief")
        status, _, err = command.end()
    assert status == 0, err
