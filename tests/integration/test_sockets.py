"""``cloudflare:sockets`` and Python's own ``socket`` in a Worker, against real servers."""

from __future__ import annotations

import json
import socket
import threading

import pytest
from peers import Certificate, after_starttls, count, echo, over_tls, serving
from runtime_process import Runtime

WORKER = """
    import asyncio, json, socket, ssl
    from urllib.parse import urlsplit, parse_qsl
    import js
    from pyodide.ffi import run_sync, to_js
    from workers import Response, WorkerEntrypoint, import_from_javascript

    sockets = import_from_javascript("cloudflare:sockets")

    try:
        sockets.connect("localhost:1")
        TOP_LEVEL = "allowed"
    except BaseException as error:
        TOP_LEVEL = str(error)

    def bytes_of(text):
        return to_js(text if isinstance(text, bytes) else text.encode())

    async def read_all(stream):
        reader = stream.getReader()
        data = b""
        while not (part := await reader.read()).done:
            data += part.value.to_bytes()
        return data

    async def read_some(stream):
        reader = stream.getReader()
        part = await reader.read()
        reader.releaseLock()
        return b"" if part.done else part.value.to_bytes()

    async def write(stream, data):
        writer = stream.getWriter()
        await writer.write(bytes_of(data))
        writer.releaseLock()

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            url = urlsplit(request.url)
            action = getattr(self, url.path[1:])
            try:
                result = await action(**dict(parse_qsl(url.query)))
            except Exception as error:
                result = {"error": str(error), "type": type(error).__name__}
            return Response(json.dumps(result))

        async def top_level(self):
            return TOP_LEVEL

        async def echo(self, address, transport="off"):
            connection = sockets.connect(address, secureTransport=transport)
            opened = await connection.opened
            await write(connection.writable, "hello")
            answer = await read_some(connection.readable)
            await connection.close()
            await connection.closed
            return {"answer": answer.decode(), "remote": opened.remoteAddress,
                    "transport": connection.secureTransport}

        async def half_open(self, address, allow, transport="off"):
            connection = sockets.connect(address, allowHalfOpen=allow == "yes",
                                         secureTransport=transport)
            await write(connection.writable, b"x" * 300_000)
            await connection.writable.close()
            return (await read_all(connection.readable)).decode()

        async def starttls(self, address):
            connection = sockets.connect(address, secureTransport="starttls")
            await write(connection.writable, "STARTTLS\\n")
            greeting = await read_some(connection.readable)
            secure = connection.startTls()
            await write(secure.writable, "secret")
            answer = await read_some(secure.readable)
            upgraded = connection.upgraded
            try:
                connection.startTls()
                again = "allowed"
            except Exception as error:
                again = str(error)
            await secure.close()
            return [greeting.decode(), answer.decode(), upgraded, secure.secureTransport, again]

        async def pressure(self, address):
            connection = sockets.connect(address)
            await connection.opened
            writer = connection.writable.getWriter()
            block = bytes_of(bytes(1 << 20))
            taken = 0
            # What the system takes goes at once; the rest waits for the peer.
            while taken < 64:
                written = asyncio.ensure_future(writer.write(block))
                done, _ = await asyncio.wait([written], timeout=1)
                if not done:
                    break
                taken += 1
            held_back = taken < 64
            print("held back")
            if held_back:
                await written
            await connection.close()
            return {"held_back": held_back}

        async def closed_while_reading(self, address):
            connection = sockets.connect(address)
            await connection.opened
            reading = asyncio.ensure_future(connection.readable.getReader().read())
            await asyncio.sleep(0)
            await connection.close()
            return (await reading).done

        async def blocking(self, port):
            with socket.create_connection(("localhost", int(port))) as connection:
                connection.sendall(b"hello ")
                first = connection.recv(100)
                connection.sendall(b"again")
                return (first + connection.recv(100)).decode()

        async def blocking_tls(self, port):
            with socket.create_connection(("localhost", int(port))) as connection:
                context = ssl.create_default_context()
                with context.wrap_socket(connection, server_hostname="localhost") as secure:
                    secure.sendall(b"secret")
                    return secure.recv(100).decode()

        async def blocking_refused(self, port):
            try:
                socket.create_connection(("localhost", int(port)))
            except OSError as error:
                return type(error).__name__
"""


def ask(runtime: Runtime, path: str) -> object:
    status, text = runtime.get(path)
    assert status == 200, text
    return json.loads(text)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_connect_is_for_handlers(runtime: Runtime) -> None:
    assert "Disallowed operation called within global scope" in str(ask(runtime, "/top_level"))


def test_echo(runtime: Runtime) -> None:
    with serving(echo) as peer:
        assert ask(runtime, f"/echo?address=localhost:{peer.port}") == {
            "answer": "hello", "remote": f"127.0.0.1:{peer.port}", "transport": "off"}


def test_tls(runtime: Runtime, certificate: Certificate) -> None:
    with serving(over_tls(certificate.server_context(), echo)) as peer:
        told = ask(runtime, f"/echo?address=localhost:{peer.port}&transport=on")
        assert told["answer"] == "hello", told
        assert not peer.errors  # the connection was ended, not cut off


def test_a_certificate_for_another_name(runtime: Runtime, certificate: Certificate) -> None:
    with serving(over_tls(certificate.server_context(), echo)) as peer:
        told = ask(runtime, f"/echo?address=127.0.0.1:{peer.port}&transport=on")
        assert "certificate verify failed" in told["error"], told


def test_starttls(runtime: Runtime, certificate: Certificate) -> None:
    with serving(after_starttls(certificate.server_context(), echo)) as peer:
        assert ask(runtime, f"/starttls?address=localhost:{peer.port}") == [
            "GO AHEAD\n", "secret", True, "on", "TypeError: startTls can only be called once."]


@pytest.mark.parametrize("transport", ["off", "on"])
def test_half_open(runtime: Runtime, certificate: Certificate, transport: str) -> None:
    behaviour = over_tls(certificate.server_context(), count) if transport == "on" else count
    with serving(behaviour) as peer:
        path = f"/half_open?address=localhost:{peer.port}&transport={transport}&allow="
        assert ask(runtime, path + "yes") == "300000 bytes"
        assert ask(runtime, path + "no") == "300000 bytes"  # our side ended first: the same


def test_refused(runtime: Runtime) -> None:
    told = ask(runtime, f"/echo?address=localhost:{closed_port()}")
    assert "Connection refused" in told["error"] and "ECONNREFUSED" in told["error"]


def test_unknown_host(runtime: Runtime) -> None:
    told = ask(runtime, "/echo?address=no-such-host.invalid:80")
    assert "connecting to no-such-host.invalid:80" in told["error"]


@pytest.mark.parametrize("address", ["localhost", "localhost:0", "localhost:70000", ":80", "a:b:1"])
def test_bad_addresses(runtime: Runtime, address: str) -> None:
    assert "error" in ask(runtime, f"/echo?address={address}")


def test_a_slow_peer_holds_the_writer_back(runtime: Runtime) -> None:
    may_read = threading.Event()

    def slow(connection: socket.socket) -> None:
        may_read.wait(60)
        while connection.recv(1 << 20):
            pass

    with serving(slow) as peer:
        answers: list[object] = []
        asking = threading.Thread(
            target=lambda: answers.append(
                ask(runtime, f"/pressure?address=localhost:{peer.port}")))
        asking.start()
        runtime.wait_for("console", text="held back")
        may_read.set()
        asking.join()
        assert answers == [{"held_back": True}]


def test_closing_ends_a_read(runtime: Runtime) -> None:
    with serving(echo) as peer:
        assert ask(runtime, f"/closed_while_reading?address=localhost:{peer.port}") is True


def test_python_sockets(runtime: Runtime) -> None:
    with serving(echo) as peer:
        assert ask(runtime, f"/blocking?port={peer.port}") == "hello again"


def test_python_sockets_over_tls(runtime: Runtime, certificate: Certificate) -> None:
    with serving(over_tls(certificate.server_context(), echo)) as peer:
        assert ask(runtime, f"/blocking_tls?port={peer.port}") == "secret"


def test_python_sockets_refused(runtime: Runtime) -> None:
    assert ask(runtime, f"/blocking_refused?port={closed_port()}") == "ConnectionRefusedError"
