"""Drives ``cwrangler dev`` as a user does: what it prints, what the Worker answers, how it ends.

The programs are taken from the build tree that ``CWRANGLER_BUILD`` names (``scripts/test`` sets it).
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("CWRANGLER_BUILD", ROOT / "build"))
CWRANGLER = BUILD / "bin" / "cwrangler"

# How long a line of output may take on a loaded machine before a test calls it missing.
PATIENCE = 60.0

# One for all tests: what the runtime has compiled once serves every Worker.
os.environ.setdefault("CWRANGLER_CACHE_DIR", str(BUILD / "test-cache"))

READY = re.compile(r"^\[wrangler:info\] Ready on (?P<url>http://\S+)$")
# Who waits for Ready waits in vain after this.
NOT_STARTED = re.compile(r"The Worker could not be started|It dies whenever it is started")


@dataclass
class Answer:
    """One HTTP response, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Session:
    """A running ``cwrangler dev`` with what it has printed so far, both streams in order."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.url = ""
        self._searched = 0
        self._ended = False
        self.arrived = threading.Condition()  # over a lock that one thread may take twice
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.arrived:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self.arrived.notify_all()
        with self.arrived:
            self._ended = True
            self.arrived.notify_all()

    @property
    def output(self) -> str:
        """Everything printed so far."""
        with self.arrived:
            return "\n".join(self.lines)

    def wait_for_line(
        self,
        pattern: str | re.Pattern[str],
        timeout: float = PATIENCE,
        unless: re.Pattern[str] | None = None,
    ) -> re.Match[str]:
        """Returns the match of the next line in which ``pattern`` is found.

        "Next" is after the line that the last call returned. Fails with the whole output when the
        program ends, when ``timeout`` seconds pass, or at a line with ``unless``.
        """
        wanted = re.compile(pattern)
        deadline = time.monotonic() + timeout
        with self.arrived:
            while True:
                while self._searched < len(self.lines):
                    line = self.lines[self._searched]
                    self._searched += 1
                    if found := wanted.search(line):
                        return found
                    if unless and unless.search(line):
                        pytest.fail(f"{line!r} before {wanted.pattern!r}. Output:\n" + self.output)
                remaining = deadline - time.monotonic()
                if self._ended or remaining <= 0:
                    reason = "the program ended" if self._ended else f"{timeout:.0f} s passed"
                    output = "\n".join(self.lines)
                    pytest.fail(f"no line with {wanted.pattern!r}: {reason}. Output:\n{output}")
                self.arrived.wait(remaining)

    def get(self, path: str = "/", **options: object) -> Answer:
        """Asks the Worker for ``path``. Error statuses are answers too."""
        return fetch(self.url + path, **options)  # type: ignore[arg-type]

    def runtime_pid(self) -> int:
        """The process id of the runtime that serves now."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        (pid,) = children.read_text().split()
        return int(pid)

    def stop(self, number: int = signal.SIGINT, timeout: float = 10.0) -> int:
        """Sends a signal and returns the exit status; kills it after ``timeout`` seconds."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            pytest.fail(f"cwrangler dev did not end in {timeout} s. Output:\n{self.output}")
        self._reader.join(timeout)
        return status


def fetch(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = PATIENCE,
) -> Answer:
    """One HTTP request without redirects, proxies or retries."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    try:
        with opener.open(request, timeout=timeout) as response:
            return Answer(response.status, dict(response.headers), response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def free_port() -> int:
    """A port that is free now on both loopback addresses' IPv4 side."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_environment(scratch: Path) -> dict[str, str]:
    """The environment of the programs: no colours, caches below ``scratch``, the build's uv.

    uv's own cache is the machine's: downloading packages again would test the index, not us.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("FORCE_COLOR", "CWRANGLER_PYTHON", "CLOUDFLARE_ENV")
    }
    environment["NO_COLOR"] = "1"
    environment["XDG_CACHE_HOME"] = str(scratch / "cache")
    environment.setdefault(
        "UV_CACHE_DIR",
        str(Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "uv"),
    )
    environment.setdefault("CWRANGLER_UV", str(ROOT / "build" / "deps" / "uv" / "bin" / "uv"))
    return environment


def own_cache(environment: dict[str, str]) -> dict[str, str]:
    """The same without what earlier tests have built, looked up or compiled."""
    cache = str(Path(environment["XDG_CACHE_HOME"]) / "cwrangler")
    return {**environment, "CWRANGLER_CACHE_DIR": cache}


@contextlib.contextmanager
def run_dev(
    directory: Path,
    *arguments: str,
    environment: dict[str, str],
    wait_for: str | re.Pattern[str] | None = READY,
    timeout: float = PATIENCE,
) -> Iterator[Session]:
    """``cwrangler dev`` in ``directory`` until the end of the ``with`` block.

    Waits for the Ready line, or for ``wait_for`` (a pattern; ``None`` for nothing). Without
    ``--port`` in ``arguments`` a free port is chosen.
    """
    options = list(arguments)
    if "--port" not in options:
        options += ["--port", str(free_port())]
    process = subprocess.Popen(
        [CWRANGLER, "dev", *options],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    session = Session(process)
    session.url = f"http://127.0.0.1:{options[options.index('--port') + 1]}"
    try:
        if wait_for is not None:
            session.wait_for_line(wait_for, timeout, NOT_STARTED if wait_for is READY else None)
        yield session
    finally:
        session.stop()
