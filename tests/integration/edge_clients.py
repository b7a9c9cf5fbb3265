"""Clients of the Workers that an endpoint serves, on connections of their own; and its processes."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_process import Edge, worker_form

# How long one answer may take on a loaded machine: Python boots meanwhile.
PATIENCE = 120.0


@dataclass
class Answer:
    """One response, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """One connection, which is never made anew: a dropped one must be seen."""

    def __init__(self, edge: Edge) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=PATIENCE)
        self.connection.connect()
        self.connection.auto_open = 0

    def ask(self, worker: str, path: str = "/", method: str = "GET",
            body: bytes | Iterable[bytes] | None = None, **headers: str) -> Answer:
        """A request by the Worker's host name. ``_`` in headers' names is ``-``; a body in pieces goes
        without its length."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        fields.setdefault("Host", f"{worker}.localhost")
        in_pieces = body is not None and not isinstance(body, bytes)
        self.connection.request(method, path, body, fields, encode_chunked=in_pieces)
        with self.connection.getresponse() as response:
            return Answer(response.status, response.msg, response.read())

    def close(self) -> None:
        self.connection.close()


def client(edge: Edge) -> contextlib.closing[Client]:
    """``with client(edge) as one``"""
    return contextlib.closing(Client(edge))


def ask(edge: Edge, worker: str, path: str = "/", method: str = "GET",
        body: bytes | Iterable[bytes] | None = None, **headers: str) -> Answer:
    """One request on a connection of its own."""
    with client(edge) as one:
        return one.ask(worker, path, method, body, **headers)


def upload_version(edge: Edge, worker: str, source: str, **metadata: Any) -> str:
    """Uploads a version without deploying it; its id."""
    kind, body = worker_form(source, **metadata)
    uploaded = edge.result("POST", f"/workers/scripts/{worker}/versions", body, content_type=kind)
    return uploaded["id"]


def deployed_version(edge: Edge, worker: str) -> str:
    """The id of the version that has most of the requests."""
    listed = edge.result("GET", f"/workers/scripts/{worker}/deployments")
    return listed["deployments"][0]["versions"][0]["version_id"]


def share_requests(edge: Edge, worker: str, shares: dict[str, float]) -> None:
    """Deploys versions, by id, with these percentages of the requests."""
    versions = [{"version_id": id_, "percentage": share} for id_, share in shares.items()]
    edge.result("POST", f"/workers/scripts/{worker}/deployments",
                {"strategy": "percentage", "versions": versions})


def processes(edge: Edge) -> list[int]:
    """The process ids of the endpoint's runtimes, spare ones among them."""
    found: set[int] = set()
    for thread in Path(f"/proc/{edge.process.pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it has just ended
            found.update(map(int, (thread / "children").read_text().split()))
    return sorted(found)
