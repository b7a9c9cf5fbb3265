"""Python's HTTP clients in a Worker, against a local stand-in for a public host; and how many requests
wait at the same time inside `run_sync`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from peers import serving_http
from runtime_process import running, worker_config

WORKER = """
    import asyncio, json
    from urllib.parse import urlsplit
    import aiohttp, httpx, requests, urllib3
    from workers import Response, WorkerEntrypoint

    HEADERS = {"X-Test": "yes"}

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            _, action, scheme = urlsplit(request.url).path.split("/")
            return Response.json(await getattr(self, action)(f"{scheme}://api.example/path?q=1"))

        async def requests(self, url):
            answer = requests.post(url, data="content", headers=HEADERS)
            return [answer.status_code, answer.json()]

        async def urllib3(self, url):
            answer = urllib3.PoolManager().request("POST", url, body="content", headers=HEADERS)
            return [answer.status, json.loads(answer.data)]

        async def httpx_client(self, url):
            with httpx.Client() as client:
                answer = client.post(url, content="content", headers=HEADERS)
            return [answer.status_code, answer.json()]

        async def httpx_async(self, url):
            async with httpx.AsyncClient() as client:
                answer, missing = await asyncio.gather(
                    client.post(url, content="content", headers=HEADERS),
                    client.get(url.replace("path?q=1", "missing")))
            assert missing.status_code == 404, missing
            return [answer.status_code, answer.json()]

        async def aiohttp(self, url):
            async with aiohttp.ClientSession(headers=HEADERS) as session:
                async with session.get(url.replace("path?q=1", "missing")) as missing:
                    assert missing.status == 404, missing
                    pieces = [piece async for piece in missing.content.iter_chunked(10)]
                    assert json.loads(b"".join(pieces))["path"] == "/missing", pieces
                # More than one write's worth, on the connection that was kept.
                async with session.post(url, data=b"x" * 300_000) as long:
                    assert len((await long.json())["body"]) == 300_000
                async with session.post(url, data="content") as answer:
                    result = [answer.status, await answer.json()]
                try:
                    await session.get("http://127.0.0.1:1/")
                except aiohttp.ClientConnectorError as error:
                    return result
"""


CLIENTS = ("requests", "urllib3", "httpx_client", "httpx_async", "aiohttp")


@pytest.mark.network
@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_clients(project: Callable[..., Path], dev: Callable[..., object], version: str) -> None:
    directory = project("hello")
    (directory / "src" / "entry.py").write_text(dedent(WORKER))
    text = (directory / "pyproject.toml").read_text()
    assert "dependencies = [" in text
    (directory / "pyproject.toml").write_text(text.replace(
        "dependencies = [", 'dependencies = ["aiohttp", "httpx", "requests", "urllib3", ', 1))
    failed = {}
    with serving_http() as stand_in:
        option = f"api.example=http://127.0.0.1:{stand_in.port}"
        with dev(directory, "--python", version, "--outbound-map", option, timeout=200) as session:
            for client in CLIENTS:
                if client == "httpx_client" and version != "3.14":
                    # It stands on Python's own sockets, which the older versions do not have.
                    continue
                for scheme in ("http", "https"):
                    answer = session.get(f"/{client}/{scheme}")
                    wanted = [200, {"method": "POST", "path": "/path?q=1", "host": "api.example",
                                    "x": "yes", "body": "content"}]
                    if answer.status != 200 or json.loads(answer.text) != wanted:
                        failed[client, scheme] = answer.text
    assert not failed


OVERLAP = """
    import asyncio
    from pyodide.ffi import run_sync
    from workers import Response, WorkerEntrypoint

    waiting = most = 0

    def work():
        global waiting, most
        waiting += 1
        most = max(most, waiting)
        run_sync(asyncio.sleep(0.05))
        waiting -= 1

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            if request.url.endswith("/most"):
                return Response(f"{most} {waiting}")
            work()
            return Response("done")
"""


def test_requests_overlap_in_run_sync(tmp_path: Path) -> None:
    (tmp_path / "entry.py").write_text(dedent(OVERLAP))
    with running() as runtime:
        runtime.load(worker_config(tmp_path))
        runtime.wait_for("loaded")
        answers: list[tuple[int, str]] = []
        clients = [threading.Thread(target=lambda: answers.append(runtime.get("/")))
                   for _ in range(200)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        assert answers == [(200, "done")] * 200
        most, waiting = map(int, runtime.get("/most")[1].split())
        # One after the other it would be 1. How fast 200 threads ask depends on the machine.
        assert most >= 10
        assert waiting == 0
