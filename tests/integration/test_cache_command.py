"""`cwrangler cache`: what is kept between runs, and that it stays within its bound."""

from __future__ import annotations

import calendar
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

DAY = 24 * 60 * 60


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "the-cache"


@pytest.fixture
def ask(cwrangler: Callable, cache: Path, tmp_path: Path) -> Callable[..., dict]:
    """``ask("--clean")``: the report of the command, by part."""

    def run(*arguments: str, **environment: str) -> dict:
        done = cwrangler("cache", "--json", *arguments, cwd=tmp_path,
                         env={"CWRANGLER_CACHE_DIR": str(cache), **environment})
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report["folder"] == str(cache)
        return {**{part.pop("name"): part for part in report["parts"]},
                "removed": report.get("removed")}

    return run


def keep(path: Path, age: float, size: int = 8192) -> Path:
    """A file that was used `age` seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    used = time.time() - age
    os.utime(path, (used, used))
    return path


def test_without_a_cache_everything_is_empty(ask, cache):
    report = ask("--clean")
    assert report["snapshots"]["entries"] == report["code"]["entries"] == 0
    assert report["removed"] == {"entries": 0, "bytes": 0}
    assert not cache.exists()


def test_it_says_what_is_there(ask, cache, cwrangler, tmp_path):
    keep(cache / "snapshots" / "a.worker", 5 * DAY)
    keep(cache / "snapshots" / "b.worker", 3 * 60 * 60)
    keep(cache / "source-builds" / "uv" / "deep" / "file", 0, 100_000)
    report = ask()
    snapshots = report["snapshots"]
    assert (snapshots["entries"], snapshots["bytes"]) == (2, 16384)
    used = time.strptime(snapshots["last_used"], "%Y-%m-%dT%H:%M:%SZ")
    assert 2.5 < (time.time() - calendar.timegm(used)) / 3600 < 4
    assert report["source-builds"]["entries"] == 1
    assert report["source-builds"]["bytes"] > 100_000
    assert snapshots["limit"] == 3 * report["code"]["limit"]
    assert report["removed"] is None
    shown = cwrangler("cache", cwd=tmp_path, env={"CWRANGLER_CACHE_DIR": str(cache)})
    assert "memory snapshots of Workers" in shown.stdout and "3 h ago" in shown.stdout


def test_what_is_no_longer_wanted_goes(ask, cache):
    kept = [
        keep(cache / "snapshots" / "new.worker", 10),
        keep(cache / "snapshots" / "being-written.worker.AbC123", 10),
        keep(cache / "source-builds" / "recent-1.0-abcdef" / "file", 3 * DAY),
    ]
    os.utime(kept[-1].parent, (time.time() - 3 * DAY,) * 2)
    gone = [
        keep(cache / "snapshots" / "of-another-build.worker", 4000 * DAY),
        keep(cache / "snapshots" / "unfinished.worker.AbC123", DAY),
        keep(cache / "code" / "of-another-build.code", 4000 * DAY),
        keep(cache / "interpreter" / "of-another-build.json", 4000 * DAY),
        keep(cache / "source-builds" / "forgotten-1.0-abcdef" / "file", 40 * DAY),
    ]
    os.utime(gone[-1].parent, (time.time() - 40 * DAY,) * 2)
    report = ask("--clean")
    assert [path for path in kept if not path.exists()] == []
    assert [path for path in gone if path.exists()] == []
    assert report["removed"]["entries"] == len(gone)
    assert report["snapshots"]["entries"] == 2
    assert ask("--clean")["removed"]["entries"] == 0


def test_what_is_above_the_limit_goes_the_oldest_first(ask, cache):
    # A quarter of 8 MiB is for code.
    recent = keep(cache / "code" / "recent.code", 2 * 60 * 60, 1 << 20)
    files = [keep(cache / "code" / f"{age}.code", age * 60 * 60, 1 << 20) for age in (5, 4, 3)]
    # The test's files are not older than the build, whenever that was.
    report = ask("--clean", CWRANGLER_CACHE_LIMIT="8")
    assert report["code"]["limit"] == 2 << 20
    assert report["code"]["bytes"] <= 2 << 20
    assert not files[0].exists() and not files[1].exists()
    assert report["code"]["entries"] == len([path for path in [*files, recent] if path.exists()])


def test_a_running_session_is_not_disturbed(ask, cache, project, dev):
    environment = {"CWRANGLER_CACHE_DIR": str(cache)}
    directory = project("hello")
    with dev(directory, env=environment) as session:
        expected = session.get("/").text
        for path in cache.rglob("*"):
            os.utime(path, (0, 0))
        assert ask("--clean")["removed"]["entries"] > 0
        assert not list(cache.glob("snapshots/*"))
        assert session.get("/").text == expected
        entry = directory / "src" / "entry.py"
        entry.write_text(entry.read_text() + "\n# edited\n")
        session.wait_for_line(r"^⎔ Local server updated and ready$")
        assert session.get("/").text == expected
    with dev(directory, env=environment) as session:
        assert session.get("/").text == expected


def test_snapshots_stay_within_their_bound_by_themselves(cache, project, dev):
    old = [keep(cache / "snapshots" / f"{number}.worker", 40 * DAY - number, 1 << 20)
           for number in range(4)]
    # Three quarters of 2 MiB: not even two of them.
    with dev(project("hello"), env={"CWRANGLER_CACHE_DIR": str(cache), "CWRANGLER_CACHE_LIMIT": "2"}) as session:
        assert session.get("/").status == 200
    assert [path.exists() for path in old[:3]] == [False] * 3
