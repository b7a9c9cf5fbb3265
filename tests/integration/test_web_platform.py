"""The web platform in a Worker that runs: what needs a server before or behind it. What the platform does
in itself: tests/unit/runtime/web."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path
from urllib.parse import quote

import pytest
from http2_peer import serving_http2
from peers import Certificate, Peer, over_tls, serving, serving_http
from runtime_process import Runtime, running, worker_config
from websockets import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

SOURCE = Path(__file__).resolve().parent.parent / "workers" / "web" / "src"

#: What imports.mjs imports beside modules; the WebAssembly module exports `add(a, b)`.
FILES = {
    "add.wasm": bytes.fromhex(
        "0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b"),
    "note.txt": "né".encode(),
    "bytes.bin": bytes([0, 128, 255]),
    "some.json": b'{"a": [1, null]}',
}
TYPES = {".wasm": "wasm", ".txt": "text", ".bin": "data", ".json": "json", ".mjs": "esm"}


def config_of(folder: Path) -> dict:
    """The Worker's configuration; its files that are no text are put into the folder."""
    config = worker_config(SOURCE)
    paths = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.mjs"))}
    for name, content in FILES.items():
        paths[f"files/{name}"] = folder / name
        (folder / name).write_bytes(content)
    modules = [{"name": name, "type": TYPES[path.suffix], "path": str(path)}
               for name, path in paths.items()]
    return {**config, "modules": [*config["modules"], *modules]}


@contextmanager
def serving_worker(folder: Path, limits: dict | None = None, **env: str) -> Iterator[Runtime]:
    with running(env=env) as runtime:
        runtime.load({**config_of(folder), "limits": limits or {}})
        runtime.wait_for("loaded")
        yield runtime


@pytest.fixture(scope="module")
def worker(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[Runtime]:
    folder = tmp_path_factory.mktemp("files")
    with serving_worker(folder, SSL_CERT_FILE=str(certificate.certificate)) as runtime:
        yield runtime


def check(worker: Runtime, path: str, target: str = "") -> object:
    """What the check of a JavaScript module gave."""
    status, body = worker.get(f"/{path}?{quote(target, safe='')}")
    assert status == 200, body
    return json.loads(body)


def framing(response: HTTPResponse) -> tuple[str | None, str | None]:
    return response.getheader("Content-Length"), response.getheader("Transfer-Encoding")


@pytest.mark.parametrize(("name", "length", "body"), [
    ("exact", "6", b"abcdef"),
    ("contradicted", "6", b"abcdef"),
    ("empty", "0", b""),
    ("blob", "11", b"from a blob"),
    ("unknown", None, b"abcdef"),
])
def test_a_response_tells_the_length_of_its_stream(
    worker: Runtime, name: str, length: str | None, body: bytes
) -> None:
    with closing(worker.connect()) as connection:
        connection.request("GET", f"/lengths/{name}")
        response = connection.getresponse()
        assert framing(response) == (length, None if length else "chunked")
        assert response.read() == body
        # The connection is fit for another request.
        connection.request("HEAD", f"/lengths/{name}")
        response = connection.getresponse()
        assert response.getheader("Content-Length") == length
        assert response.read() == b""


@pytest.mark.parametrize(("name", "problem"), [
    ("cut", "did not see all expected bytes"), ("exceeding", "too many bytes"),
])
def test_a_stream_that_breaks_its_word_cuts_the_response(
    worker: Runtime, name: str, problem: str
) -> None:
    with closing(worker.connect()) as connection:
        connection.request("GET", f"/lengths/{name}")
        response = connection.getresponse()
        assert response.getheader("Content-Length") == "6"
        with pytest.raises((IncompleteRead, ConnectionError)):
            response.read()
    assert problem in worker.wait_for("exception")["message"]


def test_a_request_body_passes_through_with_its_length(worker: Runtime) -> None:
    content = bytes(range(256)) * 1000
    with closing(worker.connect()) as connection:
        connection.request("POST", "/lengths/passed", body=content)
        response = connection.getresponse()
        assert framing(response) == ("256000", None)
        assert response.read() == content


def test_http2_where_the_server_has_it(worker: Runtime, certificate: Certificate) -> None:
    with serving_http2(certificate) as peer:
        told = check(worker, "fetching/together", f"https://localhost:{peer.port}/")
        assert not peer.errors
    assert {answer["connection"] for answer in told} == {1}
    assert [(answer["method"], answer["path"], answer["length"], answer["received"])
            for answer in told] == [
        ("GET", "/a", None, 0), ("POST", "/b", "200000", 200_000), ("PUT", "/c", None, 100_000),
        ("GET", "/d", None, 0)]


def _secure_hello(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", None])
def test_authorities_of_the_environment(
    tmp_path: Path, certificate: Certificate, variable: str | None
) -> None:
    env = {} if variable is None else {variable: str(certificate.certificate)}
    with serving_worker(tmp_path, **env) as worker, \
            serving(over_tls(certificate.server_context(), _secure_hello)) as peer:
        status, text = check(worker, "fetching/once", f"https://localhost:{peer.port}/")
        if variable is None:
            assert status == "TypeError" and "certificate" in text
        else:
            assert (status, text) == (200, "hello")


@contextmanager
def _proxy() -> Iterator[tuple[Peer, list[str]]]:
    """Answers for every host by itself, and connects to any; the first lines of what it was asked."""
    asked: list[str] = []

    def behave(connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        line = head.split(b"\r\n")[0].decode()
        asked.append(line)
        method, target, _ = line.split(" ")
        if method != "CONNECT":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nthe proxy")
            return
        with socket.create_connection(("127.0.0.1", int(target.rsplit(":", 1)[1]))) as beyond:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pump, args=[beyond, connection], daemon=True)
            back.start()
            _pump(connection, beyond)
            back.join()

    with serving(behave) as peer:
        yield peer, asked


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def test_proxies_of_the_environment(tmp_path: Path, certificate: Certificate) -> None:
    with _proxy() as (proxy, asked), serving_http() as direct, \
            serving(over_tls(certificate.server_context(), _secure_hello)) as secure:
        address = f"http://127.0.0.1:{proxy.port}"
        env = {"http_proxy": address, "https_proxy": address, "no_proxy": "127.0.0.1",
               "HTTP_PROXY": "", "HTTPS_PROXY": "", "NO_PROXY": "",
               "SSL_CERT_FILE": str(certificate.certificate)}
        with serving_worker(tmp_path, **env) as worker:
            assert check(worker, "fetching/once", "http://host.example/x") == [200, "the proxy"]
            assert check(worker, "fetching/once", f"https://localhost:{secure.port}/") == [200, "hello"]
            status, text = check(worker, "fetching/once", f"http://127.0.0.1:{direct.port}/y")
    assert (status, json.loads(text)["path"]) == (200, "/y")
    assert asked == [
        "GET http://host.example/x HTTP/1.1", f"CONNECT localhost:{secure.port} HTTP/1.1"]


def test_a_beacon_lives_longer_than_the_response(worker: Runtime) -> None:
    arrived = threading.Event()
    answer = threading.Event()
    heard = []

    def behave(connection: socket.socket) -> None:
        data = b""
        while not data.endswith(b"told"):
            data += connection.recv(65536)
        heard.append(data)
        arrived.set()
        answer.wait()
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with serving(behave) as peer:
        # The server does not answer before the Worker has.
        assert check(worker, "fetching/beacon", f"http://127.0.0.1:{peer.port}/told") is True
        assert arrived.wait(60)
        answer.set()
    assert heard[0].startswith(b"POST /told HTTP/1.1\r\n")


EVENTS = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
          b"retry: 1\ndata: again\n\n")


def _events(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(EVENTS)


def test_the_connections_of_an_event_source_are_subrequests(tmp_path: Path) -> None:
    with serving_worker(tmp_path, {"subrequests": 2}) as worker, serving(_events) as peer:
        got, error = check(worker, "fetching/events", f"http://127.0.0.1:{peer.port}/")
    assert got == ["again", "again"]
    assert "Too many subrequests: one event may make 2." in error


@pytest.mark.parametrize("path", ["fetching/several", "fetching/several/later"])
def test_requests_of_javascript_that_python_calls_are_counted(tmp_path: Path, path: str) -> None:
    with serving_worker(tmp_path, {"subrequests": 3}) as worker, serving_http() as peer:
        for _ in range(2):
            assert check(worker, path, f"http://127.0.0.1:{peer.port}/") == [
                [200, 200, 200], "Too many subrequests: one event may make 3."]


def _socket_server(connection: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        for message in connection:
            if message == "vanish":
                connection.socket.shutdown(socket.SHUT_RDWR)
            elif isinstance(message, str) and message.startswith("close "):
                _, code, reason = message.split(" ", 2)
                connection.close(int(code), reason)
            else:
                connection.send(message)


@pytest.fixture(params=["deflate", None], ids=["compressed", "plain"])
def sockets(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a WebSocket server, with and without permessage-deflate."""
    with serve(_socket_server, "127.0.0.1", 0, compression=request.param) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"


def test_how_a_websocket_is_closed(worker: Runtime, sockets: str) -> None:
    assert check(worker, "sockets/closedByServer", sockets) == [4001, "as you wish", True]
    assert check(worker, "sockets/vanished", sockets) == [1006, "", False]
    assert check(worker, "sockets/closedByWorker", sockets) == [
        [2, 1005, "", True, 3], [2, 1000, "", True, 3], [2, 3000, "done", True, 3],
        [2, 4999, "ä" * 61, True, 3]]


def test_how_a_websocket_cannot_be_closed(worker: Runtime, sockets: str) -> None:
    assert check(worker, "sockets/refusals", sockets) == [
        "InvalidAccessError", "InvalidAccessError", "InvalidAccessError", "SyntaxError",
        "InvalidAccessError"]


def test_what_binary_messages_come_as(worker: Runtime, sockets: str) -> None:
    content = [0, 1, 255]
    by_default = check(worker, "sockets/binaryTypes", sockets)[2][0]
    assert by_default in ("ArrayBuffer", "Blob")
    assert check(worker, "sockets/binaryTypes", sockets) == [
        ["ArrayBuffer", content], ["Blob", content], [by_default, content]]


def test_compressed_messages(
    worker: Runtime, sockets: str, request: pytest.FixtureRequest
) -> None:
    extensions, whole = check(worker, "sockets/compressed", sockets)
    assert extensions.startswith("permessage-deflate") == (request.node.callspec.id == "compressed")
    assert whole == [True] * 4


def test_what_javascript_modules_import(worker: Runtime) -> None:
    assert check(worker, "imports/all") == {
        "wasm": [True, 42],
        "text": ["né", ["default"]],
        "data": ["ArrayBuffer", [0, 128, 255]],
        "json": {"a": [1, None]},
        "deep": [42, 2],
    }
    text, missing = check(worker, "imports/later")
    assert text == "né"
    assert "files/none.txt" in missing
