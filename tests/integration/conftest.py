"""Fixtures that drive the real programs over real sockets.

``project``   makes a scratch project from a template or from ``tests/workers``
``dev``       runs ``cwrangler dev`` on one until the end of the ``with`` block
``cwrangler`` runs a command to its end
``scratch_environment``  the environment of both: caches of the test's own
``shared_worker``  one running Worker for all tests of a module
``runtime``   cwrangler-runtime by itself with the Worker that a module's ``WORKER`` is
``certificate``  what servers that a Worker calls over TLS show

The programs are taken from the build tree that ``CWRANGLER_BUILD`` names (``scripts/test`` sets it).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest
from contract import contract  # noqa: F401  a fixture
from peers import Certificate, make_certificate
from runtime_process import Runtime, running, worker_config

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
        self._arrived = threading.Condition()  # over a lock that one thread may take twice
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._arrived:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self._arrived.notify_all()
        with self._arrived:
            self._ended = True
            self._arrived.notify_all()

    @property
    def output(self) -> str:
        """Everything printed so far."""
        with self._arrived:
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
        with self._arrived:
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
                self._arrived.wait(remaining)

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


def _free_port() -> int:
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


@pytest.fixture
def scratch_environment(tmp_path: Path) -> dict[str, str]:
    """An environment of the test's own."""
    return make_environment(tmp_path)


@pytest.fixture
def cwrangler(
    scratch_environment: dict[str, str],
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``cwrangler(*arguments, cwd=…, env={…})``: runs a command to its end, output captured."""

    def run(
        *arguments: str | Path, cwd: Path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CWRANGLER, *arguments],
            cwd=cwd,
            env={**scratch_environment, **(env or {})},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=240,
            check=False,
        )

    return run


@pytest.fixture
def project(
    tmp_path: Path, cwrangler: Callable[..., subprocess.CompletedProcess[str]]
) -> Callable[..., Path]:
    """``project("hello")``: a copy of ``tests/workers/hello``, else of the template of that name."""

    def make(name: str = "hello") -> Path:
        target = tmp_path / f"{name}-project"
        sample = ROOT / "tests" / "workers" / name
        if sample.is_dir():
            shutil.copytree(sample, target)
            if (target / "dev.vars").exists():
                (target / "dev.vars").rename(target / ".dev.vars")
        else:
            created = cwrangler("init", target, "--template", name, cwd=tmp_path)
            assert created.returncode == 0, created.stderr
        return target

    return make


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
        options += ["--port", str(_free_port())]
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


@pytest.fixture
def dev(scratch_environment: dict[str, str]) -> Callable[..., contextlib.AbstractContextManager]:
    """``with dev(project, *arguments, env={…}) as session``: ``run_dev`` in the test's environment."""

    def start(
        directory: Path, *arguments: str, env: dict[str, str] | None = None, **options: object
    ) -> contextlib.AbstractContextManager:
        environment = {**scratch_environment, **(env or {})}
        return run_dev(directory, *arguments, environment=environment, **options)  # type: ignore[arg-type]

    return start


@pytest.fixture(scope="module")
def shared_worker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """The Worker of ``tests/workers`` that the module's ``WORKER`` names, booted once for all tests.

    It runs on Python 3.14. Its packages are installed first; without an index the tests are skipped.
    """
    if problem := request.getfixturevalue("index_problem"):
        pytest.skip(f"the package index cannot be reached: {problem}")
    scratch = tmp_path_factory.mktemp("shared")
    directory = scratch / request.module.WORKER
    shutil.copytree(ROOT / "tests" / "workers" / request.module.WORKER, directory)
    environment = {**make_environment(scratch), "CWRANGLER_PYTHON": "3.14"}
    synced = subprocess.run(
        [CWRANGLER, "sync"], cwd=directory, env=environment, capture_output=True, text=True,
        check=False,
    )
    assert synced.returncode == 0, synced.stderr
    with run_dev(directory, environment=environment) as session:
        yield session


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """What the servers that a Worker calls over TLS show."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def runtime(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    certificate: Certificate,
) -> Iterator[Runtime]:
    """cwrangler-runtime with the test module's ``WORKER`` loaded; it trusts ``certificate``."""
    source = tmp_path_factory.mktemp("worker")
    (source / "entry.py").write_text(dedent(request.module.WORKER))
    with running(env={"SSL_CERT_FILE": str(certificate.certificate)}) as started:
        started.load(worker_config(source))
        started.wait_for("loaded")
        yield started


@pytest.fixture(scope="session")
def index_problem() -> str:
    """Why the package index cannot be reached; empty when it can. Asked once a run, if at all."""
    uv = os.environ.get("CWRANGLER_UV", str(ROOT / "build" / "deps" / "uv" / "bin" / "uv"))
    command = [uv, "pip", "compile", "--quiet", "--no-cache", "--no-deps", "-"]
    asked = subprocess.run(command, input="idna\n", capture_output=True, text=True, check=False)
    return "" if asked.returncode == 0 else asked.stderr.strip().splitlines()[0]


@pytest.fixture(autouse=True)
def _skip_without_index(request: pytest.FixtureRequest) -> None:
    """Tests marked ``network`` are skipped where there is no index."""
    if not request.node.get_closest_marker("network"):
        return
    problem = request.getfixturevalue("index_problem")
    if problem:
        pytest.skip(f"the package index cannot be reached: {problem}")
