"""Memory snapshots: a Worker that goes on from one is the Worker that started from nothing."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from runtime_process import Runtime, running, worker_config

PYTHONS = ["3.12", "3.13", "3.14"]

WORKER = """
    import asyncio, contextvars, datetime, json, random, secrets, sys, tempfile, time, uuid
    from urllib.parse import urlsplit
    import js
    from js import Object, URL, console, crypto
    from pyodide.ffi import create_proxy, run_sync, to_js
    from workers import Response, WorkerEntrypoint, env as imported_env

    STARTED = json.dumps({"hash": hash("a text"), "modules": len(sys.modules)})
    SAMPLE = random.Random(7).random()
    counter = 0

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            global counter
            counter += 1
            path = urlsplit(request.url).path
            return Response(json.dumps(await getattr(self, path[1:])(request)))

        async def state(self, request):
            return {"started": json.loads(STARTED), "sample": SAMPLE, "counter": counter}

        async def chance(self, request):
            values = [random.random(), secrets.token_hex(8), str(uuid.uuid4())]
            with tempfile.NamedTemporaryFile() as file:
                values.append(file.name)
            return values

        async def javascript(self, request):
            proxy = create_proxy(lambda value, *others: value + 1)
            called = js.Array.new(1, 2).map(proxy).to_py()
            proxy.destroy()
            return [URL.new("https://example.com/a?b").search, called,
                    Object.keys(to_js({"a": 1}, dict_converter=Object.fromEntries)).to_py(),
                    js.globalThis.URL is not None, self.env.GREETING, imported_env.GREETING]

        async def blocking(self, request):
            async def later():
                await asyncio.sleep(0.01)
                return "later"
            return run_sync(later())

        async def clock(self, request):
            before = time.monotonic()
            await asyncio.sleep(0.02)
            passed = time.monotonic() - before
            year = datetime.datetime.now(datetime.timezone.utc).year
            return [0.01 < passed < 30, year >= 2026]

        async def memory(self, request):
            data = bytearray(200 << 20)
            data[-1] = 1
            return run_sync(asyncio.sleep(0, len(data)))
"""


@pytest.fixture
def worker(tmp_path: Path) -> Callable[..., Iterator[Runtime]]:
    """``with worker(…) as runtime``: a process of its own, snapshots in a folder of the test's own."""
    source = tmp_path / "source"
    source.mkdir()

    def start(code: str = WORKER, python: str = "3.14", **options: object):
        path = source / "entry.py"
        if not path.exists() or path.read_text() != dedent(code):
            path.write_text(dedent(code))
        return _loaded(source, tmp_path / "cache", python, options)

    return start


class _loaded:
    """A runtime with a Worker; ``log`` is its debug log once it has ended."""

    def __init__(self, source: Path, cache: Path, python: str, options: dict[str, object]) -> None:
        self.cache = cache
        self._config = {
            **worker_config(source), "python_version": python,
            "bindings": [{"type": "plain_text", "name": "GREETING", "text": "hello"}], **options,
        }

    def __enter__(self) -> Runtime:
        self._running = running(env={"CWRANGLER_CACHE_DIR": str(self.cache)})
        self.runtime = self._running.__enter__()
        self.runtime.load(self._config)
        self.runtime.wait_for("loaded")
        return self.runtime

    def __exit__(self, *error: object) -> None:
        self._running.__exit__(*error)


def ask(runtime: Runtime, path: str) -> object:
    status, text = runtime.get(path)
    assert status == 200, text
    return json.loads(text)


def snapshots(tmp_path: Path, layer: str) -> list[Path]:
    return sorted((tmp_path / "cache" / "snapshots").glob(f"*.{layer}"))


@pytest.mark.parametrize("python", PYTHONS)
def test_a_restored_worker_is_the_worker(worker: Callable, tmp_path: Path, python: str) -> None:
    with worker(python=python) as fresh:
        states = [ask(fresh, "/state")]
        first = ask(fresh, "/chance")
    (made,) = snapshots(tmp_path, "worker")
    assert snapshots(tmp_path, "base") == [], "the install tree's was not used"
    before = made.stat()
    chances = [first]
    for _ in range(2):
        with worker(python=python) as restored:
            states.append(ask(restored, "/state"))
            chances.append(ask(restored, "/chance"))
            expected = ["?b", [2, 3], ["a"], True, "hello", "hello"]
            assert ask(restored, "/javascript") == expected
            assert ask(restored, "/blocking") == "later"
            assert ask(restored, "/clock") == [True, True]
            assert ask(restored, "/memory") == 200 << 20
    # It was used, and neither made again nor written to.
    after = made.stat()
    assert (after.st_ino, after.st_size) == (before.st_ino, before.st_size)
    # The top level has run once; nothing of a request is in the snapshot.
    assert states[0] == states[1] == states[2]
    assert states[0]["counter"] == 1
    # Chance is nobody's but the instance's own.
    for values in zip(*chances, strict=True):
        assert len(set(values)) == len(values)


def test_instances_of_one_process_share_a_snapshot_and_nothing_else(
    worker: Callable, tmp_path: Path
) -> None:
    loaded = worker()
    with loaded as runtime:
        seen = [ask(runtime, "/chance")]
        for _ in range(3):
            runtime.load(loaded._config)
            runtime.wait_for("loaded")
            assert ask(runtime, "/state")["counter"] == 1
            seen.append(ask(runtime, "/chance"))
    for values in zip(*seen, strict=True):
        assert len(set(values)) == len(values)
    assert len(snapshots(tmp_path, "worker")) == 1


def test_a_changed_worker_has_another_snapshot(worker: Callable, tmp_path: Path) -> None:
    with worker() as runtime:
        assert ask(runtime, "/state")["sample"] != 0
    with worker(WORKER.replace("random.Random(7).random()", "0")) as runtime:
        assert ask(runtime, "/state")["sample"] == 0
    assert len(snapshots(tmp_path, "worker")) == 2


def test_other_bindings_are_another_worker(worker: Callable, tmp_path: Path) -> None:
    code = WORKER.replace("counter = 0", "counter = len(imported_env.GREETING)", 1)
    with worker(code) as runtime:
        assert ask(runtime, "/state")["counter"] == len("hello") + 1
    other = [{"type": "plain_text", "name": "GREETING", "text": "hi"}]
    with worker(code, bindings=other) as runtime:
        assert ask(runtime, "/state")["counter"] == len("hi") + 1


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "writable by others", "folder"])
def test_a_snapshot_that_cannot_be_trusted_is_made_again(
    worker: Callable, tmp_path: Path, share: Path, damage: str
) -> None:
    installed = share / "snapshots"
    made_by_build = installed.resolve()
    installed.unlink()
    shutil.copytree(made_by_build, installed)
    with worker() as runtime:
        expected = ask(runtime, "/state")
    for path in [*snapshots(tmp_path, "*"), installed / "3.14.base"]:
        content = bytearray(path.read_bytes())
        if damage == "cut":
            path.write_bytes(content[: len(content) // 2])
        elif damage == "flipped":
            # In the middle of the longest run of bytes that are not zero.
            content[content.rfind(b"site-packages")] ^= 1
            path.write_bytes(content)
        elif damage == "empty":
            path.write_bytes(b"")
        elif damage == "folder":
            path.unlink()
            path.mkdir()
        else:
            path.chmod(0o666)
    with worker() as runtime:
        assert ask(runtime, "/state") == expected
    assert len(snapshots(tmp_path, "base")) == 1, "what the install tree lacks was not made"


def test_two_that_make_the_same_snapshot_at_once(worker: Callable, tmp_path: Path) -> None:
    (tmp_path / "source" / "entry.py").write_text(dedent(WORKER))
    states: list[object] = []

    def start() -> None:
        with worker() as runtime:
            states.append(ask(runtime, "/state"))

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with worker() as runtime:
        states.append(ask(runtime, "/state"))
    assert len(states) == 3 and states[0] == states[1] == states[2]
    assert len(snapshots(tmp_path, "worker")) == len(snapshots(tmp_path, "packages")) == 1


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("HELD = js.Object.new()", id="object"),
        pytest.param("open('/tmp/written', 'w').write('x')", id="file"),
        pytest.param("HELD = open('/tmp/open', 'w')", id="open file"),
    ],
)
def test_what_prevents_a_snapshot_costs_nothing_else(
    worker: Callable, tmp_path: Path, code: str
) -> None:
    changed = WORKER.replace("counter = 0", f"counter = 0\n    {code}", 1)
    for _ in range(2):
        with worker(changed) as runtime:
            assert ask(runtime, "/state")["counter"] == 1
    assert snapshots(tmp_path, "worker") == []


def test_a_state_that_no_start_leaves_behind_is_not_gone_on_from(
    worker: Callable, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot can be whole and of no use: this one says that the first request has been."""
    monkeypatch.setenv("CWRANGLER_LOG", "debug")
    code = WORKER.replace(
        "counter = 0",
        "counter = 0\n    from _cloudflare import allow_entropy\n    allow_entropy._request_phase = True", 1)
    for restores in (False, True):
        with worker(code) as runtime:
            assert ask(runtime, "/state")["counter"] == 1
        assert len(snapshots(tmp_path, "worker")) == 1
        refused = "it was taken after the first request" in capfd.readouterr().err
        assert refused == restores


def test_a_lost_instance_comes_back_from_the_snapshot(worker: Callable) -> None:
    code = WORKER + """
        async def die(self, request):
            import os
            os._exit(3)
    """
    with worker(code) as runtime:
        assert ask(runtime, "/state")["counter"] == 1
        assert runtime.get("/die")[0] == 500
        runtime.wait_for("restarted")
        assert ask(runtime, "/state")["counter"] == 1
