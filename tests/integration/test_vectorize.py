"""Vectorize indexes of the Worker ``tests/workers/vectorize_checks``."""

from __future__ import annotations

import os
import signal

import pytest


@pytest.fixture
def index(checks):
    with checks("vectorize_checks") as check:
        yield check


def test_queries(index) -> None:
    found = index("js/queries")
    full = found.pop("full")
    assert full.pop("score") > 0.99
    assert full == {"id": "a", "values": [1, 0], "metadata": {"n": 1, "deep": {"tag": "x"}}}
    assert found == {
        "class": "VectorizeIndexImpl",
        "plain": [3, ["id", "score"], True],
        "one": ["c", "b"],
        "limited": ["a", "c"],
        "filtered": ["a"],
        "nested": ["a"],
        "byId": ["b"],
        "byIds": [["c", "one", [1, 1]]],
    }


def test_metrics(index) -> None:
    assert index("js/metrics") == [["near", 5], ["far", 36]]


def test_refusals(index) -> None:
    *problems, stored = index("js/refusals")
    assert problems == [
        'VECTOR_INSERT_ERROR (code = 40012): invalid vector for id="x", expected 2 dimensions, and got '
        "3 dimensions",
        "VECTOR_QUERY_ERROR (code = 40006): invalid query vector, expected 2 dimensions, and got "
        "3 dimensions",
        "VECTOR_QUERY_ERROR (code = 40001): the query vector has no array of numbers as its values",
        "VECTOR_QUERY_ERROR (code = 40001): the query vector has a value that is not a finite number",
        "VECTOR_QUERY_ERROR (code = 40025): topK must be between 1 and 100, not 101",
        "VECTOR_QUERY_ERROR (code = 40025): topK must be between 1 and 50, not 51",
        'VECTOR_QUERY_ERROR (code = 40026): invalid filter: there is no operator "$like"',
        'VECTOR_QUERY_ERROR (code = 40026): invalid filter: $in of "a" takes a list',
        'VECTOR_QUERY_ERROR (code = 40005): there is no vector with id="none"',
        "VECTOR_INSERT_ERROR (code = 40007): 1 to 1000 vectors can be sent, not 0",
        'VECTOR_INSERT_ERROR (code = 40008): an id must be a text of 1 to 64 bytes, not ""',
        "VECTOR_INSERT_ERROR (code = 40008): an id must be a text of 1 to 64 bytes, not "
        f'"{"x" * 65}"',
        'VECTOR_INSERT_ERROR (code = 40001): the metadata of id="x" is longer than 10240 bytes',
        'VECTOR_INSERT_ERROR (code = 40001): the vector of id="x" must have 1 to 1536 dimensions, not 1537',
        "VECTOR_GET_ERROR (code = 40007): 1 to 20 ids can be asked for, not 21",
    ]
    assert stored == 0


def test_python(index) -> None:
    assert index("py/vectors") == {
        "mutation": 36,
        "found": [["py/1", [1, 0, 0], "a"]],
        "filtered": ["py/2"],
        "by id": ["n", [0, 1, 0]],
        "described": [1, 3],
    }
    os.kill(index.session.runtime_pid(), signal.SIGKILL)
    index.session.wait_for_line("It is being restarted")
    assert index("py/count") == 1
