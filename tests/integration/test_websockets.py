"""WebSockets of a Worker: pairs, the server's side against a real client, the client's side against a
real server, and ASGI applications through the SDK."""

from __future__ import annotations

import contextlib
import json
import socket as sockets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from peers import Certificate
from runtime_process import Runtime, running, worker_config
from websockets import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve

WORKER = """
    import asyncio, json
    from urllib.parse import urlsplit
    import js
    from pyodide.ffi import create_proxy, to_js
    from workers import Response, WorkerEntrypoint, fetch

    def reply_to(server):
        def on_message(event):
            if isinstance(event.data, str):
                if event.data == "close":
                    server.close(4321, "as you wish")
                else:
                    server.send("echo " + event.data)
            else:
                server.send(to_js(b"echo " + event.data.to_bytes()))
        def on_close(event):
            print("closed", event.code, event.reason, event.wasClean)
        server.addEventListener("message", create_proxy(on_message))
        server.addEventListener("close", create_proxy(on_close))

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            action = urlsplit(request.url).path[1:]
            return await getattr(self, action)(request)

        async def echo(self, request):
            client, server = js.WebSocketPair.new().object_values()
            server.accept()
            server.binaryType = "arraybuffer"
            reply_to(server)
            return Response(None, status=101, web_socket=client,
                            headers={"X-Hello": "there", "Sec-WebSocket-Protocol": "chat"})

        async def push(self, request):
            client, server = js.WebSocketPair.new().object_values()
            server.accept()
            for i in range(1000):
                server.send(f"{i} " + "x" * 1000)
            server.close(1000, "enough")
            return Response(None, status=101, web_socket=client)

        async def accepted(self, request):
            client, server = js.WebSocketPair.new().object_values()
            client.accept()
            return Response(None, status=101, web_socket=client)

        async def pair(self, request):
            one, two = js.WebSocketPair.new().object_values()
            heard = []
            over = asyncio.get_running_loop().create_future()
            try:
                one.send("too early")
            except Exception as error:
                heard.append(str(error))
            for name, socket in (("one", one), ("two", two)):
                socket.accept()
                socket.addEventListener("message", create_proxy(
                    lambda event, name=name: heard.append([name, event.data])))
            def closed(event):
                heard.append(["one closed", event.code, event.reason])
                over.set_result(None)
            one.onclose = create_proxy(closed)
            one.serializeAttachment(to_js({"a": [1, 2]}))
            one.send("to two")
            two.send("to one")
            two.close(3001, "bye")
            await over
            attached = one.deserializeAttachment().a.to_py()
            return Response(json.dumps([heard, attached, one.readyState, two.readyState]))

        async def client(self, request):
            heard = []
            over = asyncio.get_running_loop().create_future()
            socket = js.WebSocket.new(request.url.split("?")[1], to_js(["first", "chat"]))
            socket.binaryType = "arraybuffer"
            def opened(event):
                heard.append(["open", socket.protocol, socket.readyState])
                socket.send("hello")
                socket.send(to_js(b"bytes"))
            def message(event):
                heard.append(event.data if isinstance(event.data, str)
                             else event.data.to_bytes().decode())
                if len(heard) == 3:
                    socket.close(3000, "done")
            def closed(event):
                heard.append(["close", event.code, event.reason, event.wasClean])
                over.set_result(None)
            socket.addEventListener("open", create_proxy(opened))
            socket.addEventListener("message", create_proxy(message))
            socket.addEventListener("error", create_proxy(lambda event: heard.append("error")))
            socket.addEventListener("close", create_proxy(closed))
            await over
            return Response(json.dumps(heard))

        async def fetched(self, request):
            url = request.url.split("?")[1].replace("ws", "http", 1)
            answer = await js.fetch(url, headers=to_js({"Upgrade": "websocket"}))
            if not answer.webSocket:
                return Response(json.dumps([answer.status]))
            future = asyncio.get_running_loop().create_future()
            answer.webSocket.accept()
            answer.webSocket.onmessage = create_proxy(lambda event: future.set_result(event.data))
            answer.webSocket.send("through fetch")
            heard = await future
            answer.webSocket.close(1000, "")
            return Response(json.dumps([answer.status, heard]))

        async def passed_on(self, request):
            url = request.url.split("?")[1].replace("ws", "http", 1)
            return await js.fetch(url, headers=to_js({"Upgrade": "websocket"}))
"""

PATIENCE = 60


def open_socket(runtime: Runtime, path: str, **options: object) -> ClientConnection:
    if path == "/echo":
        options["subprotocols"] = ["chat"]
    return connect(f"ws://127.0.0.1:{runtime.port}{path}", open_timeout=PATIENCE,
                   close_timeout=PATIENCE, proxy=None, max_size=None, **options)


def echo_server(connection: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        for message in connection:
            connection.send(message)


@pytest.fixture
def echoing(request: pytest.FixtureRequest, certificate: Certificate) -> Iterator[int]:
    """The port of an echo server; over TLS where the parameter says so."""
    tls = certificate.server_context() if getattr(request, "param", False) else None
    with serve(echo_server, "127.0.0.1", 0, ssl=tls, subprotocols=["chat"],
               select_subprotocol=lambda _, offered: "chat" if "chat" in offered else None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.socket.getsockname()[1]


@pytest.mark.parametrize("compression", ["deflate", None])
def test_text_bytes_and_ping(runtime: Runtime, compression: str | None) -> None:
    with open_socket(runtime, "/echo", compression=compression) as socket:
        assert socket.response.headers["X-Hello"] == "there"
        assert socket.subprotocol == "chat"
        assert bool(socket.protocol.extensions) == (compression is not None)
        socket.send("grüße")
        assert socket.recv(PATIENCE) == "echo grüße"
        socket.send(b"\x00\xff")
        assert socket.recv(PATIENCE) == b"echo \x00\xff"
        assert socket.ping().wait(PATIENCE)
        socket.send("x" * 1_000_000)
        assert len(socket.recv(PATIENCE)) == 1_000_005


def test_fragments_are_one_message(runtime: Runtime) -> None:
    with open_socket(runtime, "/echo") as socket:
        socket.send(iter(["one ", "two ", "three"]))
        assert socket.recv(PATIENCE) == "echo one two three"


def test_the_worker_closes(runtime: Runtime) -> None:
    with open_socket(runtime, "/echo") as socket:
        socket.send("close")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4321, "as you wish")
    runtime.wait_for("console", text="closed 4321 as you wish True")


def test_the_client_closes(runtime: Runtime) -> None:
    with open_socket(runtime, "/echo") as socket:
        socket.close(3333, "bye")
    runtime.wait_for("console", text="closed 3333 bye True")


def test_the_client_vanishes(runtime: Runtime) -> None:
    socket = open_socket(runtime, "/echo")
    socket.socket.shutdown(sockets.SHUT_RDWR)  # both ways, without a goodbye
    runtime.wait_for("console", text="closed 1006  False")


def test_bad_frames_end_the_connection(runtime: Runtime) -> None:
    socket = open_socket(runtime, "/echo", compression=None)
    socket.socket.sendall(b"\x81\x82\x00\x00\x00\x00\xff\xfe")  # text that is not UTF-8
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(PATIENCE)
    assert closed.value.rcvd.code == 1007
    runtime.wait_for("console", text="closed 1007  False")
    assert runtime.get("/pair")[0] == 200


def test_messages_sent_before_the_response_arrive_in_order(runtime: Runtime) -> None:
    with open_socket(runtime, "/push") as socket:
        for i in range(1000):
            assert socket.recv(PATIENCE).startswith(f"{i} ")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1000, "enough")


def test_an_accepted_end_cannot_be_returned(runtime: Runtime) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(runtime, "/accepted")
    assert refused.value.response.status_code == 500


def test_a_request_without_upgrade_gets_an_error(runtime: Runtime) -> None:
    status, text = runtime.get("/echo")
    assert status == 500
    assert "Upgrade: websocket" in text


def test_pair(runtime: Runtime) -> None:
    heard, attached, *states = json.loads(runtime.get("/pair")[1])
    assert "You must call accept()" in heard[0]
    assert sorted(heard[1:3]) == [["one", "to one"], ["two", "to two"]]
    assert heard[3] == ["one closed", 3001, "bye"]
    assert attached == [1, 2]
    assert states[0] == 3


@pytest.mark.parametrize("echoing", [False, True], indirect=True, ids=["ws", "wss"])
def test_client(runtime: Runtime, echoing: int, request: pytest.FixtureRequest) -> None:
    scheme = request.node.callspec.id
    assert json.loads(runtime.get(f"/client?{scheme}://localhost:{echoing}/")[1]) == [
        ["open", "chat", 1], "hello", "bytes", ["close", 3000, "done", True]]


def test_client_refused(runtime: Runtime) -> None:
    heard = json.loads(runtime.get("/client?ws://localhost:1/")[1])
    assert heard[0] == "error" and heard[1][:2] == ["close", 1006]


def test_fetch_upgrades(runtime: Runtime, echoing: int) -> None:
    assert json.loads(runtime.get(f"/fetched?ws://localhost:{echoing}/")[1]) == [
        101, "through fetch"]


def test_a_fetched_socket_is_passed_on(runtime: Runtime, echoing: int) -> None:
    with open_socket(runtime, f"/passed_on?ws://localhost:{echoing}/") as socket:
        socket.send("through the Worker")
        assert socket.recv(PATIENCE) == "through the Worker"


ASGI_WORKER = """
    import asgi
    from workers import WorkerEntrypoint

    async def app(scope, receive, send):
        assert scope["type"] == "websocket", scope
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            if message.get("text") is not None:
                await send({"type": "websocket.send", "text": scope["path"] + message["text"]})
            else:
                await send({"type": "websocket.send", "bytes": message["bytes"] * 2})
        print("disconnected", message["code"])

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            return await asgi.websocket(app, request.js_object, self.env)
"""

FASTAPI_WORKER = """
    import asgi
    from fastapi import FastAPI, WebSocket, WebSocketDisconnect
    from workers import WorkerEntrypoint

    app = FastAPI()

    @app.websocket("/chat/{room}")
    async def chat(websocket: WebSocket, room: str):
        await websocket.accept()
        try:
            while True:
                await websocket.send_json({"room": room, "got": await websocket.receive_json()})
        except WebSocketDisconnect as error:
            print("left", error.code)

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            return await asgi.websocket(app, request.js_object, self.env)
"""


@pytest.mark.network
def test_fastapi(project: Callable[..., Path], dev: Callable[..., object]) -> None:
    directory = project("fastapi")
    (directory / "src" / "entry.py").write_text(dedent(FASTAPI_WORKER))
    with dev(directory, timeout=200) as session:
        address = session.url.replace("http", "ws", 1)
        with connect(address + "/chat/lobby", open_timeout=PATIENCE, proxy=None) as socket:
            for i in range(3):
                socket.send(json.dumps({"number": i}))
                assert json.loads(socket.recv(PATIENCE)) == {
                    "room": "lobby", "got": {"number": i}}
            socket.close(1000)
        session.wait_for_line("left 1000")


STARLETTE_WORKER = """
    import asgi
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route, WebSocketRoute
    from workers import WorkerEntrypoint

    async def chat(websocket):
        await websocket.accept()
        room = websocket.path_params["room"]
        try:
            async for text in websocket.iter_text():
                await websocket.send_json({"room": room, "q": websocket.query_params["q"], "got": text})
                await websocket.send_bytes(text.encode() * 2)
        finally:
            print("left", room)

    async def refused(websocket):
        await websocket.accept()
        await websocket.close(4003, "not you")

    async def fails(websocket):
        await websocket.accept()
        raise LookupError("in a socket")

    async def home(request):
        return JSONResponse({"path": request.url.path})

    app = Starlette(routes=[
        Route("/", home),
        WebSocketRoute("/chat/{room}", chat),
        WebSocketRoute("/refused", refused),
        WebSocketRoute("/fails", fails),
    ])

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            if request.headers.get("upgrade") == "websocket":
                return await asgi.websocket(app, request.js_object, self.env)
            return await asgi.fetch(app, request.js_object, self.env, self.ctx)
"""


@pytest.mark.network
@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_starlette(project: Callable[..., Path], dev: Callable[..., object], version: str) -> None:
    directory = project("hello")
    (directory / "src" / "entry.py").write_text(dedent(STARLETTE_WORKER))
    text = (directory / "pyproject.toml").read_text()
    assert "dependencies = [" in text
    (directory / "pyproject.toml").write_text(
        text.replace("dependencies = [", 'dependencies = ["starlette", ', 1))
    with dev(directory, "--python", version, timeout=200) as session:
        assert json.loads(session.get().text) == {"path": "/"}

        def open_path(path: str) -> ClientConnection:
            address = session.url.replace("http", "ws", 1) + path
            return connect(address, open_timeout=PATIENCE, proxy=None)

        with open_path("/chat/lobby?q=1") as socket:
            for text in ("one", "two"):
                socket.send(text)
                assert json.loads(socket.recv(PATIENCE)) == {"room": "lobby", "q": "1", "got": text}
                assert socket.recv(PATIENCE) == text.encode() * 2
            socket.close(1000)
        session.wait_for_line("left lobby")
        with open_path("/refused") as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4003, "not you")
        with open_path("/fails") as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE)
        assert closed.value.rcvd.code == 1011
        session.wait_for_line("LookupError: in a socket")
        assert session.get().status == 200


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_asgi(tmp_path: Path, version: str) -> None:
    (tmp_path / "entry.py").write_text(dedent(ASGI_WORKER))
    with running() as runtime:
        runtime.load({**worker_config(tmp_path), "python_version": version})
        runtime.wait_for("loaded")
        with open_socket(runtime, "/room/") as socket:
            socket.send("hello")
            assert socket.recv(PATIENCE) == "/room/hello"
            socket.send(b"ab")
            assert socket.recv(PATIENCE) == b"abab"
            socket.close(1000)
        assert runtime.wait_for("console")["text"] == "disconnected 1000"
