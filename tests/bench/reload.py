"""Edits a Worker again and again under load; prints how long each save took to be answered.

python tests/bench/reload.py [--edits 200] [--connections 16] [--pause 0.3]
"""

import argparse
import http.client
import os
import re
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

WORKER = """\
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("{number}")
"""


@dataclass
class Result:
    """What was seen: `milliseconds` from each save to its first answer."""

    milliseconds: list[float] = field(default_factory=list)
    requests: int = 0
    failures: list[str] = field(default_factory=list)


def ask(connection: http.client.HTTPConnection, result: Result) -> str:
    """One request; a failure is noted, and an empty answer returned."""
    result.requests += 1
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        text = response.read().decode()
        if response.status == 200 and text.isdigit():
            return text
        result.failures.append(f"{response.status} {text[:200]!r}")
    except (OSError, http.client.HTTPException) as error:
        result.failures.append(repr(error))
        connection.close()
    return ""


def edit_under_load(
    port: int, entry: Path, edits: int, connections: int, pause: float = 0, patience: float = 60
) -> Result:
    """Saves `entry` so many times, each some seconds after the one before is answered."""
    done = threading.Event()
    loads = [Result() for _ in range(connections)]

    def load(result: Result) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
        while not done.is_set():
            ask(connection, result)
        connection.close()

    threads = [threading.Thread(target=load, args=(result,)) for result in loads]
    for thread in threads:
        thread.start()
    result = Result()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        for number in range(1, edits + 1):
            # As editors save: a reader sees the old file or the new one.
            beside = entry.with_suffix(".new")
            beside.write_text(WORKER.format(number=number))
            beside.replace(entry)
            saved = time.perf_counter()
            while ask(connection, result) != str(number):
                if time.perf_counter() - saved > patience:
                    result.failures.append(f"edit {number} was not answered in {patience:.0f} s")
                    return result
            result.milliseconds.append((time.perf_counter() - saved) * 1000)
            time.sleep(pause)
    finally:
        done.set()
        for thread in threads:
            thread.join()
        connection.close()
        for other in loads:
            result.requests += other.requests
            result.failures += other.failures
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--pause", type=float, default=0.3, help="seconds from an answer to the next edit")
    options = parser.parse_args()
    program = ROOT / "build" / "bin" / "cwrangler"
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, "XDG_CACHE_HOME": f"{scratch}/cache"}
        subprocess.run([program, "init", "reload"], cwd=scratch, env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        project = Path(scratch) / "reload"
        (project / "src" / "entry.py").write_text(WORKER.format(number=0))
        dev = subprocess.Popen([program, "dev", "--port", "0", "--no-sync"], cwd=project, env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert dev.stdout is not None
            ready = next(found for line in dev.stdout if (found := re.search(r"Ready on \S+:(\d+)", line)))
            # What it prints is read: a full pipe would slow it down.
            threading.Thread(target=dev.stdout.read, daemon=True).start()
            result = edit_under_load(int(ready[1]), project / "src" / "entry.py", options.edits,
                                     options.connections, options.pause)
        finally:
            dev.terminate()
            dev.wait()
    times = sorted(result.milliseconds)
    print(f"{len(times)} edits under {options.connections} connections: {result.requests} requests, "
          f"{len(result.failures)} failed")
    print(f"save to new answer: median {statistics.median(times):.0f} ms, "
          f"p99 {times[min(len(times) - 1, int(len(times) * 0.99))]:.0f} ms")


if __name__ == "__main__":
    main()
