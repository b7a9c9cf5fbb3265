"""What an operation of a store costs a Worker, and what the same costs a native program."""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from instances import Runtime, runtime_config, running
from measure import cpu_seconds

PEERS = Path(__file__).resolve().parent / "peers"
WARM_UP = 3000
CALLS = 20_000
# Each of these waits for the disk.
SENDS_WARM_UP = 300
SENDS = 3000


@contextmanager
def _worker() -> Iterator[Runtime]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        source.mkdir()
        shutil.copy(PEERS / "stores_worker.py", source / "entry.py")
        config = runtime_config(Path(folder)) | {
            "state_directory": str(Path(folder) / "state"),
            "limits": {"cpu_ms": 120_000},
            "bindings": [
                {"name": "KV", "type": "kv_namespace", "namespace_id": "bench"},
                {"name": "DB", "type": "d1", "id": "bench"},
                {"name": "QUEUE", "type": "queue", "queue_name": "bench"},
            ],
        }
        with running("--cpu-limit-ms", "120000") as runtime:
            runtime.load(config)
            runtime.wait_for("loaded")
            _ask(runtime, "python", "fill", 0)
            yield runtime


def _ask(runtime: Runtime, language: str, operation: str, count: int) -> None:
    status, text = runtime.get(f"/{language}/{operation}/{count}")
    if status != 200:
        raise RuntimeError(text)
    runtime.drop_messages()


def cpu_us(language: str, operation: str) -> float:
    """CPU time of the runtime for one call, one after the other, all its threads together."""
    warm_up, calls = (SENDS_WARM_UP, SENDS) if operation == "send" else (WARM_UP, CALLS)
    with _worker() as runtime:
        _ask(runtime, language, operation, warm_up)
        before = cpu_seconds(runtime.process.pid)
        _ask(runtime, language, operation, calls)
        return (cpu_seconds(runtime.process.pid) - before) / calls * 1e6


def native_select_us() -> float:
    """The same select by Python's sqlite3 in CPython."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    connection.executemany("INSERT INTO notes (text) VALUES (?)",
                           [(f"note {number}",) for number in range(1000)])
    began = time.process_time()
    for number in range(CALLS):
        connection.execute("SELECT text FROM notes WHERE id = ?", (number % 1000 + 1,)).fetchone()
    return (time.process_time() - began) / CALLS * 1e6


def native_insert_us() -> float:
    """A row into a file that is flushed for each, by Python's sqlite3 in CPython."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "file.sqlite", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, body TEXT)")
        began = time.process_time()
        for _ in range(SENDS):
            connection.execute("INSERT INTO messages (body) VALUES (?)", ('{"number":1}',))
        used = time.process_time() - began
        connection.close()
    return used / SENDS * 1e6
