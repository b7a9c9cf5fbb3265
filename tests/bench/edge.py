"""What an endpoint's clients wait for, and what its Workers cost.

python tests/bench/edge.py [--workers 200] [--seconds 60] [--connections 32] [--deploys 20]

1. Deploys many Workers, lets all of them become idle, and asks each: the time to its first answer. Then the
   memory of the endpoint, and of each process while all Workers run.
2. Asks one Worker on many connections while it is deployed again and again. Ends with status 1 when a
   request failed.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))

from edge_clients import ask, client, processes  # noqa: E402
from edge_process import HELLO, Edge, running_edge  # noqa: E402

#: Seconds without a request after which a Worker's process ends.
IDLE = 2
#: How long all processes may take to end.
PATIENCE = 60.0


def an_edge(folder: str, *arguments: str) -> contextlib.AbstractContextManager[Edge]:
    return running_edge(Path(folder) / "edge", dict(os.environ), *arguments)


def proportional_memory(pid: int) -> int:
    """PSS in bytes: what is shared counts for each of those that share it in part."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    (line,) = (line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024


def quantiles(milliseconds: list[float]) -> str:
    ordered = sorted(milliseconds)
    at = {share: ordered[min(int(share * len(ordered)), len(ordered) - 1)]
          for share in (0.5, 0.9, 0.99)}
    return (f"p50 {at[0.5]:.1f} ms, p90 {at[0.9]:.1f} ms, p99 {at[0.99]:.1f} ms, "
            f"longest {ordered[-1]:.1f} ms")


def wait_for_processes(edge: Edge, most: int) -> None:
    """Until no more than so many processes are left."""
    limit = time.monotonic() + PATIENCE
    while len(processes(edge)) > most:
        assert time.monotonic() < limit, f"{len(processes(edge))} processes are left"
        time.sleep(0.2)


def first_answers(edge: Edge, names: list[str], pause: float) -> list[float]:
    """Milliseconds to the first answer of each Worker, after it was idle."""
    times = []
    for name in names:
        began = time.perf_counter()
        answer = ask(edge, name)
        times.append((time.perf_counter() - began) * 1000)
        assert (answer.status, answer.text) == (200, name), answer
        time.sleep(pause)
    return times


def idle_workers(count: int, spares: int, pause: float) -> None:
    names = [f"worker-{i}" for i in range(count)]
    arguments = ["--idle", str(IDLE), "--spares", str(spares), "--max-processes", str(count + spares)]
    with tempfile.TemporaryDirectory() as folder, an_edge(folder, *arguments) as edge:
        began = time.perf_counter()
        for name in names:
            edge.deploy(name, HELLO.format(body=repr(name)))
        deploys = (time.perf_counter() - began) * 1000 / count
        wait_for_processes(edge, spares)
        asleep = proportional_memory(edge.process.pid)
        waiting = [proportional_memory(pid) for pid in processes(edge)]
        times = first_answers(edge, names, pause)
        print(f"{count} Workers; one after another deployed in {deploys:.0f} ms each")
        print(f"first answer after idling, {spares} spare processes: {quantiles(times)}")
        print(f"all idle: the endpoint {asleep >> 20} MiB, "
              f"spare processes {sum(waiting) >> 20} MiB in all")
    arguments[1] = "600"
    with tempfile.TemporaryDirectory() as folder, an_edge(folder, *arguments) as edge:
        for name in names:
            edge.deploy(name, HELLO.format(body=repr(name)))
            ask(edge, name)
        running = [proportional_memory(pid) for pid in processes(edge)]
        print(f"{len(running)} processes up: {sum(running) >> 20} MiB in all, "
              f"{statistics.median(running) / 2**20:.1f} MiB the median one; "
              f"the endpoint {proportional_memory(edge.process.pid) >> 20} MiB")


class Load(threading.Thread):
    """Asks again and again on one connection, and notes what did not succeed."""

    def __init__(self, edge: Edge, name: str, done: threading.Event) -> None:
        super().__init__()
        self._edge = edge
        self._name = name
        self._done = done
        self.milliseconds: list[float] = []
        self.failures: list[str] = []

    def run(self) -> None:
        with client(self._edge) as one:
            while not self._done.is_set():
                began = time.perf_counter()
                try:
                    answer = one.ask(self._name)
                except (http.client.HTTPException, OSError) as error:
                    self.failures.append(repr(error))
                    return
                self.milliseconds.append((time.perf_counter() - began) * 1000)
                if answer.status != 200:
                    self.failures.append(f"{answer.status} {answer.text[:200]!r}")


def deploys_under_load(seconds: float, connections: int, deploys: int) -> bool:
    """Whether no request has failed."""
    with tempfile.TemporaryDirectory() as folder, an_edge(folder) as edge:
        edge.deploy("busy", HELLO.format(body=repr("0")))
        done = threading.Event()
        loads = [Load(edge, "busy", done) for _ in range(connections)]
        for load in loads:
            load.start()
        began = time.monotonic()
        deployed = []
        for i in range(1, deploys + 1):
            until = began + seconds * i / (deploys + 1)
            time.sleep(max(0.0, until - time.monotonic()))
            start = time.perf_counter()
            edge.deploy("busy", HELLO.format(body=repr(str(i))))
            answer = ask(edge, "busy")
            deployed.append((time.perf_counter() - start) * 1000)
            assert answer.text == str(i), answer
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        done.set()
        for load in loads:
            load.join()
    times = [time_ for load in loads for time_ in load.milliseconds]
    failures = [failure for load in loads for failure in load.failures]
    print(f"{connections} connections for {seconds:.0f} s, {deploys} deploys: {len(times)} requests, "
          f"{len(failures)} failed; {quantiles(times)}")
    print(f"deploy to first answer of the new version under this load: {quantiles(deployed)}")
    for failure in failures[:10]:
        print(f"  {failure}")
    return not failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=200)
    parser.add_argument("--spares", type=int, default=2)
    parser.add_argument("--pause", type=float, default=0.2,
                        help="seconds between two Workers' first requests")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--deploys", type=int, default=20)
    options = parser.parse_args()
    if options.workers > 0:
        idle_workers(options.workers, options.spares, options.pause)
    if options.deploys > 0 and not deploys_under_load(
        options.seconds, options.connections, options.deploys
    ):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
