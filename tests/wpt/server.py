"""The servers that the web platform tests talk to: files and handlers by wptserve, WebSockets by pywebsocket3.

``with serving(root) as ports``: ``ports.http`` and ``ports.web_socket`` on 127.0.0.1.

Handlers of the tests may be older than wptserve 3: they take names and values for text, where it has bytes by
now, and know pywebsocket3 by its former name.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pywebsocket3
from pywebsocket3 import common, msgutil, standalone, stream, util
from wptserve import handlers, server
from wptserve.stash import StashServer

HOST = "localhost"
LOOPBACK = "127.0.0.1"


@dataclass
class Ports:
    http: int
    web_socket: int


def _text(value: Any) -> Any:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes(value: Any) -> Any:
    return value.encode("latin-1") if isinstance(value, str) else value


class _TextValues:
    """Headers, or the values of a query, whose names and values are text."""

    def __init__(self, values: Any) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return _bytes(name) in self._values

    def __getitem__(self, name: str) -> str:
        return _text(self._values[_bytes(name)])

    def __iter__(self) -> Iterator[str]:
        return iter([_text(name) for name in self._values])

    def get(self, name: str, default: Any = None) -> Any:
        return _text(self._values.get(_bytes(name), default))

    def first(self, name: str, *default: Any) -> Any:
        return _text(self._values.first(_bytes(name), *default))

    def get_list(self, name: str) -> list[str]:
        return [_text(value) for value in self._values.get_list(_bytes(name))]

    def items(self) -> list[tuple[str, Any]]:
        return [(_text(name), [_text(v) for v in value] if isinstance(value, list) else _text(value))
                for name, value in self._values.items()]


class _TextRequest:
    """A request as handlers of old see it."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._request, name)
        return _TextValues(value) if name in ("GET", "POST", "headers", "cookies") else value


class _ScriptHandler(handlers.PythonScriptHandler):
    """Runs a handler; one that asks for bytes gets wptserve's own request."""

    def __call__(self, request: Any, response: Any) -> None:
        def run(request: Any, response: Any, environment: dict, path: str) -> None:
            source = Path(path).read_text()
            main = environment["main"]
            asks_for_bytes = 'b"' in source or "b'" in source
            handlers.FunctionHandler(
                main if asks_for_bytes else lambda asked, answer: main(_TextRequest(asked), answer)
            )(request, response)
            handlers.wrap_pipeline(path, request, response)

        self._load_file(request, response, run)


class _Config(dict):
    """What files with substitutions (``.sub.js``) are filled with."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


@contextlib.contextmanager
def _web_sockets(root: Path) -> Iterator[int]:
    for name, module in {"": pywebsocket3, ".common": common, ".msgutil": msgutil, ".stream": stream,
                         ".util": util}.items():
        sys.modules.setdefault(f"mod_pywebsocket{name}", module)
    scripts = root / "websockets" / "handlers"
    options, _ = standalone._parse_args_and_config(
        ["-p", "0", "-H", LOOPBACK, "-d", str(root), "-w", str(scripts if scripts.is_dir() else root)])
    options.cgi_directories = []
    options.is_executable_method = None
    listening = standalone.WebSocketServer(options)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield listening._sockets[0][0].getsockname()[1]
    finally:
        listening.shutdown()
        listening.server_close()


@contextlib.contextmanager
def serving(root: Path) -> Iterator[Ports]:
    """Both servers, for the tests below ``root``."""
    logging.disable(logging.CRITICAL)  # handlers that fail are part of some tests
    routes = [("*", "*.py", _ScriptHandler()), ("GET", "*.asis", handlers.AsIsHandler()),
              ("*", "*", handlers.FileHandler())]
    with socket.create_server((LOOPBACK, 0)) as other:
        # Another port stands for another origin, and for HTTPS, which is not spoken.
        refused = other.getsockname()[1]
    config = _Config(
        browser_host=HOST, doc_root=str(root),
        all_domains={"": dict.fromkeys(["", "www", "www1", "www2"], HOST), "alt": {"": LOOPBACK}})
    with _web_sockets(root) as web_socket, StashServer():
        httpd = server.WebTestHttpd(host=LOOPBACK, port=0, doc_root=str(root), routes=routes,
                                    config=config)
        port = httpd.httpd.server_address[1]
        config["ports"] = {"http": [port, refused], "https": [refused], "ws": [web_socket],
                           "wss": [refused]}
        httpd.start()
        try:
            yield Ports(port, web_socket)
        finally:
            httpd.stop()
