"""Measures cwrangler and its peers in one run and prints one table. See README.md."""

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = Path(__file__).resolve().parent / "peers"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """One row: how to start a server on a port, and which path to ask for."""

    name: str
    command: Callable[[int], list[str]]
    path: str = "/"
    folder: Path = ROOT


@dataclass
class Row:
    name: str
    first_ms: float
    rates: dict[int, float]
    cpu_us: dict[int, float]
    pss_mb: float


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
        began = time.perf_counter()
        self.process = subprocess.Popen(
            server.command(self.port),
            cwd=server.folder,
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


def load(running: Running, connections: int, seconds: float) -> tuple[float, float]:
    """Requests per second, and CPU microseconds per request. Errors end the run."""
    url = f"http://127.0.0.1:{running.port}{running.server.path}"
    before = cpu_seconds(running.process.pid)
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url],
        check=True, capture_output=True, text=True,
    ).stdout
    used = cpu_seconds(running.process.pid) - before
    if "Socket errors" in output or "Non-2xx" in output:
        raise RuntimeError(f"{running.server.name}: {output}")
    requests = int(re.search(r"(\d+) requests in", output).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))
    return rate, used / requests * 1e6


def measure(server: Server, starts: int, seconds: float) -> Row:
    times = []
    for _ in range(starts - 1):
        running = Running(server)
        times.append(running.first_ms)
        running.stop()
    running = Running(server)
    try:
        times.append(running.first_ms)
        load(running, 32, seconds)  # warm-up: V8 and Python adapt to what is hot
        rates, cpu = {}, {}
        for connections in (1, 32):
            rates[connections], cpu[connections] = load(running, connections, seconds)
        return Row(server.name, statistics.median(times), rates, cpu,
                   pss_mb(running.process.pid))
    finally:
        running.stop()


def cwrangler(folder: Path, *options: str) -> Callable[[int], list[str]]:
    program = str(ROOT / "build" / "bin" / "cwrangler")
    return lambda port: [program, "dev", "--ip", "127.0.0.1", "--port", str(port), *options]


def make_project(scratch: Path, template: str) -> Path:
    """A project from a template of cwrangler's own, synced."""
    program = str(ROOT / "build" / "bin" / "cwrangler")
    folder = scratch / template
    subprocess.run([program, "init", str(folder), "--template", template], check=True,
                   capture_output=True)
    if template == "fastapi":
        source = (PEERS / "fastapi_app.py").read_text()
        (folder / "src" / "entry.py").write_text(
            source
            + "\n\nimport asgi\nfrom workers import WorkerEntrypoint\n\n\n"
            + "class Default(WorkerEntrypoint):\n"
            + "    async def fetch(self, request):\n"
            + "        return await asgi.fetch(app, request.js_object, self.env)\n"
        )
    subprocess.run([program, "sync"], cwd=folder, check=True, capture_output=True)
    return folder


def servers(scratch: Path) -> list[Server]:
    def uvicorn(app: str) -> Callable[[int], list[str]]:
        return lambda port: [
            str(Path(sys.executable).parent / "uvicorn"), app, "--app-dir", str(PEERS),
            "--port", str(port), "--loop", "uvloop", "--http", "httptools",
            "--log-level", "warning",
        ]

    rows = [
        Server("cwrangler dev, hello", cwrangler(scratch), folder=make_project(scratch, "hello")),
        Server("cwrangler dev, FastAPI", cwrangler(scratch), "/items/42",
               make_project(scratch, "fastapi")),
        Server("uvicorn (native CPython), hello", uvicorn("hello_app:app")),
        Server("uvicorn (native CPython), FastAPI", uvicorn("fastapi_app:app"), "/items/42"),
    ]
    packages = list((ROOT / "build").glob("**/node_modules/*/pyodide.mjs"))
    newest = [path for path in packages
              if json.loads((path.parent / "package.json").read_text())["version"][:3] == "314"]
    if shutil.which("node") and newest:
        program = str(PEERS / "node_pyodide.mjs")
        rows.append(Server("Node + Pyodide, hello", lambda port: [
            "node", program, str(port), str(newest[0].parent)]))
    else:
        print("no Node, or no npm pyodide in the build tree: that peer is left out")
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("--quick", action="store_true", help="one start, short loads")
    parser.add_argument("names", nargs="*", help="only rows whose name contains one of these")
    options = parser.parse_args()
    starts, seconds = (1, 2) if options.quick else (5, 5)

    with tempfile.TemporaryDirectory() as folder:
        chosen = [server for server in servers(Path(folder))
                  if not options.names or any(name in server.name for name in options.names)]
        if options.list:
            print("\n".join(server.name for server in chosen))
            return 0
        print("| server | first 200, ms | req/s at 1 | req/s at 32 | CPU µs at 1 | CPU µs at 32 "
              "| PSS, MB |\n|---|---|---|---|---|---|---|")
        failed = False
        for server in chosen:
            try:
                row = measure(server, starts, seconds)
            except RuntimeError as problem:
                print(f"| {server.name} | {problem} | | | | | |")
                failed = True
                continue
            print(f"| {row.name} | {row.first_ms:.0f} | {row.rates[1]:.0f} | {row.rates[32]:.0f} "
                  f"| {row.cpu_us[1]:.0f} | {row.cpu_us[32]:.0f} | {row.pss_mb:.0f} |", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
