"""Drives ``cwrangler-runtime serve`` as ``cwrangler dev`` does: an inherited listening socket, and
control messages over a socket pair."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from resident_memory import memory

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("CWRANGLER_BUILD", ROOT / "build"))
RUNTIME = BUILD / "bin" / "cwrangler-runtime"

# How long one message or answer may take on a loaded machine: Python boots meanwhile.
PATIENCE = 120.0


def worker_config(source: Path, cpu_ms: int = 0) -> dict[str, object]:
    """The runtime's configuration of a Worker whose modules are the .py files in ``source``."""
    modules = [
        {"name": str(path.relative_to(source)), "type": "python", "path": str(path)}
        for path in sorted(source.rglob("*.py"))
    ]
    return {
        "name": "test",
        "main_module": "entry.py",
        "compatibility_date": "2026-06-01",
        "compatibility_flags": ["python_workers"],
        "python_version": "3.14",
        "modules": modules,
        "bindings": [],
        "limits": {"cpu_ms": cpu_ms},
    }


class Runtime:
    """A running ``cwrangler-runtime``, and every message it has sent."""

    def __init__(
        self, *arguments: str, env: dict[str, str] | None = None, log: Path | None = None
    ) -> None:
        self._control, theirs = socket.socketpair()
        self._control.settimeout(PATIENCE)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self.messages: list[dict] = []
        self._searched = 0
        self._buffer = b""
        self._generation = 0
        self.process = subprocess.Popen(
            [RUNTIME, "serve", "--control-fd", str(theirs.fileno()),
             "--listen-fd", str(self._listening.fileno()), *arguments],
            pass_fds=[theirs.fileno(), self._listening.fileno()],
            env={**os.environ, **(env or {})},
            stderr=None if log is None else log.open("wb"),
        )
        theirs.close()

    def send(self, message: dict) -> None:
        self._control.sendall(json.dumps(message).encode() + b"\n")

    def load(self, config: dict) -> None:
        """Asks for a Worker without waiting for it."""
        self._generation += 1
        self.send({"type": "load", "generation": self._generation, "worker": config})

    def wait_for(self, type_: str, **wanted: object) -> dict:
        """The next message of this type, and with these fields, after the last one returned.

        Who waits for "loaded" does not wait past "load_failed".
        """
        while True:
            while self._searched < len(self.messages):
                message = self.messages[self._searched]
                self._searched += 1
                if message["type"] == type_ and wanted.items() <= message.items():
                    return message
                assert (type_, message["type"]) != ("loaded", "load_failed"), message
            self._receive()

    def wait_for_all(self, *wanted: dict[str, object]) -> None:
        """Until each of these has come, after the last one returned and in whatever order."""
        missing = list(wanted)
        while missing:
            while self._searched == len(self.messages):
                self._receive()
            message = self.messages[self._searched]
            self._searched += 1
            missing = [fields for fields in missing if not fields.items() <= message.items()]

    def drop_messages(self) -> None:
        """Reads and drops what has been sent so far. The runtime loses no message: with a few hundred
        that nobody reads it waits."""
        while select.select([self._control], [], [], 0)[0]:
            self._receive()
        self.messages.clear()
        self._searched = 0

    def forget_seen(self) -> None:
        """Drops the messages that wait_for() has passed: there may be many and large ones."""
        del self.messages[: self._searched]
        self._searched = 0

    def _receive(self) -> None:
        data = self._control.recv(1 << 16)
        if not data:
            raise AssertionError(f"the runtime has gone; its messages: {self.messages}")
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        self.messages += [json.loads(line) for line in lines]

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own, which is kept until it is closed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.connect()
        # Never connects anew by itself: a dropped connection must be seen.
        connection.auto_open = 0
        return connection

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and body of one request on a new connection."""
        with contextlib.closing(self.connect()) as connection:
            return ask(connection, path, **headers)

    def memory(self, field: str) -> int:
        """A figure of /proc/PID/status, in bytes: VmRSS, or VmHWM for its peak."""
        return memory(self.process.pid, field)

    def forget_peak(self) -> None:
        """VmHWM counts from now on."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def hang_up(self) -> None:
        self._control.close()

    def wait(self) -> int:
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        self._control.close()
        self._listening.close()


def ask(connection: http.client.HTTPConnection, path: str, **headers: str) -> tuple[int, str]:
    """Status and body of one request on a connection."""
    connection.request("GET", path, headers={name.replace("_", "-"): value
                                             for name, value in headers.items()})
    with connection.getresponse() as response:
        return response.status, response.read().decode()


@contextlib.contextmanager
def running(
    *arguments: str,
    env: dict[str, str] | None = None,
    log: Path | None = None,
    kind: type[Runtime] = Runtime,
) -> Iterator[Runtime]:
    """``with running() as runtime``: a runtime without a Worker. ``log``: takes its stderr."""
    runtime = kind(*arguments, env=env, log=log)
    try:
        yield runtime
    finally:
        runtime.close()
