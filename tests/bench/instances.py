"""What instances of a Worker take in a process that runs already: time to start one, memory for one more."""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import ROOT, pss_mb

sys.path.insert(0, str(ROOT / "tests" / "integration"))
from runtime_process import Runtime, running  # noqa: E402

MODULE_TYPES = {".py": "python", ".txt": "text", ".json": "json"}

# Until the next start is begun, the snapshots are made and V8's own work is done.
SETTLED_SECONDS = 3.0
BETWEEN_EDITS_SECONDS = 0.7


def runtime_config(project: Path) -> dict[str, object]:
    """The runtime's configuration of a project, without bindings."""
    files = [(path, path.relative_to(project / "src")) for path in (project / "src").rglob("*")]
    files += [(path, path.relative_to(project)) for path in (project / "python_modules").rglob("*")]
    return {
        "name": "bench",
        "main_module": "entry.py",
        "compatibility_date": "2026-06-01",
        "compatibility_flags": ["python_workers"],
        "python_version": "3.14",
        "modules": [{"name": str(name), "path": str(path), "type": MODULE_TYPES.get(path.suffix, "data")}
                    for path, name in sorted(files) if path.is_file() and "__pycache__" not in path.parts],
        "bindings": [],
    }


class _Loaded:
    """A runtime and the project that it loads."""

    def __init__(self, runtime: Runtime, project: Path, path: str) -> None:
        self.runtime = runtime
        self.project = project
        self._path = path

    def load(self) -> None:
        self.runtime.load(runtime_config(self.project))
        self.runtime.wait_for("loaded")

    def ask(self) -> None:
        status, text = self.runtime.get(self._path)
        if status != 200:
            raise RuntimeError(text)
        self.runtime.drop_messages()


@contextmanager
def _settled(project: Path, path: str, *options: str) -> Iterator[_Loaded]:
    """A copy of the project, loaded and asked."""
    with tempfile.TemporaryDirectory() as scratch, running(
        *options, env={"CWRANGLER_CACHE_DIR": f"{scratch}/cache"}
    ) as runtime:
        copy = Path(shutil.copytree(project, Path(scratch) / "project", symlinks=True))
        loaded = _Loaded(runtime, copy, path)
        loaded.load()
        loaded.ask()
        time.sleep(SETTLED_SECONDS)
        yield loaded


def _milliseconds_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def new_instance_ms(project: Path, path: str, count: int) -> float:
    """From the order to load the same Worker to its first answer; nothing of it is begun before."""
    times = []
    with _settled(project, path) as worker:
        for _ in range(count + 1):
            began = time.perf_counter()
            worker.load()
            worker.ask()
            times.append(_milliseconds_since(began))
    return statistics.median(times[1:])  # the first one was begun


def edited_ms(project: Path, path: str, count: int) -> float:
    """From the order to load an edited Worker to its first answer; edits come one by one."""
    times = []
    with _settled(project, path) as worker:
        source = worker.project / "src" / "entry.py"
        code = source.read_text()
        for number in range(count):
            source.write_text(f"{code}\nEDIT = {number}\n")
            began = time.perf_counter()
            worker.load()
            worker.ask()
            times.append(_milliseconds_since(began))
            time.sleep(BETWEEN_EDITS_SECONDS)
    return statistics.median(times)


def first_answer_ms(project: Path, path: str, count: int) -> float:
    """The first answer of an instance that is ready."""
    times = []
    with _settled(project, path) as worker:
        for _ in range(count):
            worker.load()
            began = time.perf_counter()
            worker.ask()
            times.append(_milliseconds_since(began))
    return statistics.median(times)


def further_instance_mb(project: Path, path: str, instances: int, requests: int) -> float:
    """Proportional set size of one more instance, of which each has answered some requests."""
    sizes = []
    for number in (1, 1 + instances):
        with _settled(project, path, "--instances", str(number)) as worker:
            time.sleep(0.1 * number)  # the others start one by one
            for _ in range(requests * number):
                worker.ask()
            sizes.append(pss_mb(worker.runtime.process.pid))
    return (sizes[1] - sizes[0]) / instances
