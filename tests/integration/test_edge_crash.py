"""The endpoint is killed while Workers are deployed to it; what it has acknowledged is there afterwards.

``CWRANGLER_CRASH_ROUNDS``: how many times, 6 unless given.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import sqlite3
import threading
from pathlib import Path

from edge_process import HELLO, Edge, running_edge

ROUNDS = int(os.environ.get("CWRANGLER_CRASH_ROUNDS", "6"))


def deploy_until_killed(edge: Edge, first: int, acknowledged: list[int], begun: threading.Event) -> None:
    """Deploys a Worker that answers with its number, again and again."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        for number in range(first, first + 1000):
            edge.deploy("hello", HELLO.format(body=f"'{number}'"),
                        bindings=[{"name": "SECRET", "type": "secret_text", "text": str(number)}])
            acknowledged.append(number)
            begun.set()


def test_acknowledged_deployments_survive_kill_9(tmp_path: Path, scratch_environment) -> None:
    folder = tmp_path / "edge"
    dice = random.Random(1)
    acknowledged: list[int] = []
    tried = 0
    for _ in range(ROUNDS):
        with running_edge(folder, scratch_environment) as edge:
            if acknowledged:
                status, _, body = edge.ask("hello")
                # What was under way when it was killed may be there as well, whole.
                assert status == 200 and acknowledged[-1] <= int(body) <= tried, (body, acknowledged[-1])
                versions = edge.result("GET", "/workers/scripts/hello/versions")["items"]
                assert min(100, len(acknowledged)) <= len(versions)
                for version in versions:
                    assert {b["name"] for b in version["resources"]["bindings"]} == {"SECRET"}
            begun = threading.Event()
            first = tried + 1
            worker = threading.Thread(target=deploy_until_killed,
                                      args=(edge, first, acknowledged, begun))
            worker.start()
            assert begun.wait(60)
            # At any moment of the deployments that follow.
            begun.clear()
            begun.wait(dice.random() * 0.4)
            edge.process.send_signal(signal.SIGKILL)
            edge.process.wait()
            worker.join()
            tried = (acknowledged[-1] if acknowledged else 0) + 1
        database = sqlite3.connect(folder / "edge.sqlite")
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
    print(json.dumps({"rounds": ROUNDS, "acknowledged": len(acknowledged)}))
