"""Whatever happens to snapshots, a Worker starts and answers right; and none says where it was made."""

from __future__ import annotations

import os
import random
import resource
import signal
import threading
from pathlib import Path
from textwrap import dedent

import pytest
from runtime_process import Runtime, running, worker_config

WORKER = """
    import random, secrets, sys, tempfile, uuid
    from workers import Response, WorkerEntrypoint

    TABLE = {str(number): number for number in range(1000)}

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            if request.url.endswith("/chance"):
                with tempfile.NamedTemporaryFile() as file:
                    values = [random.random(), random.Random().random(), secrets.token_hex(16),
                              uuid.uuid4(), file.name, random.SystemRandom().random()]
                return Response(" ".join(map(str, values)))
            return Response(f"{sum(TABLE.values())} {hash('a text')}")
"""

INSTANCES = int(os.environ.get("CWRANGLER_CHANCE_INSTANCES", "60"))
"""How many instances of one snapshot are compared. `tests/bench/chance.py` does it with 10,000."""


class Worker:
    def __init__(self, folder: Path) -> None:
        self.cache = folder / "cache"
        self.source = folder / "source"
        self.source.mkdir()
        (self.source / "entry.py").write_text(dedent(WORKER))
        self.config = worker_config(self.source)
        self.expected = self.answer()

    def answer(self, **environment: str) -> str:
        """Of a process of its own, which finds what is in the cache."""
        with running(env={"CWRANGLER_CACHE_DIR": str(self.cache), **environment}) as runtime:
            return self.load(runtime)

    def load(self, runtime: Runtime, path: str = "/") -> str:
        runtime.load(self.config)
        runtime.wait_for("loaded")
        status, text = runtime.get(path)
        assert status == 200, text
        return text

    @property
    def snapshot(self) -> Path:
        (path,) = (self.cache / "snapshots").glob("*.worker")
        return path


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path)


def test_bits_that_flip_anywhere_are_noticed(worker: Worker, capfd, monkeypatch) -> None:
    """The head bit by bit in unit tests; here in whole processes, at places all over the file."""
    monkeypatch.setenv("CWRANGLER_LOG", "debug")
    whole = worker.snapshot.read_bytes()
    used = [offset for offset in range(0, len(whole), 4096) if any(whole[offset:offset + 4096])]
    chance = random.Random(5)
    for page in chance.sample(used[1:], 4) + [used[0], used[1], used[-1]]:
        # A byte that is there: the zeros between the pages in use belong to nobody.
        offsets = [page + at for at in range(4096) if page + at < len(whole) and whole[page + at]]
        offset = chance.choice(offsets)
        flipped = bytearray(whole)
        flipped[offset] ^= 1 << chance.randrange(8)
        worker.snapshot.write_bytes(flipped)
        capfd.readouterr()
        assert worker.answer() == worker.expected, f"byte {offset}"
        assert "is not used" in capfd.readouterr().err, f"byte {offset}"


def test_a_file_that_ends_early_is_made_again(worker: Worker) -> None:
    whole = worker.snapshot.stat().st_size
    for length in (0, 7, 56, 4096, whole // 2, whole - 65536, whole - 1):
        os.truncate(worker.snapshot, length)
        assert worker.answer() == worker.expected
        assert worker.snapshot.stat().st_size == whole


@pytest.mark.parametrize("place", [6, 56], ids=["format", "build"])
def test_one_of_another_version_is_made_again(worker: Worker, place: int) -> None:
    """A format of tomorrow, and a build's name that is not ours."""
    file = worker.snapshot
    with file.open("r+b") as opened:
        opened.seek(place)
        opened.write(b"99")
    assert worker.answer() == worker.expected
    with file.open("rb") as opened:
        opened.seek(place)
        assert opened.read(2) != b"99"


def test_a_full_disk_leaves_nothing_and_costs_nothing_else(tmp_path: Path) -> None:
    """No file may grow past a MiB, which is what a process notices of a full disk."""
    worker = Worker(tmp_path)
    worker.snapshot.unlink()
    for path in (worker.cache / "snapshots").iterdir():
        path.unlink()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        assert worker.answer() == worker.expected
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((worker.cache / "snapshots").iterdir()) == []
    assert worker.answer() == worker.expected
    assert worker.snapshot.exists()


def test_many_makers_at_once_make_one(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.snapshot.unlink()
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(worker.answer())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [worker.expected] * 4
    # One file, and nothing unfinished beside it.
    assert [path.suffix for path in worker.snapshot.parent.iterdir()].count(".worker") == 1
    assert all(path.name.count(".") == 1 for path in worker.snapshot.parent.iterdir())
    assert worker.answer() == worker.expected


def test_a_maker_that_is_killed_leaves_no_snapshot_that_is_used(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    for path in (worker.cache / "snapshots").iterdir():
        path.unlink()
    with running(env={"CWRANGLER_CACHE_DIR": str(worker.cache)}) as runtime:
        runtime.load(worker.config)
        # Wherever it is: in the boot, the import, or the middle of the file.
        runtime.process.send_signal(signal.SIGKILL)
        runtime.wait()
    assert worker.answer() == worker.expected


def test_nothing_of_the_making_machine_is_in_a_snapshot(tmp_path: Path) -> None:
    """Neither its paths nor its environment, its names nor its secrets."""
    place = tmp_path / "canary-of-a-path-57c1"
    source = place / "source"
    source.mkdir(parents=True)
    (source / "entry.py").write_text(dedent(WORKER))
    environment = {
        "CWRANGLER_CACHE_DIR": str(place / "cache"),
        "CANARY_OF_THE_ENVIRONMENT_57C1": "canary-of-a-value-57c1",
        "HOME": str(place / "canary-of-home-57c1"),
        "USER": "canary-of-a-user-57c1",
        "TZ": "Etc/GMT+9",
    }
    config = worker_config(source)
    config["bindings"] = [
        {"type": "secret_text", "name": "TOKEN", "text": "canary-of-a-secret-57c1"},
    ]
    with running(env=environment) as runtime:
        runtime.load(config)
        runtime.wait_for("loaded")
        pid = runtime.process.pid
        port = runtime.port
        code = native_code(pid)
    made = sorted((place / "cache" / "snapshots").iterdir())
    assert {path.suffix for path in made} == {".packages", ".worker"}
    host = os.uname()
    # A short name, "vm", is in every file of this size.
    names = [name for name in (host.nodename, host.release) if len(name) >= 8]
    for path in made:
        content = path.read_bytes()
        for canary in ("57c1", "57C1", "Etc/GMT+9", *names, str(tmp_path), str(Path.cwd()),
                       f"127.0.0.1:{port}", f"/proc/{pid}"):
            assert canary.encode() not in content, (path.name, canary)
            assert canary.encode("utf-16-le") not in content, (path.name, canary)
        words = memoryview(content).cast("Q")
        assert [hex(word) for word in words if in_one_of(word, code)] == []


def native_code(pid: int) -> list[range]:
    """Where the process has its own code and V8's, and its stack."""
    lines = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    return [
        range(*(int(address, 16) for address in line[0].split("-")))
        for line in lines if "x" in line[1] or line[-1] in ("[heap]", "[stack]")
    ]


def in_one_of(word: int, ranges: list[range]) -> bool:
    # Most words of Python's memory have nothing in their upper half, or all bits.
    return 1 << 32 < word < 1 << 47 and any(word in addresses for addresses in ranges)


def test_no_two_restores_share_a_random_number(worker: Worker) -> None:
    """Many instances of one process, each restored from the same snapshot."""
    seen: set[str] = set()
    before = worker.snapshot.stat()
    with running(env={"CWRANGLER_CACHE_DIR": str(worker.cache)}) as runtime:
        for instance in range(INSTANCES):
            values = worker.load(runtime, "/chance").split()
            assert len(values) == 6
            assert seen.isdisjoint(values), f"instance {instance}"
            seen.update(values)
            runtime.forget_seen()
    assert len(seen) == 6 * INSTANCES
    after = worker.snapshot.stat()
    assert (after.st_ino, after.st_size) == (before.st_ino, before.st_size)
