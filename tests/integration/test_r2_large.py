"""The largest object of one piece, 5 GiB less 5 MiB, there and back. It takes as much disk, and minutes: only
with ``CWRANGLER_LARGE_TESTS`` set."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from resident_memory import memory

PIECE = 1 << 20
PIECES = 5 * 1024 - 5

pytestmark = pytest.mark.skipif(
    not os.environ.get("CWRANGLER_LARGE_TESTS"), reason="CWRANGLER_LARGE_TESTS is not set")


def pieces(count: int, digest: hashlib._Hash) -> Iterator[bytes]:
    """So many MiB, of which no two are alike."""
    noise = os.urandom(PIECE - 8)
    for number in range(count):
        piece = number.to_bytes(8) + noise
        digest.update(piece)
        yield piece


def test_the_largest_object_passes_through(project, dev) -> None:
    with dev(project("r2_checks")) as session, contextlib.closing(
            http.client.HTTPConnection(urlsplit(session.url).netloc, timeout=1200)) as connection:
        assert session.get("/file/small", method="PUT", body=b"warm").status == 201
        before = memory(session.runtime_pid(), "VmHWM")
        sent = hashlib.md5(usedforsecurity=False)
        connection.request("PUT", "/file/large", body=pieces(PIECES, sent),
                           headers={"Content-Length": str(PIECES * PIECE)})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (201, b"")

        connection.request("GET", "/file/large")
        answer = connection.getresponse()
        assert answer.headers["etag"] == f'"{sent.hexdigest()}"'
        received = hashlib.md5(usedforsecurity=False)
        size = 0
        while piece := answer.read(PIECE):
            received.update(piece)
            size += len(piece)
        assert (size, received.digest()) == (PIECES * PIECE, sent.digest())
        assert memory(session.runtime_pid(), "VmHWM") - before < 512 << 20
