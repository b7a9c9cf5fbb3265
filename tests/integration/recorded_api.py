"""A server that answers as the API answered wrangler, and compares what it is asked.

``recorded("deploy-hello-first")`` is a context manager: inside it ``.url`` is the base URL of an API that
gives the recorded answers; ``.check()`` afterwards says whether the client asked for the same, in the same
order, with the same bodies. What may differ is listed in docs/requests.md, by name; ``DIFFERENCES`` is the
same list with what each of them does.
"""

from __future__ import annotations

import difflib
import http.server
import json
import re
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from dev_process import ROOT

RECORDINGS = ROOT / "tests" / "recordings"
ACCOUNT = "abcdef0123456789abcdef0123456789"
PREFIX = "/client/v4"
#: The address of the server that the recordings were made with, as answers mention it.
RECORDED_ORIGIN = "http://127.0.0.1:18787"
RECORDED_SOCKETS = "ws://127.0.0.1:18787"


@dataclass
class Request:
    """What a client asked, or was recorded to ask."""

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""
    body: Any = None

    @property
    def line(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """What an answer is found by."""
        return (self.method, self.path, tuple(sorted(self.query)))

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.query)
        body = json.dumps(self.body, indent=1, ensure_ascii=False, sort_keys=True)
        return f"{self.method} {self.path}{'?' + query if query else ''}\n{body}"


def received_parts(content_type: str, body: bytes) -> list[dict[str, Any]]:
    """The parts of a form, as recordings have them, with their ``content``."""
    boundary = b"--" + content_type.partition("boundary=")[2].encode()
    first, *pieces, last = (b"\r\n" + body).split(b"\r\n" + boundary)
    assert first == b"" and last == b"--\r\n", "the form does not begin or end as one"
    parts = []
    for piece in pieces:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        names = dict(re.findall(r'(\w+)="([^"]*)"', headers.pop("Content-Disposition")))
        found: dict[str, Any] = {**names, "content": content}
        if "Content-Type" in headers:
            found["content_type"] = headers.pop("Content-Type")
        assert not headers, headers
        parts.append(found)
    return parts


def _recorded_request(exchange: dict[str, Any]) -> Request:
    body: Any = None
    for kind in ("json", "text", "multipart", "graphql"):
        if kind in exchange:
            body = {kind: exchange[kind]}
    return Request(
        exchange["method"],
        exchange["path"],
        parse_qsl(exchange.get("query", ""), keep_blank_values=True),
        exchange.get("headers", {}),
        exchange.get("content_type", ""),
        body,
    )


def _received_body(content_type: str, body: bytes) -> Any:
    if content_type.startswith("multipart/"):
        parts = received_parts(content_type, body)
        for part in parts:
            content = part.pop("content")
            if part["name"] == "metadata":
                part["json"] = json.loads(content)
            else:
                part["text"] = content.decode("utf-8", "surrogateescape")
        return {"multipart": parts}
    if not body:
        return None
    try:
        value = json.loads(body)
    except ValueError:
        return {"text": body.decode("utf-8", "surrogateescape")}
    if isinstance(value, dict) and isinstance(value.get("query"), str) and "variables" in value:
        operation = re.search(r"query\s+(\w+)", value["query"])
        return {"graphql": {"operation": operation and operation[1], "variables": sorted(value["variables"])}}
    return {"json": value}


# --- What may differ, by the names in docs/requests.md ---


def _types_of_json(ours: list[Request], theirs: list[Request]) -> None:
    for request in ours + theirs:
        if request.body and "json" in request.body and request.content_type != "application/merge-patch+json":
            request.content_type = "application/json"


def _package_dependencies(ours: list[Request], theirs: list[Request]) -> None:
    for metadata in _metadata(theirs):
        metadata.pop("package_dependencies", None)


def _keep_secrets(ours: list[Request], theirs: list[Request]) -> None:
    """Both are brought to what a server makes of a missing list that has always kept secrets."""
    for metadata in _metadata(ours + theirs):
        kept = set(metadata.get("keep_bindings", [])) | {"secret_text", "secret_key"}
        metadata["keep_bindings"] = sorted(kept)


def _order_of_modules(ours: list[Request], theirs: list[Request]) -> None:
    for request in ours + theirs:
        if _is_upload(request):
            # Metadata and entry point come first in both.
            request.body["multipart"][2:] = sorted(request.body["multipart"][2:], key=lambda part: part["name"])


def _spaces_of_sql(ours: list[Request], theirs: list[Request]) -> None:
    for request in ours + theirs:
        sql = (request.body or {}).get("json")
        if isinstance(sql, dict) and "sql" in sql:
            words = re.sub(r"\s+", " ", sql["sql"])
            request.body = {"json": {"sql": re.sub(r" ?([(),;]) ?", r"\1", words).lower()}}


def _no_metrics(ours: list[Request], theirs: list[Request]) -> None:
    theirs[:] = [request for request in theirs if request.path != "/graphql"]


def _lists_have_ends(ours: list[Request], theirs: list[Request]) -> None:
    """Pages behind the last one are not asked for."""
    for requests in (ours, theirs):
        requests[:] = [request for request in requests if int(dict(request.query).get("page", 1)) == 1]


def _nothing_twice(ours: list[Request], theirs: list[Request]) -> None:
    """Reads that were made before, without a change in between of what is read, are left out."""
    for requests in (ours, theirs):
        seen: set[object] = set()
        kept = []
        for request in requests:
            if request.method == "GET":
                if request.line in seen:
                    continue
                seen.add(request.line)
            kept.append(request)
        requests[:] = kept


def _order_of_triggers(ours: list[Request], theirs: list[Request]) -> None:
    """What comes after the upload is compared in alphabetical order."""
    for requests in (ours, theirs):
        uploads = [i for i, request in enumerate(requests) if _is_upload(request)]
        start = uploads[-1] + 1 if uploads else 0
        requests[start:] = sorted(requests[start:], key=lambda request: (request.path, request.method, request.query))


def _no_identity_after_refusal(ours: list[Request], theirs: list[Request]) -> None:
    first = {"/user", "/user/tokens/verify", "/accounts", "/memberships"}
    theirs[:] = [theirs[0]] + [request for request in theirs[1:] if request.path not in first]


def _buckets_not_listed(ours: list[Request], theirs: list[Request]) -> None:
    theirs[:] = [r for r in theirs if not (r.method == "GET" and r.path.endswith("/r2/buckets"))]


def _no_read_after_deployment(ours: list[Request], theirs: list[Request]) -> None:
    if theirs[-1].method == "GET" and "/workers/services/" in theirs[-1].path:
        theirs.pop()


def _no_sites(ours: list[Request], theirs: list[Request]) -> None:
    theirs[:] = [request for request in theirs if not request.path.endswith("/storage/kv/namespaces")]


def _placeholder_in_python(ours: list[Request], theirs: list[Request]) -> None:
    for requests in (ours, theirs):
        requests[:] = [replace(request, body="a Worker") if _is_upload(request) else request for request in requests]


def _order_of_identity(ours: list[Request], theirs: list[Request]) -> None:
    for requests in (ours, theirs):
        listed = [request for request in requests if request.path in ("/accounts", "/memberships")]
        others = [request for request in requests if request not in listed]
        requests[:] = others + sorted(listed, key=lambda request: request.path)


def _is_upload(request: Request) -> bool:
    return any("metadata" == part["name"] for part in (request.body or {}).get("multipart", []))


def _metadata(requests: list[Request]) -> list[dict[str, Any]]:
    return [
        part["json"]
        for request in requests
        for part in (request.body or {}).get("multipart", [])
        if part["name"] == "metadata" and "json" in part
    ]


#: Applied to every flow, and those that a test asks for by name.
ALWAYS = {
    "types-of-json": _types_of_json,
    "package-dependencies": _package_dependencies,
    "keep-secrets": _keep_secrets,
    "order-of-modules": _order_of_modules,
}
WHERE_NAMED = {
    "nothing-twice": _nothing_twice,
    "order-of-triggers": _order_of_triggers,
    "no-identity-after-refusal": _no_identity_after_refusal,
    "order-of-identity": _order_of_identity,
    "buckets-not-listed": _buckets_not_listed,
    "no-read-after-deployment": _no_read_after_deployment,
    "no-sites": _no_sites,
    "placeholder-in-python": _placeholder_in_python,
    "spaces-of-sql": _spaces_of_sql,
    "no-metrics": _no_metrics,
    "lists-have-ends": _lists_have_ends,
}
DIFFERENCES = {**ALWAYS, **WHERE_NAMED}


class RecordedApi:
    """Plays one recording back. ``differences``: names of WHERE_NAMED that this flow may have."""

    def __init__(self, case: str, differences: tuple[str, ...] = ()) -> None:
        self.exchanges = json.loads((RECORDINGS / f"{case}.json").read_text())["exchanges"]
        self.differences = differences
        self.received: list[Request] = []
        self.unexpected: list[Request] = []
        self._answered: set[int] = set()
        self._lock = threading.Lock()
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                api._answer(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

            def log_message(self, *_: object) -> None:
                """Tests look at requests, not at a log."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        #: Where answers send a client for a WebSocket; a test that needs one serves it.
        self.socket_origin = ""
        self.url = self.origin + PREFIX

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a client comes here."""
        return {
            "CLOUDFLARE_API_BASE_URL": self.url,
            "CLOUDFLARE_API_TOKEN": "token-of-the-test",
            "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        }

    def _answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        path, _, query = handler.path.partition("?")
        content_type = handler.headers.get("Content-Type", "")
        request = Request(
            handler.command,
            path.removeprefix(PREFIX),
            parse_qsl(query, keep_blank_values=True),
            {name.lower(): value for name, value in handler.headers.items()},
            content_type.partition(";")[0] if content_type.startswith("multipart") else content_type,
            _received_body(content_type, body),
        )
        with self._lock:
            self.received.append(request)
            exchange = self._next_for(request)
        if exchange is None:
            self.unexpected.append(request)
            exchange = {
                "status": 404,
                "answer": {
                    "success": False,
                    "errors": [{"code": 7003, "message": "nothing of that kind was recorded"}],
                    "messages": [],
                    "result": None,
                },
            }
        content = exchange["answer"]
        text = content if isinstance(content, str) else json.dumps(content)
        text = text.replace(RECORDED_ORIGIN, self.origin)
        data = text.replace(RECORDED_SOCKETS, self.socket_origin).encode()
        handler.send_response(exchange["status"])
        handler.send_header("Content-Type", exchange.get("answer_type", "application/json"))
        for name, value in exchange.get("answer_headers", {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _next_for(self, request: Request) -> dict[str, Any] | None:
        """The first answer to such a request that was not given yet, else the last that was."""
        fitting = [
            i for i, exchange in enumerate(self.exchanges) if _recorded_request(exchange).line == request.line
        ]
        fresh = [i for i in fitting if i not in self._answered]
        if not fitting:
            return None
        chosen = fresh[0] if fresh else fitting[-1]
        self._answered.add(chosen)
        return self.exchanges[chosen]

    def check(self, modules: Path | None = None) -> None:
        """Fails unless what was asked is what was recorded. ``modules``: the folder of the Worker's modules."""
        theirs = [_recorded_request(exchange) for exchange in self.exchanges]
        ours = list(self.received)
        for request in ours:
            assert request.headers["user-agent"].startswith("cwrangler/")
            signed = request.headers.get("authorization", "")
            assert signed.startswith("Bearer ") or request.path.startswith("/__"), request
            _check_modules(request, modules)
        for name in (*ALWAYS, *self.differences):
            DIFFERENCES[name](ours, theirs)
        for index, (mine, their) in enumerate(zip(ours, theirs)):
            difference = "\n".join(
                difflib.unified_diff(str(their).split("\n"), str(mine).split("\n"), "wrangler", "cwrangler")
            )
            assert mine.line == their.line, f"request {index + 1}:\n{difference}"
            assert mine.body == their.body, f"request {index + 1}:\n{difference}"
            # Without a body a type says nothing.
            typed = mine.body is None or mine.content_type == their.content_type
            assert typed, f"request {index + 1}: {mine}"
            for header, value in their.headers.items():
                assert mine.headers.get(header) == value, f"request {index + 1}: {mine}\nwithout {header}"
        assert len(ours) == len(theirs), (
            "sent:\n" + "\n".join(map(str, ours[len(theirs):])) + "\nleft out:\n"
            + "\n".join(map(str, theirs[len(ours):]))
        )

    def __enter__(self) -> RecordedApi:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _check_modules(request: Request, modules: Path | None) -> None:
    """A module is the file of its name; the recordings have only the names."""
    if not _is_upload(request) or modules is None:
        return
    for part in request.body["multipart"]:
        if part["name"] == "metadata":
            continue
        root = modules if (modules / part["name"]).exists() else modules.parent
        expected = (root / part["name"]).read_bytes().decode("utf-8", "surrogateescape")
        assert part.pop("text") == expected, part
