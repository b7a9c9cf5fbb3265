"""HTMLRewriter with handlers written in Python. What it does in itself: tests/unit/runtime/web."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import IncompleteRead
from pathlib import Path

import pytest
from runtime_process import Runtime, running, worker_config

SOURCE = Path(__file__).resolve().parent.parent / "workers" / "rewriter" / "src"


@pytest.fixture(scope="module")
def worker() -> Iterator[Runtime]:
    with running() as runtime:
        runtime.load(worker_config(SOURCE))
        runtime.wait_for("loaded")
        yield runtime


def test_handlers_of_all_kinds_awaited_where_they_wait(worker: Runtime) -> None:
    status, body = worker.get("/all")
    assert status == 200, body
    result = json.loads(body)
    assert result["text"] == (
        "<!doctype html><html><head><meta><title>T</title>&lt;not html&gt;</head><body>\n"
        '<a href="/one" class="x" rel="nofollow">ONE!</a><!-- NOTE --><p><b></p></body></html><hr>')
    assert result["seen"] == [["a", [["href", "/one"], ["class", "x"]]], ["a", []]]


def test_an_exception_fails_the_body(worker: Runtime) -> None:
    status, body = worker.get("/caught")
    assert status == 200 and "LookupError: no p today" in body
    with closing(worker.connect()) as connection:
        connection.request("GET", "/fails")
        # The status was sent before: the client sees that the body is not whole.
        with connection.getresponse() as response, pytest.raises((IncompleteRead, ConnectionError)):
            response.read()
    assert "no p today" in worker.wait_for("exception")["stack"]


def test_a_page_without_end_is_rewritten_as_it_is_read(worker: Runtime) -> None:
    with closing(worker.connect()) as connection:
        connection.request("GET", "/endless")
        response = connection.getresponse()
        assert response.read(90) == b"<p><b></p>" * 9
    assert worker.get("/caught")[0] == 200  # the client left; the Worker goes on
