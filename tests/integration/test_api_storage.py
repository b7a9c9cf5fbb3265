"""`r2`, `vectorize` and `hyperdrive` on the account: as wrangler was recorded to ask where there is a
recording, else as its source does; objects also against a running endpoint."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dev_process import CWRANGLER, make_environment
from edge_process import Edge, running_edge
from recorded_api import ACCOUNT, RecordedApi

OK = {"success": True, "errors": [], "messages": []}


@pytest.fixture
def played(scratch_environment, tmp_path):
    """``played(case, *arguments)``: runs the command against a recording."""

    def run(case, *arguments, differences=(), change=None, status=0, check=True, text=""):
        with RecordedApi(case, differences) as api:
            if change:
                change(api.exchanges)
            done = subprocess.run(
                [CWRANGLER, *arguments], cwd=tmp_path, env={**scratch_environment, **api.environment},
                input=text, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        if check:
            api.check()
        done.api = api
        return done

    return run


def answering(*exchanges):
    """In place of a recording: (method, path below the account, body, result) one after the other."""

    def change(recorded):
        recorded[:] = [
            {"method": method, "path": f"/accounts/{ACCOUNT}{path.partition('?')[0]}",
             "query": path.partition("?")[2], "status": 200, "answer": {**OK, "result": result},
             **({} if body is None else {"json": body, "content_type": "application/json"})}
            for method, path, body, result in exchanges]

    return change


# --- r2 ---


def test_r2_buckets_ask_as_recorded(played):
    made = played("r2-bucket-create", "r2", "bucket", "create", "mybkt").stdout
    assert "✅ Created bucket 'mybkt' with default storage class of Standard." in made
    assert '"bucket_name": "mybkt"' in made
    listed = played("r2-bucket-list", "r2", "bucket", "list").stdout
    assert listed == (
        "Listing buckets...\n"
        "name:           my-bucket\ncreation_date:  2026-08-22T10:00:00.000000Z\n\n"
        "name:           mybkt\ncreation_date:  2026-08-22T10:00:00.000000Z\n")
    info = played("r2-bucket-info", "r2", "bucket", "info", "mybkt").stdout
    assert info == (
        "Getting info for 'mybkt'...\n"
        "name:                   mybkt\ncreated:                2026-08-22T10:00:00.000000Z\n"
        "location:               WEUR\ndefault_storage_class:  Standard\n"
        "object_count:           1\nbucket_size:            3 B\n")
    as_json = json.loads(played("r2-bucket-info", "r2", "bucket", "info", "mybkt", "--json").stdout)
    assert as_json["location"] == "WEUR"


def test_r2_buckets_with_everything(played):
    done = played(
        "r2-bucket-create", "r2", "bucket", "create", "files", "-J", "eu", "-s", "InfrequentAccess",
        change=answering(("POST", "/r2/buckets",
                          {"name": "files", "storageClass": "InfrequentAccess"}, {})))
    assert done.api.received[0].headers["cf-r2-jurisdiction"] == "eu"
    assert "'files (eu)' with default storage class of InfrequentAccess" in done.stdout
    played("r2-bucket-create", "r2", "bucket", "create", "files", "--location", "weur",
           change=answering(("POST", "/r2/buckets", {"name": "files", "locationHint": "weur"}, {})))
    both = played("r2-bucket-create", "r2", "bucket", "create", "files", "--location", "weur",
                  "-J", "eu", status=2, check=False)
    assert "not both" in both.stderr and not both.api.received
    played("r2-bucket-create", "r2", "bucket", "create", "No_Bucket", status=2, check=False)
    changed = played(
        "r2-bucket-create", "r2", "bucket", "update", "storage-class", "files", "-s", "Standard",
        change=answering(("PATCH", "/r2/buckets/files", None, {})))
    assert changed.api.received[0].headers["cf-r2-storage-class"] == "Standard"
    assert "Deleted bucket files." in played(
        "r2-bucket-create", "r2", "bucket", "delete", "files",
        change=answering(("DELETE", "/r2/buckets/files", None, {}))).stdout


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    folder = tmp_path_factory.mktemp("edge")
    with running_edge(folder / "data", make_environment(folder)) as running:
        yield running


def test_r2_objects_go_to_the_account_and_back(edge: Edge, cwrangler, tmp_path: Path) -> None:
    def r2(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = cwrangler("r2", *arguments, cwd=tmp_path, env=edge.client)
        assert done.returncode == status, done.stdout + done.stderr
        return done

    r2("bucket", "create", "files")
    content = os.urandom(3 << 20)
    (tmp_path / "in.bin").write_bytes(content)
    r2("object", "put", "files/a folder/ä+b?.bin", "--file", "in.bin", "--remote",
       "--content-type", "image/png")
    r2("object", "get", "files/a folder/ä+b?.bin", "--file", "new/out.bin", "--remote")
    assert (tmp_path / "new/out.bin").read_bytes() == content
    keys = edge.result("GET", "/r2/buckets/files/objects")
    assert [(key["key"], key["size"]) for key in keys] == [("a folder/ä+b?.bin", len(content))]
    assert keys[0]["http_metadata"]["contentType"] == "image/png"

    (tmp_path / "empty").touch()
    r2("object", "put", "files/empty", "--file", "empty", "--remote")
    r2("object", "get", "files/empty", "--file", "empty.out", "--remote")
    assert (tmp_path / "empty.out").read_bytes() == b""

    full = r2("bucket", "delete", "files", status=1)
    assert "not empty" in full.stderr
    for key in ("a folder/ä+b?.bin", "empty"):
        assert "Delete complete." in r2("object", "delete", f"files/{key}", "--remote").stdout
    missing = r2("object", "get", "files/empty", "--file", "nothing", "--remote", status=1)
    assert "The specified key does not exist." in missing.stderr
    assert not (tmp_path / "nothing").exists()
    r2("bucket", "delete", "files")


def test_r2_objects_through_pipes(edge: Edge, tmp_path: Path, scratch_environment) -> None:
    environment = {**scratch_environment, **edge.client}
    subprocess.run([CWRANGLER, "r2", "bucket", "create", "pipes"], env=environment, cwd=tmp_path,
                   check=True, capture_output=True)
    content = os.urandom(100_000)
    subprocess.run([CWRANGLER, "r2", "object", "put", "pipes/x", "--pipe", "--remote"], input=content,
                   env=environment, cwd=tmp_path, check=True, capture_output=True)
    got = subprocess.run([CWRANGLER, "r2", "object", "get", "pipes/x", "--pipe", "--remote"],
                         env=environment, cwd=tmp_path, check=True, capture_output=True)
    assert hashlib.sha256(got.stdout).digest() == hashlib.sha256(content).digest()


def test_a_file_that_one_request_does_not_take(cwrangler, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(301 << 20)
    done = cwrangler("r2", "object", "put", "files/large", "--file", "large", "--remote", cwd=tmp_path,
                     env={"CLOUDFLARE_API_TOKEN": "x", "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
                          "CLOUDFLARE_API_BASE_URL": "http://127.0.0.1:9/client/v4"})
    assert done.returncode == 1 and "up to 300 MiB" in done.stderr and "S3" in done.stderr


# --- vectorize ---


def test_vectorize_asks_as_recorded(played):
    made = played("vectorize-create", "vectorize", "create", "myidx", "--dimensions=3",
                  "--metric=cosine").stdout
    assert "✅ Successfully created a new Vectorize index: 'myidx'" in made
    assert '"binding": "VECTORIZE"' in made and '"index_name": "myidx"' in made
    listed = played("vectorize-list", "vectorize", "list")
    assert "You haven't created any indexes on this account." in listed.stderr


INDEX = {"name": "i", "config": {"dimensions": 3, "metric": "cosine"}, "description": "d",
         "created_on": "2026-01-01", "modified_on": "2026-01-02"}
AT = "/vectorize/v2/indexes/i"


@pytest.mark.parametrize("arguments, exchange, said", [
    (["create", "i", "--preset", "@cf/baai/bge-small-en-v1.5", "--description", "d", "--json"],
     ("POST", "/vectorize/v2/indexes",
      {"name": "i", "description": "d", "config": {"preset": "@cf/baai/bge-small-en-v1.5"}}, INDEX),
     '"name": "i"'),
    (["get", "i"], ("GET", AT, None, INDEX), "│ i    │ 3          │ cosine │ d"),
    (["info", "i"], ("GET", f"{AT}/info", None,
                     {"dimensions": 3, "vectorCount": 7, "processedUpToMutation": "m"}), "│ 7 "),
    (["delete", "i", "-y"], ("DELETE", AT, None, None), "✅ Deleted index i"),
    (["query", "i", "--vector", "0.5", "-1", "2", "--top-k", "3", "--namespace", "n",
      "--filter", '{"g": {"$ne": "x"}}'],
     ("POST", f"{AT}/query", {"topK": 3, "returnValues": False, "returnMetadata": "none",
                              "namespace": "n", "filter": {"g": {"$ne": "x"}},
                              "vector": [0.5, -1, 2]},
      {"count": 1, "matches": [{"id": "9", "score": 0.5}]}), '"id": "9"'),
    (["query", "i", "--vector-id", "9", "--return-values", "--return-metadata", "all"],
     ("POST", f"{AT}/query", {"topK": 5, "returnValues": True, "returnMetadata": "all",
                              "vectorId": "9"}, {"count": 0, "matches": []}), "Searching"),
    (["get-vectors", "i", "--ids", "1", "2"],
     ("POST", f"{AT}/get_by_ids", {"ids": ["1", "2"]}, [{"id": "1"}]), '"id": "1"'),
    (["delete-vectors", "i", "--ids", "1", "2"],
     ("POST", f"{AT}/delete_by_ids", {"ids": ["1", "2"]}, {"mutationId": "m1"}),
     "enqueued 2 vectors from index 'i' for deletion. Mutation changeset identifier: m1."),
    (["list-vectors", "i", "--count", "2", "--cursor", "c"],
     ("GET", f"{AT}/list?count=2&cursor=c", None,
      {"count": 1, "totalCount": 8, "isTruncated": True, "nextCursor": "d", "vectors": [{"id": "v"}]}),
     "cwrangler vectorize list-vectors i --cursor d"),
    (["create-metadata-index", "i", "--property-name", "g", "--type", "string"],
     ("POST", f"{AT}/metadata_index/create", {"propertyName": "g", "indexType": "string"},
      {"mutationId": "m2"}), "Mutation changeset identifier: m2."),
    (["list-metadata-index", "i"],
     ("GET", f"{AT}/metadata_index/list", None,
      {"metadataIndexes": [{"propertyName": "g", "indexType": "String"}]}), "│ g            │ String │"),
    (["delete-metadata-index", "i", "--propertyName", "g"],
     ("POST", f"{AT}/metadata_index/delete", {"propertyName": "g"}, {"mutationId": "m3"}), "m3"),
])
def test_vectorize(played, arguments, exchange, said):
    done = played("vectorize-list", "vectorize", *arguments, change=answering(exchange))
    assert said in done.stdout, done.stdout


@pytest.mark.parametrize("arguments", [
    ["create", "i"], ["create", "i", "--dimensions", "3"], ["create", "i", "--metric", "odd"],
    ["query", "i"], ["query", "i", "--vector", "1", "--vector-id", "2"],
    ["query", "i", "--vector", "1", "--filter", "[1]"], ["insert", "i"],
    ["insert", "i", "--file", "f", "--batch-size", "6000"], ["list-vectors", "i", "--count", "0"],
])
def test_vectorize_flags_that_are_off(played, arguments):
    done = played("vectorize-list", "vectorize", *arguments, check=False, status=2)
    assert not done.api.received


@pytest.mark.parametrize("which", ["insert", "upsert"])
def test_vectors_are_uploaded_in_batches(played, tmp_path, which):
    lines = [json.dumps({"id": str(i), "values": [i, 0.5]}) for i in range(5)]
    (tmp_path / "vectors.ndjson").write_text("\n".join(lines) + "\n\n")
    exchange = ("POST", f"{AT}/{which}", None, {"mutationId": "m"})
    done = played("vectorize-list", "vectorize", which, "i", "--file", "vectors.ndjson", "--batch-size",
                  "2", change=answering(*[exchange] * 3), check=False)
    parts = [request.body["multipart"] for request in done.api.received]
    assert [[(part["name"], part["filename"], part["content_type"], part["text"]) for part in form]
            for form in parts] == [
        [("vectors", "vectors.ndjson", "application/x-ndjson", text)]
        for text in ("\n".join(lines[:2]), "\n".join(lines[2:4]), lines[4])]
    assert "✅ Successfully enqueued 5 vectors into index 'i'" in done.stdout
    missing = played("vectorize-list", "vectorize", which, "i", "--file", "nothing", check=False, status=1)
    assert "Cannot read invalid or empty file" in missing.stderr and not missing.api.received


# --- hyperdrive ---

POOL = {"id": "p1", "name": "db", "origin": {"scheme": "postgresql", "host": "h.example", "port": 5432,
                                              "database": "app", "user": "me", "password": "leaked"},
        "caching": {"disabled": False, "max_age": 60, "stale_while_revalidate": 0}}
WHOLE = {"host": "h.example", "port": 5432, "scheme": "postgresql", "database": "app", "user": "me",
         "password": "se:cr@t"}


def test_hyperdrive_takes_a_connection_string_from_its_input(played):
    done = played(
        "vectorize-list", "hyperdrive", "create", "db", "--connection-string", "-", "--max-age", "60",
        "--sslmode", "verify_ca", "--origin-connection-limit", "5",
        text="postgresql://me:se%3Acr%40t@h.example/app\n",
        change=answering(("POST", "/hyperdrive/configs", {
            "name": "db", "origin": WHOLE, "caching": {"max_age": 60}, "mtls": {"sslmode": "VERIFY_CA"},
            "origin_connection_limit": 5}, POOL)))
    assert "✅ Created new Hyperdrive PostgreSQL config: p1" in done.stdout
    assert '"binding": "HYPERDRIVE"' in done.stdout
    assert "cr@t" not in done.stdout + done.stderr


@pytest.mark.parametrize("flags, origin", [
    (["--host", "h", "--port", "3306", "--scheme", "mysql", "--database", "d", "--user", "u",
      "--password", "p"],
     {"scheme": "mysql", "database": "d", "user": "u", "password": "p", "host": "h", "port": 3306}),
    (["--service-id", "s", "--database", "d", "--user", "u", "--password", "p"],
     {"scheme": "postgresql", "database": "d", "user": "u", "password": "p", "service_id": "s"}),
    (["--host", "h", "--access-client-id", "i", "--access-client-secret", "x", "--database", "d",
      "--user", "u", "--password", "p"],
     {"scheme": "postgresql", "database": "d", "user": "u", "password": "p", "access_client_id": "i",
      "access_client_secret": "x", "host": "h"}),
    (["--connection-string", "mysql://u:p@[::1]/d?ssl=1"],
     {"host": "[::1]", "port": 3306, "scheme": "mysql", "database": "d", "user": "u", "password": "p"}),
])
def test_hyperdrive_origins(played, flags, origin):
    played("vectorize-list", "hyperdrive", "create", "db", *flags,
           change=answering(("POST", "/hyperdrive/configs", {"name": "db", "origin": origin}, POOL)))


@pytest.mark.parametrize("flags, words", [
    ([], "--database"), (["--database", "d", "--user", "u"], "--origin-password"),
    (["--database", "d", "--user", "u", "--password", "p"], "--origin-host"),
    (["--host", "h", "--database", "d", "--user", "u", "--password", "p"], "--origin-port"),
    (["--access-client-id", "i", "--database", "d", "--user", "u", "--password", "p"],
     "--access-client-secret"),
    (["--connection-string", "u:hidden@h/d"], "protocol"),
    (["--connection-string", "redis://u:hidden@h/d"], "redis"),
    (["--connection-string", "mysql://u:hidden@h"], "database name"),
    (["--connection-string", "mysql://u@h/d"], "password"),
    (["--connection-string", "mysql://:hidden@h/d"], "username"),
    (["--connection-string", "mysql://u:hidden@/d"], "hostname"),
    (["--connection-string", "mysql://u:hidden@h:99999/d"], "port"),
    (["--connection-string", "x", "--host", "h"], "excludes"),
])
def test_hyperdrive_flags_that_are_off(played, flags, words):
    done = played("vectorize-list", "hyperdrive", "create", "db", *flags, check=False, status=2)
    said = done.stdout + done.stderr
    assert words in said and "hidden" not in said and not done.api.received


def test_hyperdrive_configurations(played):
    at = "/hyperdrive/configs/p1"
    shown = played("vectorize-list", "hyperdrive", "get", "p1",
                   change=answering(("GET", at, None, POOL))).stdout
    assert '"host": "h.example"' in shown and "leaked" not in shown
    listed = played("vectorize-list", "hyperdrive", "list",
                    change=answering(("GET", "/hyperdrive/configs", None, [POOL]))).stdout
    for cell in ("p1", "PostgreSQL", "max_age: 60, stale_while_revalidate: disabled"):
        assert f"│ {cell} " in listed
    updated = played("vectorize-list", "hyperdrive", "update", "p1", "--name", "new",
                     "--caching-disabled", "--database", "other",
                     change=answering(("PATCH", at, {"name": "new", "origin": {"database": "other"},
                                                     "caching": {"disabled": True}}, POOL))).stdout
    assert "✅ Updated p1 Hyperdrive config" in updated and "leaked" not in updated
    played("vectorize-list", "hyperdrive", "update", "p1", check=False, status=2)
    played("vectorize-list", "hyperdrive", "delete", "p1",
           change=answering(("DELETE", at, None, {})))


def test_answers_that_are_off_are_errors(scratch_environment, tmp_path) -> None:
    """Whatever comes back, a command says what is wrong with it, and does not crash."""
    answers: list[tuple[int, str, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, kind, body = answers[0]
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Tests look at the client."""

    good = json.dumps({**OK, "result": [{"id": "x", "name": "y", "config": 5, "origin": [], "caching": 1}],
                       "result_info": {"total_pages": "many", "cursor": 7}}).encode()
    bodies = [
        b"", b"null", b"[]", b"5", b'"text"', b"{", b"<html>Bad gateway</html>", b"\xff\xfe\x00",
        b"[" * 100_000, b'{"success": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"success": true, "result": 5}', b'{"success": true, "result": [1, null, "x", []]}',
        b'{"success": true, "result": {"buckets": {"a": 1}, "vectors": [3], "id": 9, "url": {}}}',
        b'{"success": "yes", "result": []}', b'{"success": false, "errors": {"code": "x"}}',
        b'{"success": false, "errors": [7, {"message": 5}, {"code": 1e99, "error_chain": [[]]}]}',
        b'{"success": true, "result": "' + b"x" * (1 << 20) + b'"}',
        *(good[:i] for i in range(1, len(good), 23)),
        *(good[:i] + bytes([good[i] ^ 0x15]) + good[i + 1:] for i in range(0, len(good), 7)),
    ]
    commands = [
        ["r2", "bucket", "list"], ["r2", "bucket", "info", "abc"], ["vectorize", "list"],
        ["vectorize", "list-vectors", "i"], ["hyperdrive", "list"], ["hyperdrive", "get", "p"],
        ["queues", "list"], ["kv", "namespace", "list"], ["d1", "list"], ["deployments", "list"],
        ["versions", "list"], ["secret", "list"], ["workflows", "list"], ["whoami"], ["tail"],
    ]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        **scratch_environment, "CLOUDFLARE_API_TOKEN": "x", "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        "CLOUDFLARE_API_BASE_URL": f"http://127.0.0.1:{server.server_port}/client/v4"}
    (tmp_path / "wrangler.jsonc").write_text(
        '{"name": "w", "main": "entry.py", "compatibility_date": "2026-11-01"}')
    off = []
    try:
        for number, body in enumerate(bodies):
            answers[:] = [((200, 403)[number % 2], "application/json", body)]
            # Each command meets every third kind of answer.
            for command in commands[number % 3 :: 3]:
                done = subprocess.run([CWRANGLER, *command], cwd=tmp_path, env=environment, timeout=60,
                                      stdin=subprocess.DEVNULL, capture_output=True, check=False)
                if done.returncode not in (0, 1) or (done.returncode == 1 and not done.stderr):
                    off.append((command, body[:80], done.returncode, done.stderr[-300:]))
    finally:
        server.shutdown()
        server.server_close()
    assert off == []
