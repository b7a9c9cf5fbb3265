"""Commands whose server answers what no server should: each ends with an error that a person can read."""

import http.server
import json
import subprocess
import threading

import pytest
from dev_process import CWRANGLER
from recorded_api import ACCOUNT

WORKER = "from workers import Response\n\nasync def on_fetch(request, env):\n    return Response('hi')\n"
CONFIG = {
    "name": "w", "main": "entry.py", "compatibility_date": "2026-11-01", "compatibility_flags": ["python_workers"],
    "d1_databases": [{"binding": "DB", "database_name": "books", "database_id": "id-1"}],
    "kv_namespaces": [{"binding": "KV", "id": "kv-1"}],
    "r2_buckets": [{"binding": "B", "bucket_name": "bucket"}],
    "queues": {"producers": [{"binding": "Q", "queue": "orders"}], "consumers": [{"queue": "orders"}]},
    "workflows": [{"binding": "F", "name": "flow", "class_name": "Flow"}],
    "triggers": {"crons": ["* * * * *"]},
    "assets": {"directory": "public"},
    "routes": ["example.com/*", {"pattern": "app.example.com", "custom_domain": True}],
}

COMMANDS = [
    ["whoami"], ["whoami", "--json"], ["api", "GET", "/x", "--paginate"],
    ["deploy"], ["deploy", "--strict"], ["versions", "upload"], ["triggers", "deploy"],
    ["versions", "list"], ["versions", "list", "--json"], ["versions", "view", "v1"],
    ["versions", "deploy", "v1@50%", "v2@50%", "-y"], ["versions", "secret", "list"],
    ["deployments", "list"], ["deployments", "list", "--json"], ["deployments", "status"],
    ["rollback", "v1", "-y"], ["rollback", "-y"], ["delete", "--force"],
    ["secret", "list"], ["secret", "list", "--format", "pretty"], ["secret", "put", "S"], ["secret", "delete", "S"],
    ["secret", "bulk", "secrets.json"], ["versions", "secret", "put", "S"], ["versions", "secret", "delete", "S"],
    ["d1", "list"], ["d1", "list", "--json"], ["d1", "info", "books"], ["d1", "info", "other"],
    ["d1", "create", "new"], ["d1", "delete", "other", "-y"],
    ["d1", "execute", "books", "--remote", "--command", "SELECT 1"],
    ["d1", "execute", "books", "--remote", "--json", "--command", "SELECT 1"],
    ["d1", "execute", "books", "--remote", "--file", "a.sql", "-y"],
    ["d1", "export", "books", "--remote", "--output", "out.sql"],
    ["d1", "migrations", "list", "books", "--remote"], ["d1", "migrations", "apply", "books", "--remote"],
    ["d1", "time-travel", "info", "books", "--remote"],
    ["d1", "time-travel", "restore", "books", "--remote", "--bookmark", "b"],
    ["kv", "namespace", "list"], ["kv", "namespace", "create", "N"], ["kv", "namespace", "delete", "--namespace-id", "n"],
    ["kv", "key", "list", "--binding", "KV", "--remote"], ["kv", "key", "get", "k", "--binding", "KV", "--remote"],
    ["kv", "key", "put", "k", "v", "--binding", "KV", "--remote"],
    ["kv", "bulk", "put", "pairs.json", "--binding", "KV", "--remote"],
    ["kv", "bulk", "get", "names.json", "--binding", "KV", "--remote"],
    ["queues", "list"], ["queues", "create", "q"], ["queues", "info", "q"], ["queues", "delete", "q", "--force"],
    ["queues", "consumer", "add", "q", "w"],
    ["r2", "bucket", "list"], ["r2", "bucket", "create", "bucket"], ["r2", "bucket", "info", "bucket"],
    ["r2", "bucket", "delete", "bucket"], ["r2", "object", "get", "bucket/k", "--remote", "--pipe"],
    ["r2", "object", "put", "bucket/k", "--remote", "--file", "a.sql"], ["r2", "object", "delete", "bucket/k", "--remote"],
    ["vectorize", "list"], ["vectorize", "list", "--json"], ["vectorize", "get", "i"], ["vectorize", "info", "i"],
    ["vectorize", "create", "i", "--dimensions", "3", "--metric", "cosine"],
    ["vectorize", "query", "i", "--vector", "1", "2", "3"], ["vectorize", "list-vectors", "i"],
    ["vectorize", "get-vectors", "i", "--ids", "a"], ["vectorize", "insert", "i", "--file", "vectors.ndjson"],
    ["vectorize", "list-metadata-index", "i"],
    ["hyperdrive", "list"], ["hyperdrive", "get", "h"], ["hyperdrive", "delete", "h"],
    ["hyperdrive", "create", "h", "--connection-string", "postgresql://u:p@h.example:5432/d"],
    ["tail", "w"],
    ["workflows", "list"], ["workflows", "describe", "f"], ["workflows", "trigger", "f"],
    ["workflows", "instances", "list", "f"], ["workflows", "instances", "describe", "f", "latest"],
]

#: Commands whose answers are somebody's bytes.
ANY_BYTES = (["kv", "bulk", "get"], ["kv", "key", "get"], ["r2", "object", "get"])

NESTED = "[" * 150 + "]" * 150

#: What stands where the result of a success should be.
RESULTS = {
    "null": "null", "true": "true", "a number": "1e308", "a string": '"\\u001b[31mtext\\u0000"', "an empty list": "[]",
    "an empty object": "{}", "a list of odd things": '[null, 1, "x", [], {}, [[{}]]]', "nested lists": NESTED,
    "objects of odd things": '{"items": 7, "id": [], "name": {}, "subdomain": 1, "enabled": "yes", "status": 5, '
    '"versions": {"a": 1}, "deployments": "none", "queues": null, "buckets": [[1], {}, null], "jwt": 5, '
    '"results": 3, "meta": [], "bindings": {"a": 1}, "default_environment": {"script": []}, "accounts": 1, '
    '"resources": {"script": 1, "bindings": [1, null]}, "metadata": [], "result": {}}',
    "lists of odd things": '[{"id": 1, "name": null, "results": [1, [2], null], "meta": 5, "versions": [null, 1], '
    '"uuid": {}, "created_on": 5, "metadata": "x", "annotations": [], "queue_name": [], "title": 7, "key": {}}]',
    "lists in objects": '{"items": [null, 1, {"id": 7, "metadata": []}], "deployments": [1, {"versions": [null, {}]}], '
    '"buckets": [null], "steps": [1, null], "keys": 3, "versions": [{"version_id": 1, "percentage": "x"}]}',
}

#: Whole answers: status, type and body.
ANSWERS = {
    "nothing at all": (200, "application/json", ""),
    "half of an envelope": (200, "application/json", '{"success": true, "errors": [], "result": [{"id": "a'),
    "a page of HTML": (403, "text/html", "<!DOCTYPE html><title>Attention Required!</title><b>\x1b[31mray"),
    "another envelope": (200, "application/json", '{"ok": true, "data": []}'),
    "odd errors": (400, "application/json", '{"success": false, "errors": {"a": [1, null]}, "result": 5}'),
    "errors of odd types": (404, "application/json",
                            '{"success": "no", "errors": [null, 7, {"code": "x", "message": {"a": 1}}]}'),
    "an error from deep inside": (400, "application/json", '{"success": false, "errors": ' + '[{"error_chain": ' * 60
                                  + "[]" + "}]" * 60 + "}"),
    "a deep hole": (200, "application/json", '{"success": true, "result": ' + '{"a":' * 50000 + "1" + "}" * 50001),
}
ANSWERS |= {
    f"a result that is {name}": (200, "application/json", f'{{"success": true, "errors": [], "result": {result}}}')
    for name, result in RESULTS.items()
}


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "w"
    (folder / "public").mkdir(parents=True)
    (folder / "migrations").mkdir()
    for name, text in {
        "wrangler.json": json.dumps(CONFIG), "entry.py": WORKER, "public/index.html": "<h1>hi</h1>",
        "secrets.json": '{"A": "b"}', "a.sql": "SELECT 1;", "pairs.json": '[{"key": "a", "value": "b"}]',
        "names.json": '["a"]', "vectors.ndjson": '{"id": "a", "values": [1, 2, 3]}\n', "migrations/0001_a.sql": "SELECT 1;",
    }.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("name", ANSWERS)
def test_no_answer_is_a_crash(name, project, scratch_environment):
    status, kind, body = ANSWERS[name]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *_):
            """Tests look at what the client says."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        **scratch_environment, "CLOUDFLARE_API_BASE_URL": f"http://127.0.0.1:{server.server_port}/client/v4",
        "CLOUDFLARE_API_TOKEN": "s3cret-token", "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
    }
    wrong = []
    try:
        for arguments in COMMANDS:
            done = subprocess.run([CWRANGLER, *arguments], cwd=project, env=environment, input="value\n",
                                  capture_output=True, text=True, timeout=60, check=False)
            said = done.stdout + done.stderr
            # An unfinished thought of a library's is no message for a person.
            spilled = "json.exception" in said or "terminate called" in said or "basic_string" in said
            # `d1 execute --json` says it where its readers look.
            unclear = done.returncode == 1 and "[ERROR]" not in done.stderr and '"error"' not in done.stdout
            if done.returncode not in (0, 1) or spilled or unclear or "\x1b" in said or "s3cret" in said:
                wrong.append(f"{' '.join(arguments)}: status {done.returncode}\n{said}")
            refused = status != 200 or name in ("nothing at all", "half of an envelope", "another envelope", "a deep hole")
            # A value is any bytes; only its status says whether it is one, or that there is none.
            any_bytes = status in (200, 404) and arguments[:3] in ANY_BYTES
            if refused and done.returncode == 0 and not any_bytes:
                wrong.append(f"{' '.join(arguments)}: took it for a success\n{said}")
    finally:
        server.shutdown()
        server.server_close()
    assert not wrong, "\n---\n".join(wrong)
