"""The HTTP server that the tests of fetch() talk to. Prints its port, serves until its input ends."""

import gzip
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

BIG = 32 * 1024 * 1024
#: One block that is not compressed, then the end (RFC 7932, section 9.2).
BROTLI_HELLO = bytes.fromhex("0b0280") + b"hello" + bytes.fromhex("03")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *args: object) -> None:
        """A client that goes away is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sent = 0  # bytes of /big, by all connections
    released = threading.Event()
    broken_uploads: ClassVar[list[str]] = []

    def log_message(self, *args: object) -> None:
        """Keeps the test's output clean."""

    def body(self) -> bytes:
        """The request's body, whether it has a length or comes in chunks."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def hold_upload(self) -> None:
        """Reads nothing of the body until /release is asked for; then tells how much it was."""
        Handler.released.wait()
        Handler.released.clear()
        try:
            self.answer(200, str(len(self.body())).encode())
        except (OSError, ValueError) as error:  # the client has given up
            Handler.broken_uploads.append(repr(error))
            self.close_connection = True

    def answer_events(self, way: str) -> None:
        """A stream of events that ends, or is cut, and goes on from the ID that the client has."""
        last = self.headers.get("Last-Event-ID", "").encode("latin-1").decode()
        if last == "8":
            self.answer(204)
            return
        told = last or self.headers["Accept"]
        name = "8" if last else "7\u00e4"
        body = f"retry: 1\nid: {name}\ndata: {told}\n\ndata: not whole".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream;charset=utf-8")
        self.send_header("Content-Length", str(len(body) + (1 if way == "cut" else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = way == "cut"

    def handle_request(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/early":
            self.answer(413, b"too much", Connection="close")
            while self.rfile.read1(65536):  # closing with unread input would reset the connection
                pass
            return
        if url.path == "/held":
            self.hold_upload()
            return
        if url.path == "/release":
            Handler.released.set()
        body = self.body()
        if url.path == "/echo":
            told = {
                "method": self.command,
                "path": self.path,
                "headers": [[name.lower(), value] for name, value in self.headers.items()],
                "body": body.decode("latin-1"),
            }
            self.answer(200, json.dumps(told).encode(), Content_Type="application/json", X_A="b")
        elif url.path == "/redirect":
            self.answer(int(query["status"]), Location=query["to"])
        elif url.path == "/loop":
            self.answer(302, Location="/loop")
        elif url.path == "/status":
            self.answer(int(query["status"]))
        elif url.path == "/gzip":
            self.answer(200, gzip.compress(b"unpacked " * 1000), Content_Encoding="gzip")
        elif url.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"not all")
            self.close_connection = True
        elif url.path == "/chunks":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for word in (b"one ", b"two ", b"three"):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(word), word))
            self.wfile.write(b"0\r\n\r\n")
        elif url.path == "/big":
            self.send_response(200)
            self.send_header("Content-Length", str(BIG))
            self.end_headers()
            block = bytes(65536)
            for _ in range(BIG // len(block)):
                self.wfile.write(block)
                Handler.sent += len(block)
        elif url.path == "/broken-uploads":
            self.answer(200, str(len(Handler.broken_uploads)).encode())
        elif url.path == "/sent":
            self.answer(200, str(Handler.sent).encode())
        elif url.path == "/events":
            self.answer_events(query["way"])
        elif url.path == "/brotli":
            self.answer(200, BROTLI_HELLO, Content_Encoding="br")
        elif url.path == "/connection":
            self.answer(200, str(self.client_address[1]).encode())
        elif url.path == "/never":
            time.sleep(600)
        else:
            self.answer(404)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = handle_request


def main() -> None:
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


main()
