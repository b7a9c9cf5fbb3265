"""KV namespaces of the Worker ``tests/workers/kv_checks``: values, lists, limits, failures."""

from __future__ import annotations

import itertools
import os
import resource
import signal
import threading

import pytest


@pytest.fixture
def kv(checks):
    with checks("kv_checks") as check:
        yield check


def test_values(kv) -> None:
    assert kv("types") == {
        "text": "né",
        "bytes": [0, 255],
        "stream": [0, 255],
        "json": {"a": [1, None]},
        "by_option": {"a": [1, None]},
        "missing": None,
        "many": [["nope", None], ["text", "né"]],
    }
    found = kv("metadata")
    assert (found["value"], found["metadata"], found["listed"]) == ("v", {"a": 1}, {"a": 1})
    assert 595 < found["seconds_left"] < 601
    assert found["missing"] == {"value": None, "metadata": None, "cacheStatus": None}
    assert kv("listing") == [10, 10, 5]
    assert kv("sync") == "sync"
    assert kv("deletion") is None


def test_limits(kv) -> None:
    expected = [
        "TypeError: Key name cannot be empty.",
        'TypeError: ".." is not allowed as a key name.',
        "Error: KV PUT failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512.",
        "Error: KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.",
        "Error: KV PUT failed: 400 Invalid expiration_ttl of 0. Please specify integer greater than 0.",
        "Error: KV PUT failed: 400 Invalid expiration of 5. Please specify integer greater than the "
        "current number of seconds since the UNIX epoch.",
        "Error: KV PUT failed: 413 Metadata length of 1025 exceeds limit of 1024.",
        'TypeError: Unknown response type. Possible types are "text", "arrayBuffer", "json", and '
        '"stream".',
        "Error: KV GET failed: 400 Invalid cache_ttl of 29. Cache TTL must be at least 30.",
        "Error: KV GET failed: 400 Invalid key_count_limit of 1001. Please specify an integer less "
        "than 1000.",
        "Error: KV GET_BULK failed: 400 You can request a maximum of 100 keys",
        "Error: KV GET_BULK failed: 400 You must request a minimum of 1 key",
        'Error: KV GET_BULK failed: 400 "stream" is not a valid type. Use "json" or "text"',
    ]
    assert [text.removeprefix("pyodide.ffi.JsException: ") for text in kv("limits")] == expected


def test_large_values(kv) -> None:
    stored, length, streamed, bytes_, missing = kv("large")
    assert (stored, length, missing) == ("", 25 << 20, None)
    assert streamed.endswith(f"Value length of {26 << 20} exceeds limit of {25 << 20}.")
    assert bytes_.endswith(f"Value length of {(25 << 20) + 1} exceeds limit of {25 << 20}.")


def test_a_full_disk_is_an_error_and_loses_nothing(kv) -> None:
    runtime = kv.session.runtime_pid()
    limits = resource.prlimit(runtime, resource.RLIMIT_FSIZE)
    resource.prlimit(runtime, resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    failed, kept = kv("full_disk")
    assert "KV PUT failed: 500" in failed
    assert kept == "before"


@pytest.mark.parametrize("kills", [4])
def test_kill_9_under_load_loses_nothing_acknowledged(project, dev, kills) -> None:
    """The runtime dies under concurrent puts; the dev session starts another one each time."""
    with dev(project("kv")) as session:
        acknowledged: list[str] = []
        arrived = threading.Condition()
        for round_ in range(kills):
            pid = session.runtime_pid()
            stopped = threading.Event()

            def put(thread: int, round_: int = round_, stopped: threading.Event = stopped) -> None:
                for i in itertools.count():
                    if stopped.is_set():
                        return
                    key = f"/{round_}-{thread}-{i}"
                    try:
                        if session.get(key, method="PUT", body=key.encode()).status != 201:
                            return
                    except OSError:
                        return
                    with arrived:
                        acknowledged.append(key)
                        arrived.notify()

            threads = [threading.Thread(target=put, args=(thread,)) for thread in range(8)]
            for thread in threads:
                thread.start()
            with arrived:
                wanted = 40 * (round_ + 1)
                assert arrived.wait_for(lambda wanted=wanted: len(acknowledged) >= wanted, 60)
            stopped.set()
            os.kill(pid, signal.SIGKILL)
            for thread in threads:
                thread.join()
            session.wait_for_line("It is being restarted")
            lost = [key for key in acknowledged if session.get(key).text != key]
            assert not lost
