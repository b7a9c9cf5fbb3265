"""A running ``cwrangler edge``, and what is asked of it.

``with running_edge(folder, environment, *arguments) as edge``:

``edge.api(method, path, …)``   a call of the API below the account: (status, answer)
``edge.ask(worker, path, …)``   a request to a deployed Worker: (status, headers, body)
``edge.client``                 environment variables for a client, ours or wrangler
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dev_process import CWRANGLER

#: A Worker's module, as it is uploaded.
HELLO = """\
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response({body})
"""


def metadata(**more: Any) -> dict[str, Any]:
    """Of a Worker whose main module is ``entry.py``."""
    return {"main_module": "entry.py", "bindings": [], "compatibility_date": "2026-11-01",
            "compatibility_flags": ["python_workers"], **more}


def form(parts: list[tuple[str, str, bytes]]) -> tuple[str, bytes]:
    """A form's Content-Type and bytes; ``parts``: name, type (empty: none, and no file's name), content."""
    boundary = uuid.uuid4().hex
    body = b""
    for name, kind, content in parts:
        file = f'; filename="{name}"\r\nContent-Type: {kind}' if kind else ""
        body += (f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
                 .encode() + content + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


def worker_form(source: str, **more: Any) -> tuple[str, bytes]:
    """The upload of a Worker of one Python module."""
    return form([("metadata", "", json.dumps(metadata(**more)).encode()),
                 ("entry.py", "text/x-python", source.encode())])


@dataclass
class Edge:
    """A running endpoint."""

    process: subprocess.Popen[str]
    api_port: int
    port: int
    account: str = ""
    token: str = "any"
    output: list[str] = field(default_factory=list)

    @property
    def client(self) -> dict[str, str]:
        return {"CLOUDFLARE_API_BASE_URL": f"http://127.0.0.1:{self.api_port}/client/v4",
                "CLOUDFLARE_API_TOKEN": self.token, "CLOUDFLARE_ACCOUNT_ID": self.account}

    def call(self, method: str, path: str, body: Any = None, content_type: str = "",
             token: str | None = None) -> tuple[int, Any]:
        """A call by its whole path; a body that is no bytes goes as JSON."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if content_type:
            headers["Content-Type"] = content_type
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=120)
        try:
            connection.request(method, "/client/v4" + path, body, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        is_json = response.getheader("Content-Type") == "application/json"
        return response.status, json.loads(text) if is_json else text

    def api(self, method: str, path: str, *arguments: Any, **more: Any) -> tuple[int, Any]:
        return self.call(method, f"/accounts/{self.account}{path}", *arguments, **more)

    def result(self, method: str, path: str, *arguments: Any, **more: Any) -> Any:
        """The result of a call that must succeed."""
        status, answer = self.api(method, path, *arguments, **more)
        assert status < 300 and answer["success"], (status, answer)
        return answer["result"]

    def deploy(self, name: str, source: str, **more: Any) -> dict[str, Any]:
        """Uploads a Worker of one module, and lets it answer at ``NAME.localhost``."""
        kind, body = worker_form(source, **more)
        script = self.result("PUT", f"/workers/scripts/{name}", body, content_type=kind)
        self.result("POST", f"/workers/scripts/{name}/subdomain", {"enabled": True})
        return script

    def ask(self, worker: str, path: str = "/", method: str = "GET", body: bytes | None = None,
            headers: dict[str, str] | None = None) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body,
                               {"Host": f"{worker}.localhost:{self.port}", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()


@contextlib.contextmanager
def running_edge(folder: Path, environment: dict[str, str], *arguments: str) -> Iterator[Edge]:
    """Serves from ``folder`` on free ports until the end of the block."""
    process = subprocess.Popen(
        [CWRANGLER, "edge", "--data", folder, "--api-port", "0", "--port", "0", *arguments],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=(folder.parent / f"{folder.name}.log").open("a"), text=True)
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("To deploy"):
                break
        text = "".join(lines)
        api = re.search(r"The API: +https?://\S+?:(\d+)/", text)
        workers = re.search(r"The Workers: +https?://\S+?:(\d+)\n", text)
        assert api and workers, text
        edge = Edge(process, int(api[1]), int(workers[1]), output=lines)
        if "--certificate" not in arguments:
            status, answer = edge.call("GET", "/accounts")
            if status == 200:
                edge.account = answer["result"][0]["id"]
        yield edge
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(30)
