"""The web platform in a Worker that runs: what needs a server before or behind it. What the platform does
in itself: tests/unit/runtime/web."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path

import pytest
from runtime_process import Runtime, running, worker_config

SOURCE = Path(__file__).resolve().parent.parent / "workers" / "web" / "src"


@pytest.fixture(scope="module")
def worker() -> Iterator[Runtime]:
    config = worker_config(SOURCE)
    modules = [{"name": path.name, "type": "esm", "path": str(path)}
               for path in sorted(SOURCE.glob("*.mjs"))]
    with running() as runtime:
        runtime.load({**config, "modules": [*config["modules"], *modules]})
        runtime.wait_for("loaded")
        yield runtime


def framing(response: HTTPResponse) -> tuple[str | None, str | None]:
    return response.getheader("Content-Length"), response.getheader("Transfer-Encoding")


@pytest.mark.parametrize(("name", "length", "body"), [
    ("exact", "6", b"abcdef"),
    ("contradicted", "6", b"abcdef"),
    ("empty", "0", b""),
    ("blob", "11", b"from a blob"),
    ("unknown", None, b"abcdef"),
])
def test_a_response_tells_the_length_of_its_stream(
    worker: Runtime, name: str, length: str | None, body: bytes
) -> None:
    with closing(worker.connect()) as connection:
        connection.request("GET", f"/lengths/{name}")
        response = connection.getresponse()
        assert framing(response) == (length, None if length else "chunked")
        assert response.read() == body
        # The connection is fit for another request.
        connection.request("HEAD", f"/lengths/{name}")
        response = connection.getresponse()
        assert response.getheader("Content-Length") == length
        assert response.read() == b""


@pytest.mark.parametrize(("name", "problem"), [
    ("cut", "did not see all expected bytes"), ("exceeding", "too many bytes"),
])
def test_a_stream_that_breaks_its_word_cuts_the_response(
    worker: Runtime, name: str, problem: str
) -> None:
    with closing(worker.connect()) as connection:
        connection.request("GET", f"/lengths/{name}")
        response = connection.getresponse()
        assert response.getheader("Content-Length") == "6"
        with pytest.raises((IncompleteRead, ConnectionError)):
            response.read()
    assert problem in worker.wait_for("exception")["message"]


def test_a_request_body_passes_through_with_its_length(worker: Runtime) -> None:
    content = bytes(range(256)) * 1000
    with closing(worker.connect()) as connection:
        connection.request("POST", "/lengths/passed", body=content)
        response = connection.getresponse()
        assert framing(response) == ("256000", None)
        assert response.read() == content
