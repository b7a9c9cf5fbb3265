"""Speed, as ratios to a peer that is measured in the same run: never times. The bounds are so wide that
they only fail when something is lost: figures are the business of `scripts/bench`."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from dev_process import BUILD, ROOT

sys.path.insert(0, str(ROOT / "tests" / "bench"))
import bench  # noqa: E402
import crypto  # noqa: E402
import instances  # noqa: E402
import web  # noqa: E402
from measure import Running, Server  # noqa: E402

STARTS = 3

pytestmark = [
    pytest.mark.skipif(bool(bench.node_problem()), reason=f"no peer: {bench.node_problem()}"),
    pytest.mark.skipif(
        not (BUILD / "share" / "cwrangler" / "snapshots").is_dir(),
        reason="a build with sanitizers makes nothing ahead",
    ),
]


@pytest.fixture(scope="module")
def node_ms() -> float:
    """From the exec of Node + Pyodide to its first answer."""
    return _first_answer(Server("Node + Pyodide, hello", bench.node_pyodide()))


def _first_answer(server: Server) -> float:
    times = []
    for _ in range(STARTS):
        running = Running(server)
        running.stop()
        times.append(running.first_ms)
    return statistics.median(times)


def test_a_session_answers_in_half_of_the_peers_time(project: Callable[..., Path], node_ms: float) -> None:
    server = Server("cwrangler dev, hello", bench.cwrangler(), folder=project("hello"))
    Running(server).stop()  # makes the snapshot
    assert _first_answer(server) <= node_ms / 2


def test_the_first_session_ever_is_no_slower_than_the_peer(
    project: Callable[..., Path], node_ms: float
) -> None:
    server = Server("cwrangler dev, hello, first ever", bench.cwrangler(), folder=project("hello"),
                    own_cache=True)
    assert _first_answer(server) <= node_ms


def test_a_new_instance_answers_in_a_quarter_of_the_peers_time(
    project: Callable[..., Path], node_ms: float
) -> None:
    milliseconds = instances.new_instance_ms(project("hello"), "/", STARTS)
    assert milliseconds <= node_ms / 4


def test_the_web_platform_is_within_four_times_what_it_aims_at() -> None:
    slow = [web.line(piece) for piece in web.pieces(rounds=1)
            if piece.ratio and piece.ratio > 4 * web.AIMS.get(piece.name, 4)]
    assert slow == []


def test_crypto_is_within_twice_what_openssl_takes() -> None:
    large = [piece for piece in crypto.pieces(rounds=1) if piece.name.endswith("1 MiB")]
    assert [(piece.name, piece.ratio) for piece in large if piece.ratio > 2] == []
