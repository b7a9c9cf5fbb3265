"""A server that answers for hosts of the outside world."""

from __future__ import annotations

import http.server
import threading


class StandIn:
    """Serves fixed pages on a port of this machine until the end of the ``with`` block.

    Pages are given as ``{"/path": (content_type, body)}``; ``url`` is the server's origin.
    """

    def __init__(self, pages: dict[str, tuple[str, bytes]]) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content_type, body = pages.get(self.path.partition("?")[0], ("", b""))
                self.send_response(200 if content_type else 404)
                if content_type:
                    self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Tests look at answers, not at a log."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StandIn:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
