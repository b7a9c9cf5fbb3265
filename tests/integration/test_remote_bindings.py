"""Bindings with ``"remote": true``, with a stand-in for the v4 API that keeps what it is given."""

from __future__ import annotations

import email.parser
import http.server
import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from hashlib import md5
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

TOKEN = "token-of-the-account"
KV = "/storage/kv/namespaces/kv-id"
INDEX = "/vectorize/v2/indexes/pages"
OBJECTS = "/r2/buckets/pictures/objects"


class Api(http.server.ThreadingHTTPServer):
    """One account with a namespace, a database and a bucket."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/client/v4"
        self.requests: list[tuple[str, str]] = []
        self.values: dict[str, tuple[bytes, object, int | None]] = {}
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.messages: list[dict] = []
        self.vectors: dict[str, list[float]] = {}
        self.patience = 0
        """How many requests are asked to come back."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Api
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        path = url.path.removeprefix("/client/v4/accounts/account-id")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.server.requests.append((self.command, path + (f"?{url.query}" if url.query else "")))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._error(401, 10000, "Authentication error")
        elif self.server.patience > 0:
            self.server.patience -= 1
            self._send(429, b"", {"Retry-After": "0"})
        elif path.startswith(KV):
            self._kv(path.removeprefix(KV), query, body)
        elif path == "/d1/database/d1-id/raw":
            self._d1(json.loads(body))
        elif path.startswith(INDEX):
            self._vectorize(path.removeprefix(INDEX), body)
        elif path.startswith("/queues"):
            self._queue(path, json.loads(body) if body else {})
        elif path.startswith(OBJECTS):
            self._r2(unquote(path.removeprefix(OBJECTS)).removeprefix("/"), query, body)
        else:
            self._error(404, 7003, "Could not route")

    do_GET = do_PUT = do_POST = do_DELETE = _serve

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _result(self, result: object, info: object = None) -> None:
        envelope = {"success": True, "errors": [], "messages": [], "result": result, "result_info": info}
        self._send(200, json.dumps(envelope).encode(), {"Content-Type": "application/json"})

    def _error(self, status: int, code: int, message: str) -> None:
        envelope = {"success": False, "errors": [{"code": code, "message": message}], "result": None}
        self._send(status, json.dumps(envelope).encode(), {"Content-Type": "application/json"})

    def _kv(self, path: str, query: dict[str, str], body: bytes) -> None:
        values = self.server.values
        _, kind, *rest = path.split("/", 2)
        key = unquote(rest[0]) if rest else ""
        if kind == "values" and self.command == "PUT":
            metadata = None
            if self.headers.get("Content-Type", "").startswith("multipart/form-data"):
                head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
                parts = {
                    part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
                    for part in email.parser.BytesParser().parsebytes(head + body).get_payload()
                }
                body, metadata = parts["value"], json.loads(parts["metadata"])
            expiration = query.get("expiration")
            values[key] = (body, metadata, int(expiration) if expiration else None)
            self._result({})
        elif kind == "keys":
            names = sorted(name for name in values if name.startswith(query.get("prefix", "")))
            self._result([{"name": name} for name in names], {"count": len(names), "cursor": ""})
        elif key == "refused":
            self._error(403, 10023, "namespace is not yours")
        elif key not in values:
            self._error(404, 10009, "get: 'key not found'")
        elif self.command == "DELETE":
            del values[key]
            self._result({})
        elif kind == "metadata":
            self._result(values[key][1])
        else:
            self._send(200, values[key][0], {"Content-Type": "application/octet-stream"})

    def _d1(self, request: dict) -> None:
        results = []
        for statement in request.get("batch", [request]):
            try:
                cursor = self.server.database.execute(statement["sql"], statement["params"])
            except sqlite3.Error as error:
                return self._error(400, 7500, f"{error}: SQLITE_ERROR")
            rows = cursor.fetchall()
            columns = [column[0] for column in cursor.description or ()]
            meta = {"rows_read": len(rows), "duration": 0.1}
            results.append({"results": {"columns": columns, "rows": rows}, "success": True, "meta": meta})
        return self._result(results)

    def _queue(self, path: str, request: dict) -> None:
        messages = self.server.messages
        if path == "/queues":
            self._result([{"queue_name": "jobs-2", "queue_id": "x"}, {"queue_name": "jobs", "queue_id": "queue-id"}])
        elif path == "/queues/queue-id/messages/batch":
            messages += request["messages"]
            self._result({})
        else:
            assert path == "/queues/queue-id/metrics"
            self._result({"backlog_count": len(messages), "backlog_bytes": 9})

    def _vectorize(self, operation: str, body: bytes) -> None:
        vectors = self.server.vectors
        if operation == "/insert":
            for line in body.decode().splitlines():
                vector = json.loads(line)
                vectors.setdefault(vector["id"], vector["values"])
            return self._result({"mutationId": "m-1"})
        if operation == "/info":
            return self._result({"dimensions": 2, "vectorCount": len(vectors)})
        request = json.loads(body)
        if operation == "/query" and len(request["vector"]) != 2:
            return self._error(400, 40006, "invalid query vector")
        if operation == "/query":
            def score(name: str) -> float:
                return sum(a * b for a, b in zip(vectors[name], request["vector"], strict=True))

            nearest = sorted(vectors, key=score, reverse=True)[: request["topK"]]
            matches = [{"id": name, "score": score(name)} for name in nearest]
            return self._result({"count": len(matches), "matches": matches})
        if operation == "/get_by_ids":
            return self._result([{"id": name, "values": vectors[name]} for name in request["ids"]])
        assert operation == "/delete_by_ids"
        for name in request["ids"]:
            del vectors[name]
        return self._result({"mutationId": "m-2"})

    def _r2(self, key: str, query: dict[str, str], body: bytes) -> None:
        objects = self.server.objects
        if not key:
            names = sorted(name for name in objects if name.startswith(query.get("prefix", "")))
            found = names[: int(query["per_page"])]
            self._result([self._listed(name) for name in found], {"is_truncated": len(names) > len(found)})
        elif self.command == "PUT":
            objects[key] = (body, {"contentType": self.headers["Content-Type"]})
            self._result({"key": key})
        elif key not in objects:
            self._error(404, 10007, "The specified key does not exist.")
        elif self.command == "DELETE":
            del objects[key]
            self._result({})
        elif match := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            first, last = int(match[1]), int(match[2])
            size = len(objects[key][0])
            self._send(206, objects[key][0][first : last + 1],
                       {"Content-Range": f"bytes {first}-{last}/{size}"})
        else:
            self._send(200, objects[key][0])

    def _listed(self, name: str) -> dict[str, object]:
        content, http_metadata = self.server.objects[name]
        return {"key": name, "etag": md5(content).hexdigest(), "size": len(content),
                "last_modified": "2026-11-01T10:00:00.000Z", "http_metadata": http_metadata,
                "custom_metadata": {}}

    def log_message(self, *_: object) -> None:
        """Tests look at answers, not at a log."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def environment(api: Api, **changes: str) -> dict[str, str]:
    return {"CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": "account-id",
            "CLOUDFLARE_API_BASE_URL": api.url, **changes}


def test_resources_of_the_account(api, project, dev) -> None:
    with dev(project("remote"), env=environment(api)) as session:
        modes = dict(re.findall(r"^env\.(\w+) .* (local|remote|not available)$", session.output, re.MULTILINE))
        assert modes == {"KV": "remote", "LOCAL_KV": "local", "DB": "remote", "BUCKET": "remote",
                         "INDEX": "remote", "JOBS": "remote"}
        assert TOKEN not in session.output

        api.patience = 1  # the first request is to come back
        assert json.loads(session.get("/kv").text) == {
            "value": "first",
            "described": ["second", {"size": 2}],
            "many": {"described": "second", "missing": None},
            "listed": ["a key/with & signs"],
            "complete": True,
            "deleted": None,
            "missing": None,
            "here": None,
        }
        put = ("PUT", f"{KV}/values/a%20key%2Fwith%20%26%20signs")
        assert api.requests[:2] == [put, put]
        assert re.fullmatch(rf"{KV}/values/described\?expiration=\d+", api.requests[2][1])

        assert json.loads(session.get("/d1").text) == {
            "rows": [{"id": 1, "text": "one"}, {"id": 2, "text": None}],
            "read": 2,
            "first": "one",
            "problem": "Error: D1_ERROR: no such column: missing: SQLITE_ERROR",
        }
        assert json.loads(session.get("/r2").text) == {
            "put": ["folder/one two.txt", 14],
            "text": "Hello, bucket!",
            "part": "bucket",
            "head": [md5(b"Hello, bucket!").hexdigest(), "text/plain"],
            "listed": ["folder/one two.txt"],
            "gone": True,
            "missing": True,
            "problem": 'Error: put: "md5" is not part of the API through which a local run reaches the '
                       "account's buckets (10001)",
        }
        assert json.loads(session.get("/messages").text) == {
            "backlog": 3,
            "problem": "Error: Queue send failed: the API takes messages of the content types json and text, "
                       "not bytes",
        }
        assert api.messages == [
            {"body": {"number": 1}, "content_type": "json", "delay_seconds": 5},
            {"body": "two", "content_type": "text", "delay_seconds": 0},
            {"body": [3], "content_type": "json", "delay_seconds": 0},
        ]
        assert json.loads(session.get("/vectors").text) == {
            "inserted": "m-1",
            "nearest": ["b"],
            "by_id": ["a", "b"],
            "left": 1,
            "problem": "Error: VECTOR_QUERY_ERROR (code = 40006): invalid query vector",
        }
        assert json.loads(session.get("/refused").text) == (
            "Error: KV GET failed: 403 namespace is not yours (10023)")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"CLOUDFLARE_API_TOKEN": ""}, "need credentials: set CLOUDFLARE_API_TOKEN, or log in"),
        ({"CLOUDFLARE_ACCOUNT_ID": ""}, 'need an account: set "account_id" in the configuration'),
    ],
)
def test_an_account_that_is_not_known(api, project, dev, changes, what) -> None:
    with dev(project("remote"), env=environment(api, **changes)) as session:
        assert f"Bindings of the account {what}" in session.output
        assert what in json.loads(session.get("/refused").text)
        assert api.requests == []


def test_with_local_everything_is_here(api, project, dev) -> None:
    with dev(project("remote"), "--local", env=environment(api)) as session:
        assert " remote" not in session.output.partition("Ready on")[0]
        here = json.loads(session.get("/kv").text)
        assert here["here"] == here["value"] == "first"  # of the same id
        assert json.loads(session.get("/d1").text)["first"] == "one"
        assert api.requests == []
