"""Starting servers, loading them, and what they use: the parts of the benches."""

import http.client
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("CWRANGLER_BUILD", ROOT / "build"))
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """One row: how to start a server on a port, and which path to ask for."""

    name: str
    command: Callable[[int], list[str]]
    path: str = "/"
    folder: Path = ROOT
    only_starts: bool = False
    """There is no load: its row is about the start."""
    own_cache: bool = False
    """Each start has an empty cache, as the first ever on a machine."""


@dataclass
class Load:
    """What came out of a load."""

    rate: float
    """Requests per second."""
    cpu_us: float
    """CPU time of all processes of the server, for each request."""
    p50_us: float
    p99_us: float


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def process_tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for member in found:
        found += children.get(member, [])
    return found


def cpu_seconds(pid: int) -> float:
    ticks = 0
    for member in process_tree(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND


def pss_mb(pid: int) -> float:
    kilobytes = 0
    for member in process_tree(pid):
        rollup = Path(f"/proc/{member}/smaps_rollup").read_text()
        kilobytes += int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE).group(1))
    return kilobytes / 1024


class Running:
    """A started server. `first_ms`: from exec to its first answer with status 200."""

    def __init__(self, server: Server, patience: float = 90) -> None:
        self.port = free_port()
        self.server = server
        self.cache = tempfile.TemporaryDirectory() if server.own_cache else None
        environment = {"CWRANGLER_CACHE_DIR": self.cache.name} if self.cache else {}
        began = time.perf_counter()
        self.process = subprocess.Popen(
            server.command(self.port),
            cwd=server.folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
                connection.request("GET", server.path)
                if connection.getresponse().status == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.perf_counter() - began > patience:
                self.stop()
                raise RuntimeError(f"{server.name} did not answer")
            time.sleep(0.001)
        self.first_ms = (time.perf_counter() - began) * 1000

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        if self.cache:
            self.cache.cleanup()


_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}


def percentile(output: str, which: int) -> float:
    """Microseconds, from what `wrk --latency` prints."""
    value, unit = re.search(rf"^\s+{which}%\s+([\d.]+)(us|ms|s)$", output, re.MULTILINE).groups()
    return float(value) * _UNITS[unit]


def load(running: Running, connections: int, seconds: float) -> Load:
    """Errors end the run."""
    url = f"http://127.0.0.1:{running.port}{running.server.path}"
    before = cpu_seconds(running.process.pid)
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url],
        check=True, capture_output=True, text=True,
    ).stdout
    used = cpu_seconds(running.process.pid) - before
    if "Socket errors" in output or "Non-2xx" in output:
        raise RuntimeError(f"{running.server.name}: {output}")
    requests = int(re.search(r"(\d+) requests in", output).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))
    return Load(rate, used / requests * 1e6, percentile(output, 50), percentile(output, 99))
