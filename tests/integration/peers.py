"""Servers that Workers talk to: each accepts on a free port and serves every connection in a thread.

``serving(behaviour)``   runs one until the end of the ``with`` block
``serving_http``         an HTTP server that tells what it was asked
``make_certificate``     a self-signed certificate for ``localhost`` and other names
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Certificate:
    """The files of a certificate that is its own authority."""

    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificate(folder: Path, *names: str) -> Certificate:
    """Makes a certificate for ``localhost`` and ``names`` in ``folder``."""
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    subject = ",".join(f"DNS:{name}" for name in ("localhost", *names))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", f"subjectAltName={subject}",
         "-keyout", made.key, "-out", made.certificate],
        check=True, capture_output=True,
    )
    return made


@dataclass
class Peer:
    """A running server."""

    port: int
    #: What ended a connection's thread, for the test to look at.
    errors: list[BaseException] = field(default_factory=list)


@contextlib.contextmanager
def serving(behaviour: Callable[[socket.socket], None]) -> Iterator[Peer]:
    """Calls ``behaviour`` with each connection; the connection is closed when it returns."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    peer = Peer(listening.getsockname()[1])

    def serve(connection: socket.socket) -> None:
        try:
            with connection:
                behaviour(connection)
        except OSError as error:  # TLS's errors are OSErrors too
            peer.errors.append(error)

    def accept() -> None:
        with contextlib.suppress(OSError):  # the listening socket is closed
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=serve, args=[connection], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield peer
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def echo(connection: socket.socket) -> None:
    """Sends back what comes, until the other side ends."""
    while data := connection.recv(65536):
        connection.sendall(data)


def count(connection: socket.socket) -> None:
    """Reads to the end of the other side, then tells how much it was: needs a half-open connection."""
    total = 0
    while data := connection.recv(65536):
        total += len(data)
    connection.sendall(b"%d bytes" % total)


def over_tls(
    context: ssl.SSLContext, behaviour: Callable[[socket.socket], None]
) -> Callable[[socket.socket], None]:
    """The same behaviour inside TLS."""

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            behaviour(secure)

    return serve


def after_starttls(
    context: ssl.SSLContext, behaviour: Callable[[socket.socket], None]
) -> Callable[[socket.socket], None]:
    """Clear text until the line STARTTLS is answered, TLS from then on."""

    def serve(connection: socket.socket) -> None:
        line = b""
        while not line.endswith(b"\n"):
            line += connection.recv(1)
        assert line == b"STARTTLS\n", line
        connection.sendall(b"GO AHEAD\n")
        over_tls(context, behaviour)(connection)

    return serve


class _Telling(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Keeps the test's output clean."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = {"method": self.command, "path": self.path, "host": self.headers["Host"],
                "x": self.headers.get("X-Test"), "body": body.decode()}
        answer = json.dumps(told).encode()
        self.send_response(200 if self.path != "/missing" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET


@contextlib.contextmanager
def serving_http() -> Iterator[Peer]:
    """Answers every request with its method, path, Host, X-Test header and body, as JSON."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Telling)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Peer(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
