"""The Cache API, from the Worker ``tests/workers/cache_checks``: what is kept, for how long, and its parts."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from resident_memory import memory

STATE = Path(".wrangler") / "state" / "v3" / "cache"


@pytest.fixture
def cache(checks):
    with checks("cache_checks") as check:
        yield check


def test_classes(cache) -> None:
    assert cache("js/classes") == {
        "names": ["CacheStorage", "Cache", "Cache"],
        "same": [True, True],
        "problems": ["TypeError: Illegal constructor", "TypeError: Illegal constructor",
                     "TypeError: Cache name is too long."],
    }


def test_pages(cache) -> None:
    found = cache("js/pages")
    assert found.pop("immutable").startswith("TypeError")
    assert found == {
        "before": True,
        "found": [200, "page", "HIT", "4", "text/x"],
        "empty": [404, "", "HIT", "0"],
        "again": [200, "again", "HIT", "5", "text/x"],
        "other": None,
        "named": "named",
        "deleted": [True, False, True, True],
    }


def test_methods(cache) -> None:
    assert cache("js/methods") == {
        "ignored": [True, False],
        "taken": ["page", True],
        "refused": "TypeError: Cannot cache response to non-GET request.",
    }


def test_refusals(cache) -> None:
    partial, varying, used, no_response, no_address, nothing_kept = cache("js/refusals")
    assert partial == "TypeError: Cannot cache response to a range request (206 Partial Content)."
    assert varying == "TypeError: Cannot cache response with 'Vary: *' header."
    assert used.startswith("TypeError: Body has already been used")
    assert no_response == "TypeError: The second argument of put() must be a Response."
    assert no_address.startswith("TypeError")
    assert nothing_kept


def test_what_is_kept(cache) -> None:
    assert cache("js/storable") == {
        "no directives": True,
        "max-age": True,
        "quoted": True,
        "zero": False,
        "not a number": False,
        "s-maxage over max-age": False,
        "max-age 0 under s-maxage": True,
        "no-store": False,
        "no-cache": False,
        "private": False,
        "expires later": True,
        "expired": False,
        "expires is no date": False,
        "max-age over expires": True,
        "a cookie": False,
        "a private cookie": True,
        "301": True, "404": True, "410": True, "403": False, "500": False,
        "authorized: max-age=60": False,
        "authorized: public, max-age=60": True,
        "authorized: s-maxage=60": True,
    }


def test_conditions_and_ranges(cache) -> None:
    assert cache("js/conditions") == [304, 304, 304, 200, 304, 200, 200, 200]
    whole = [200, "0123456789", "HIT", "10", "text/plain;charset=UTF-8"]
    part = lambda text, place: [  # noqa: E731
        206, text, "HIT", str(len(text)), f"bytes {place}/10", "text/plain;charset=UTF-8"]
    assert cache("js/ranges") == [
        part("234", "2-4"), part("789", "7-9"), part("789", "7-9"), part("89", "8-9"),
        [416, "", "HIT", "bytes */10", "text/plain;charset=UTF-8"],
        whole, whole, whole, part("01", "0-1"),
    ]


def test_a_body_that_breaks_replaces_nothing(cache) -> None:
    assert cache("js/brokenBody") == ["Error: the source broke", "before"]


def test_python(cache) -> None:
    assert cache("py/responses") == {
        "before": True, "text": "né", "header": "python", "status": "HIT", "named": True,
        "deleted": [True, False],
    }
    partial, varying = cache("py/refused")
    assert "206 Partial Content" in partial
    assert "Vary: *" in varying


def test_large_bodies_pass_through(cache) -> None:
    """Neither way does the runtime hold one in memory; conditions and ranges work over HTTP."""
    session = cache.session
    value = os.urandom(1 << 20) * 512
    assert session.get("/page/small", method="PUT", body=b"warm").status == 201
    before = memory(session.runtime_pid(), "VmHWM")
    assert session.get("/page/large", method="PUT", body=value).status == 201
    answer = session.get("/page/large")
    assert answer.body == value
    assert (answer.headers["cf-cache-status"], answer.headers["etag"]) == ("HIT", '"v1"')
    assert memory(session.runtime_pid(), "VmHWM") - before < len(value) / 2
    part = session.get("/page/large", headers={"Range": "bytes=200000000-200000009"})
    assert (part.status, part.body) == (206, value[200_000_000:200_000_010])
    assert session.get("/page/large", headers={"If-None-Match": '"v1"'}).status == 304
    assert session.get("/page/large", method="DELETE").text == "[true, true]"
    assert session.get("/page/large").status == 404


def test_entries_outlive_the_runtime_and_expire(project, dev) -> None:
    directory = project("cache_checks")
    with dev(directory) as session:
        for name in ("kept", "expired", "swept"):
            assert session.get(f"/page/{name}", method="PUT", body=name.encode()).status == 201
        os.kill(session.runtime_pid(), signal.SIGKILL)
        session.wait_for_line("It is being restarted")
        assert session.get("/page/kept").text == "kept"

        [file] = (directory / STATE / "miniflare-CacheObject").glob("*.sqlite")
        blobs = directory / STATE / "default" / "blobs"
        assert len(list(blobs.iterdir())) == 3
        with sqlite3.connect(file) as database:
            database.execute("UPDATE _mf_entries SET expiration = 1 WHERE key NOT LIKE '%kept'")
        database.close()
        assert session.get("/page/expired").status == 404
        assert session.get("/page/expired", method="DELETE").text == "[false, false]"
        # The next thing that is kept takes the place of what has ended.
        assert session.get("/page/new", method="PUT", body=b"new").status == 201
        assert len(list(blobs.iterdir())) == 2
        assert session.get("/page/kept").text == "kept"


def test_top_level_is_too_early(project, dev) -> None:
    directory = project("cache_checks")
    entry = directory / "src" / "entry.py"
    entry.write_text(entry.read_text() + '\n\nimport_from_javascript("./early.mjs")\n')
    with dev(directory) as session:
        assert json.loads(session.get("/js/early").text) == [
            "Disallowed operation called within global scope."] * 3
