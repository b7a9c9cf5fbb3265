"""``cwrangler dev --outbound-map``: a stand-in answers for another host."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

from peers import serving_http

WORKER = """
    import json
    from js import fetch
    from pyodide.ffi import to_js
    from workers import Response, WorkerEntrypoint, import_from_javascript

    async def over_a_socket(transport):
        sockets = import_from_javascript("cloudflare:sockets")
        connection = sockets.connect("api.example:443", secureTransport=transport)
        if transport == "starttls":
            connection = connection.startTls()
        writer = connection.writable.getWriter()
        request = "GET /raw HTTP/1.1\\r\\nHost: api.example\\r\\nConnection: close\\r\\n\\r\\n"
        await writer.write(to_js(request.encode()))
        reader = connection.readable.getReader()
        data = b""
        while not (part := await reader.read()).done:
            data += part.value.to_bytes()
        return json.loads(data.split(b"\\r\\n\\r\\n")[1])

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            fetched = await fetch("https://API.example/path?q=1", method="POST", body="hello")
            with_port = await fetch("http://api.example:8080/")
            return Response.json({
                "fetched": json.loads(await fetched.text()),
                "url": fetched.url,
                "with_port": json.loads(await with_port.text())["host"],
                "tls": (await over_a_socket("on"))["path"],
                "starttls": (await over_a_socket("starttls"))["host"],
            })
"""


def test_requests_and_connections_go_to_the_stand_in(
    project: Callable[..., Path], dev: Callable[..., object]
) -> None:
    directory = project("hello")
    (directory / "src" / "entry.py").write_text(dedent(WORKER))
    with serving_http() as stand_in:
        option = f"api.example=http://127.0.0.1:{stand_in.port}"
        with dev(directory, "--no-sync", "--python", "3.14", "--outbound-map", option) as session:
            told = json.loads(session.get("/").text)
    assert told == {
        "fetched": {"method": "POST", "path": "/path?q=1", "host": "api.example", "x": None,
                    "body": "hello"},
        "url": "https://api.example/path?q=1",
        "with_port": "api.example:8080",
        "tls": "/raw",
        "starttls": "api.example",
    }


def test_what_is_no_map_is_an_error_of_usage(
    project: Callable[..., Path], cwrangler: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    directory = project("hello")
    for value in ("api.example", "api.example=127.0.0.1:80", "=http://127.0.0.1"):
        refused = cwrangler("dev", "--outbound-map", value, cwd=directory)
        assert refused.returncode == 2, refused.stderr
        assert value in refused.stderr and "--outbound-map api.example.com=" in refused.stderr
