"""An endpoint of one's own: the API, what it keeps, and who may do what."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import select
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from dev_process import CWRANGLER
from edge_process import HELLO, Edge, form, metadata, running_edge, worker_form


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "edge"


@pytest.fixture
def edge(folder: Path, scratch_environment: dict[str, str]) -> Iterator[Edge]:
    with running_edge(folder, scratch_environment) as running:
        yield running


def hello(text: str) -> str:
    return HELLO.format(body=repr(text))


def test_a_worker_is_deployed_and_answers(edge: Edge) -> None:
    script = edge.deploy("hello", hello("first"))
    assert script["id"] == "hello" and len(script["deployment_id"]) == 32
    assert edge.ask("hello")[::2] == (200, b"first")
    edge.deploy("hello", hello("second"))
    assert edge.ask("hello")[::2] == (200, b"second")
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=30)
    connection.request("GET", "/@hello/path")
    assert connection.getresponse().read() == b"second"
    connection.close()
    assert edge.ask("nobody")[0] == 404


def test_versions_deployments_and_the_way_back(edge: Edge) -> None:
    edge.deploy("hello", hello("one"))
    kind, body = worker_form(hello("two"), annotations={"workers/message": "try", "workers/tag": "t"})
    version = edge.result("POST", "/workers/scripts/hello/versions", body, content_type=kind)
    assert version["number"] == 2 and version["annotations"]["workers/tag"] == "t"
    assert edge.ask("hello")[2] == b"one"
    first, second = (edge.result("GET", "/workers/scripts/hello/versions")["items"][i]["id"]
                     for i in (1, 0))
    assert second == version["id"]
    edge.result("POST", "/workers/scripts/hello/deployments", {
        "strategy": "percentage", "versions": [{"version_id": second, "percentage": 100}]})
    assert edge.ask("hello")[2] == b"two"
    edge.result("POST", "/workers/scripts/hello/deployments", {
        "strategy": "percentage", "versions": [{"version_id": first, "percentage": 50},
                                               {"version_id": second, "percentage": 50}]})
    answers = {edge.ask("hello", headers={"Cloudflare-Workers-Version-Key": str(i)})[2]
               for i in range(40)}
    assert answers == {b"one", b"two"}
    for i in range(5):
        same = {edge.ask("hello", headers={"Cloudflare-Workers-Version-Key": "me"})[2]
                for _ in range(5)}
        assert len(same) == 1, i
    chosen = edge.ask("hello", headers={
        "Cloudflare-Workers-Version-Overrides": f'hello="{second}"'})[2]
    assert chosen == b"two"
    deployments = edge.result("GET", "/workers/scripts/hello/deployments")["deployments"]
    assert [len(entry["versions"]) for entry in deployments] == [2, 1, 1]


@pytest.mark.parametrize("shares, words", [
    ([], "one or two"), ([{"version_id": "x", "percentage": 100}], "does not exist"),
    ([{"version_id": "x", "percentage": 50}], "100 together"), ("nonsense", "list"),
    ([{"version_id": "x", "percentage": 150}, {"version_id": "y", "percentage": -50}], "0 to 100"),
])
def test_deployments_that_are_none(edge: Edge, shares, words: str) -> None:
    edge.deploy("hello", hello("one"))
    status, answer = edge.api("POST", "/workers/scripts/hello/deployments", {"versions": shares})
    assert status in (400, 404) and words in answer["errors"][0]["message"]
    assert edge.ask("hello")[2] == b"one"


def test_a_version_that_does_not_start_changes_nothing(edge: Edge) -> None:
    edge.deploy("hello", hello("good"))
    kind, body = worker_form("raise ValueError('no such luck')\n")
    status, answer = edge.api("PUT", "/workers/scripts/hello", body, content_type=kind)
    assert (status, answer["errors"][0]["code"]) == (400, 10021)
    message = answer["errors"][0]["message"]
    assert "Traceback" in message and 'entry.py", line 1' in message and "no such luck" in message
    assert edge.ask("hello")[2] == b"good"
    assert len(edge.result("GET", "/workers/scripts/hello/versions")["items"]) == 1


def test_secrets_stay_through_every_upload_and_are_sealed(edge: Edge, folder: Path) -> None:
    source = HELLO.format(body="getattr(self.env, 'KEY', 'none')")
    edge.deploy("hello", source)
    assert edge.ask("hello")[2] == b"none"
    edge.result("PUT", "/workers/scripts/hello/secrets",
                {"name": "KEY", "text": "very-secret", "type": "secret_text"})
    assert edge.ask("hello")[2] == b"very-secret"
    edge.deploy("hello", source)
    assert edge.ask("hello")[2] == b"very-secret"
    assert edge.result("GET", "/workers/scripts/hello/secrets") == [
        {"name": "KEY", "type": "secret_text"}]
    edge.result("PATCH", "/workers/scripts/hello/secrets-bulk",
                {"secrets": {"KEY": None, "OTHER": {"name": "OTHER", "text": "x"}}})
    assert edge.ask("hello")[2] == b"none"
    assert [s["name"] for s in edge.result("GET", "/workers/scripts/hello/secrets")] == ["OTHER"]
    assert "very-secret" not in json.dumps(
        edge.result("GET", "/workers/scripts/hello/versions"))
    for file in folder.rglob("*"):
        if file.is_file():
            assert b"very-secret" not in file.read_bytes(), file
    assert (folder / "secrets.key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_bindings_reach_the_accounts_resources(edge: Edge) -> None:
    space = edge.result("POST", "/storage/kv/namespaces", {"title": "numbers"})["id"]
    database = edge.result("POST", "/d1/database", {"name": "notes"})["uuid"]
    edge.result("POST", "/r2/buckets", {"name": "files"})
    edge.result("PUT", f"/storage/kv/namespaces/{space}/values/a%2Fb", b"from the API")
    edge.result("POST", f"/d1/database/{database}/query",
                {"sql": "CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)"})
    edge.deploy("data", """\
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        value = await self.env.KV.get("a/b")
        rows = await self.env.DB.prepare("SELECT count(*) AS n FROM t").first()
        await self.env.FILES.put("from/worker", "bytes")
        await self.env.KV.put("back", "from the Worker")
        return Response(f"{value} {rows['n']}")
""", bindings=[{"name": "KV", "type": "kv_namespace", "namespace_id": space},
               {"name": "DB", "type": "d1", "id": database},
               {"name": "FILES", "type": "r2_bucket", "bucket_name": "files"}])
    assert edge.ask("data")[2] == b"from the API 2"
    assert edge.api("GET", f"/storage/kv/namespaces/{space}/values/back") == (
        200, b"from the Worker")
    assert edge.api("GET", "/r2/buckets/files/objects/from/worker") == (200, b"bytes")
    for binding, code in (({"type": "kv_namespace", "namespace_id": "x"}, 10041),
                          ({"type": "d1", "id": "x"}, 10021),
                          ({"type": "r2_bucket", "bucket_name": "x"}, 10085),
                          ({"type": "queue", "queue_name": "x"}, 11000),
                          ({"type": "inherit"}, 10057)):
        kind, body = worker_form(hello("x"), bindings=[{"name": "B", **binding}])
        status, answer = edge.api("PUT", "/workers/scripts/other", body, content_type=kind)
        assert (status, answer["errors"][0]["code"]) == (400, code), binding
    assert [w["id"] for w in edge.result("GET", "/workers/scripts")] == ["data"]


def test_everything_is_there_after_a_restart(folder: Path, scratch_environment) -> None:
    with running_edge(folder, scratch_environment) as edge:
        edge.deploy("hello", HELLO.format(body="self.env.KEY"),
                    bindings=[{"name": "KEY", "type": "secret_text", "text": "kept"}])
        account = edge.account
        edge.process.send_signal(signal.SIGKILL)
        edge.process.wait()
    with running_edge(folder, scratch_environment) as edge:
        assert edge.account == account
        assert edge.ask("hello")[2] == b"kept"


def test_two_endpoints_do_not_share_a_folder(edge: Edge, folder: Path, scratch_environment) -> None:
    second = subprocess.run([CWRANGLER, "edge", "--data", folder, "--api-port", "0", "--port", "0"],
                            env=scratch_environment, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1 and "another endpoint" in second.stderr


def test_backup_and_restore(folder: Path, tmp_path: Path, scratch_environment, cwrangler) -> None:
    archive = tmp_path / "backup.tar.gz"
    with running_edge(folder, scratch_environment) as edge:
        edge.deploy("hello", HELLO.format(body="self.env.KEY"),
                    bindings=[{"name": "KEY", "type": "secret_text", "text": "kept"}])
        space = edge.result("POST", "/storage/kv/namespaces", {"title": "numbers"})["id"]
        edge.result("PUT", f"/storage/kv/namespaces/{space}/values/a", b"1")
        done = cwrangler("edge", "backup", archive, "--data", folder, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert archive.stat().st_mode & 0o077 == 0
        edge.result("DELETE", "/workers/scripts/hello")
    other = tmp_path / "other"
    done = cwrangler("edge", "restore", archive, "--data", other, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = cwrangler("edge", "restore", archive, "--data", other, cwd=tmp_path)
    assert again.returncode == 1 and "not empty" in again.stderr
    with running_edge(other, scratch_environment) as edge:
        assert edge.ask("hello")[2] == b"kept"
        assert edge.api("GET", f"/storage/kv/namespaces/{space}/values/a") == (200, b"1")
    archive.write_bytes(archive.read_bytes()[:-2000])
    broken = cwrangler("edge", "restore", archive, "--data", tmp_path / "third", cwd=tmp_path)
    assert broken.returncode == 1 and not (tmp_path / "third").exists()


def token(cwrangler: Callable, folder: Path, *arguments: str) -> str:
    made = cwrangler("edge", "token", "create", *arguments, "--data", folder, cwd=folder.parent)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def metrics_status(edge: Edge, bearer: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", edge.api_port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {bearer}"} if bearer else {})
        return connection.getresponse().status


def test_tokens_scopes_and_accounts(folder: Path, scratch_environment, cwrangler) -> None:
    with running_edge(folder, scratch_environment) as edge:
        edge.deploy("hello", hello("mine"))
        first = token(cwrangler, folder, "all")
        # From now on a token is needed.
        assert edge.api("GET", "/workers/scripts")[0] == 401
        edge.token = first
        assert edge.api("GET", "/workers/scripts")[0] == 200
        reader = token(cwrangler, folder, "reader", "--scope", "workers:read")
        assert edge.api("GET", "/workers/scripts", token=reader)[0] == 200
        status, answer = edge.api("DELETE", "/workers/scripts/hello", token=reader)
        assert status == 403 and "workers:write" in answer["errors"][0]["message"]
        assert edge.api("GET", "/storage/kv/namespaces", token=reader)[0] == 403
        cwrangler("edge", "account", "create", "others", "--data", folder, cwd=folder.parent)
        other = token(cwrangler, folder, "other", "--account", "others")
        assert edge.api("GET", "/workers/scripts", token=other)[0] == 403
        theirs = edge.call("GET", "/accounts", token=other)[1]["result"]
        assert [account["name"] for account in theirs] == ["others"]
        path = f"/accounts/{theirs[0]['id']}/workers/scripts"
        assert edge.call("GET", path, token=other)[1]["result"] == []
        # What is counted is of all accounts.
        assert [metrics_status(edge, one) for one in (first, other, "wrong", "")] == [200, 401, 401, 401]
        listed = cwrangler("edge", "token", "list", "--json", "--data", folder, cwd=folder.parent)
        ids = {entry["name"]: entry["id"] for entry in json.loads(listed.stdout)}
        assert set(ids) == {"all", "reader", "other"} and first not in listed.stdout
        cwrangler("edge", "token", "revoke", ids["reader"], "--data", folder, cwd=folder.parent)
        assert edge.api("GET", "/workers/scripts", token=reader)[0] == 401
        audit = cwrangler("edge", "audit", "--json", "--data", folder, cwd=folder.parent)
        entries = json.loads(audit.stdout)
        assert ["DELETE", 403] in [[e["method"], e["status"]] for e in entries]
        assert not any(first in json.dumps(e) for e in entries)
    tables = sqlite3.connect(folder / "edge.sqlite")
    assert not any(first in str(row) for row in tables.execute("SELECT * FROM tokens"))


def test_other_machines_need_tokens(folder: Path, scratch_environment) -> None:
    refused = subprocess.run(
        [CWRANGLER, "edge", "--data", folder, "--api-port", "0", "--port", "0", "--ip", "0.0.0.0"],
        env=scratch_environment, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1 and "edge token create" in refused.stderr


def test_assets_are_uploaded_once_and_served(edge: Edge) -> None:
    manifest = {"/index.html": {"hash": "a" * 32, "size": 5}, "/b.txt": {"hash": "b" * 32, "size": 3}}
    session = edge.result("POST", "/workers/scripts/site/assets-upload-session",
                          {"manifest": manifest})
    assert sorted(sum(session["buckets"], [])) == ["a" * 32, "b" * 32]
    kind, body = form([("a" * 32, "text/html", b"aGVsbG8="), ("b" * 32, "text/plain", b"Ymxh")])
    done = edge.result("POST", "/workers/assets/upload?base64=true", body, content_type=kind,
                       token=session["jwt"])
    edge.deploy("site", hello("the Worker"),
                assets={"jwt": done["jwt"], "config": {"_headers": "/*\n  X-A: 1\n"}},
                bindings=[{"name": "ASSETS", "type": "assets"}])
    status, headers, body = edge.ask("site", "/")
    assert (status, body, headers["X-A"]) == (200, b"hello", "1")
    assert edge.ask("site", "/b.txt")[2] == b"bla"
    assert edge.ask("site", "/c.txt")[2] == b"the Worker"
    again = edge.result("POST", "/workers/scripts/site/assets-upload-session",
                        {"manifest": manifest})
    assert again["buckets"] == []
    kind, body = form([("c" * 32, "text/plain", b"YQ==")])
    assert edge.api("POST", "/workers/assets/upload?base64=true", body, content_type=kind,
                    token=session["jwt"])[0] == 400
    assert edge.api("POST", "/workers/assets/upload?base64=true", body, content_type=kind,
                    token=session["jwt"] + "x")[0] == 401


ENTRY = ("entry.py", "text/x-python", hello("never").encode())


def with_metadata(text: bytes) -> tuple[str, bytes]:
    return form([("metadata", "", text), ENTRY])


def with_module(name: str, kind: str = "text/plain") -> tuple[str, bytes]:
    return form([("metadata", "", json.dumps(metadata()).encode()), ENTRY, (name, kind, b"x")])


def with_more(**more) -> tuple[str, bytes]:
    return with_metadata(json.dumps(metadata(**more)).encode())


GOOD = with_more()

#: Uploads that must be refused, each with an error of the API, nothing kept.
MALFORMED = {
    "no body": ("multipart/form-data; boundary=x", b""),
    "no form": ("application/json", b"{}"),
    "no content type": ("", b"hello"),
    "no boundary": ("multipart/form-data", GOOD[1]),
    "empty boundary": ("multipart/form-data; boundary=", GOOD[1]),
    "long boundary": ("multipart/form-data; boundary=" + "x" * 100, GOOD[1]),
    "another boundary": ("multipart/form-data; boundary=other", GOOD[1]),
    "cut in a head": (GOOD[0], GOOD[1][:60]),
    "cut in a part": (GOOD[0], GOOD[1][:300]),
    "cut before the end": (GOOD[0], GOOD[1][:-40]),
    "no metadata": form([ENTRY]),
    "no parts": ("multipart/form-data; boundary=x", b"--x--\r\n"),
    "a part without a name": ("multipart/form-data; boundary=x",
                              b"--x\r\nContent-Type: text/plain\r\n\r\nx\r\n--x--\r\n"),
    "metadata is no JSON": with_metadata(b"{main_module: entry.py}"),
    "metadata is no UTF-8": with_metadata(b'{"main_module": "\xff\xfe"}'),
    "metadata is a list": with_metadata(b"[]"),
    "metadata is empty": with_metadata(b""),
    "metadata is cut": with_metadata(b'{"main_module": "entry.py"'),
    "deeply nested metadata": with_metadata(b'{"main_module": "entry.py", "a": ' + b"[" * 100_000),
    "nested and closed": with_metadata(
        b'{"main_module": "entry.py", "a": ' + b"[" * 5000 + b"]" * 5000 + b"}"),
    "huge metadata": with_metadata(json.dumps(metadata(a="x" * (5 << 20))).encode()),
    "a number out of range": with_metadata(b'{"main_module": "entry.py", "a": 1e999999}'),
    "no main module": with_metadata(b'{"bindings": []}'),
    "the main module is a number": with_more(main_module=5),
    "the main module is missing": with_more(main_module="other.py"),
    "service-worker format": with_metadata(b'{"body_part": "entry.py"}'),
    "a main module in JavaScript": form([
        ("metadata", "", json.dumps({**metadata(main_module="w.js"),
                                     "bindings": [{"name": "A", "type": "plain_text",
                                                   "text": "x"}]}).encode()),
        ("w.js", "application/javascript+module", b"export default {}")]),
    "a module above the root": with_module("../evil.txt"),
    "a module in the file system": with_module("/etc/cron.d/evil"),
    "a module through the root": with_module("a/../../evil.txt"),
    "a module named by a dot": with_module("."),
    "a module with a backslash": with_module("..\\evil.txt"),
    "a module with a control character": with_module("a\x01b.txt"),
    "a module with an endless name": with_module("x" * 300),
    "a deep module": with_module("/".join(["d"] * 600)),
    "an unknown content type": with_module("a.txt", "video/mp4"),
    "two modules of one name": form([("metadata", "", json.dumps(metadata()).encode()), ENTRY, ENTRY]),
    "bindings are no list": with_more(bindings={}),
    "a binding without a name": with_more(bindings=[{"type": "plain_text"}]),
    "a binding that is none": with_more(bindings=["A"]),
    "two bindings of one name": with_more(
        bindings=[{"name": "A", "type": "plain_text", "text": "1"}] * 2),
    "a secret without a text": with_more(bindings=[{"name": "A", "type": "secret_text"}]),
    "flags are no list": with_more(compatibility_flags="python_workers"),
    "flags are numbers": with_more(compatibility_flags=[1]),
    "another account's namespace": with_more(
        bindings=[{"name": "A", "type": "kv_namespace", "namespace_id": "0" * 32}]),
    "assets without a session": with_more(assets={"config": {}}),
    "assets of a forged session": with_more(assets={"jwt": "eyJhbGciOiJub25lIn0.e30."}),
    "no Python flag": with_more(compatibility_flags=[]),
    "a syntax error": form([("metadata", "", json.dumps(metadata()).encode()),
                            ("entry.py", "text/x-python", b"def (:\n")]),
}


def test_malformed_uploads_are_refused_and_leave_nothing(
    folder: Path, scratch_environment
) -> None:
    with running_edge(folder, scratch_environment) as edge:
        accepted = []
        for name, (kind, body) in MALFORMED.items():
            status, answer = edge.api("PUT", "/workers/scripts/bad", body, content_type=kind)
            if not (400 <= status < 500 and answer["errors"][0]["message"]):
                accepted.append((name, status, answer))
        assert accepted == []
        for path in ("/workers/scripts/Bad_Name!", "/workers/scripts/" + "x" * 64,
                     "/workers/scripts/a%2Fb", "/workers/scripts/%00"):
            status, answer = edge.api("PUT", path, GOOD[1], content_type=GOOD[0])
            assert 400 <= status < 500 and not answer["success"], path
        assert edge.call("PUT", f"/accounts/{'0' * 32}/workers/scripts/bad", GOOD[1],
                         GOOD[0])[0] == 403
        assert edge.api("PUT", "/workers/scripts/bad", GOOD[1], GOOD[0], token="")[0] == 401
        assert edge.result("GET", "/workers/scripts") == []
    with running_edge(folder, scratch_environment):
        # What was refused is gone with the next start at the latest.
        assert [f for f in (folder / "blobs").rglob("*") if f.is_file()] == []
    rows = sqlite3.connect(folder / "edge.sqlite")
    for table in ("workers", "versions", "deployments", "asset_files"):
        assert rows.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_worker_that_is_too_large(folder: Path, scratch_environment) -> None:
    with running_edge(folder, scratch_environment, "--script-size", "1") as edge:
        kind, body = form([("metadata", "", json.dumps(metadata()).encode()), ENTRY,
                           ("big.bin", "application/octet-stream", bytes(2 << 20))])
        status, answer = edge.api("PUT", "/workers/scripts/big", body, content_type=kind)
        assert (status, answer["errors"][0]["code"]) == (413, 10027)


def test_what_is_no_call_of_the_api(edge: Edge) -> None:
    assert edge.api("GET", "/nothing/here")[0] == 404
    assert edge.api("GET", "/workflows/w")[1]["errors"][0]["code"] == 10200
    status, answer = edge.api("PUT", "/workflows/w", {"script_name": "a", "class_name": "B"})
    assert status == 400 and "does not run Workflows" in answer["errors"][0]["message"]
    assert edge.call("GET", "/user/tokens/verify")[1]["result"]["status"] == "active"
    connection = http.client.HTTPConnection("127.0.0.1", edge.api_port, timeout=30)
    for path, expected in (("/health", 200), ("/ready", 200), ("/metrics", 200), ("/", 401)):
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        assert response.status == expected, path
    connection.close()


@pytest.fixture
def wrangler_environment(edge: Edge, scratch_environment) -> dict[str, str]:
    return {**scratch_environment, **edge.client, "CI": "1", "NO_COLOR": "1",
            "WRANGLER_SEND_METRICS": "false"}


@pytest.fixture
def run_wrangler(
    wrangler: Path, tmp_path: Path, wrangler_environment: dict[str, str]
) -> Callable[..., str]:
    """``run_wrangler(*arguments)``: real wrangler in ``tmp_path / "worker"``, against the endpoint."""
    (tmp_path / "worker" / "src").mkdir(parents=True)

    def run(*arguments: str, stdin: str = "") -> str:
        done = subprocess.run(["node", wrangler, *arguments], cwd=tmp_path / "worker",
                              env=wrangler_environment, input=stdin, capture_output=True, text=True,
                              timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_wrangler_tails(
    wrangler: Path, edge: Edge, tmp_path: Path, wrangler_environment: dict[str, str]
) -> None:
    edge.deploy("talker", dedent("""
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                print("asked for", request.url.rsplit("/", 1)[1])
                if "fail" in request.url:
                    raise ValueError("as told")
                return Response("said")
    """))
    with subprocess.Popen(
        ["node", wrangler, "tail", "talker", "--format", "pretty", "--status", "ok", "--status", "error"],
        cwd=tmp_path, env=wrangler_environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        said = ""
        limit = time.monotonic() + 120
        try:
            while not ("(log) asked for fine" in said and "as told" in said):
                assert time.monotonic() < limit, said
                if "waiting for logs" in said:
                    # What is asked for before the runtime knows of the listener is not told.
                    edge.ask("talker", "/fine")
                    edge.ask("talker", "/fail")
                ready, _, _ = select.select([process.stdout], [], [], 0.5)
                if ready:
                    said += os.read(process.stdout.fileno(), 65536).decode()
            assert re.search(r"GET http\S+/fine - Ok @ ", said), said
            assert re.search(r"GET http\S+/fail - Exception Thrown @ ", said), said
            assert len(edge.result("GET", "/workers/scripts/talker/tails")) == 1
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
    assert edge.result("GET", "/workers/scripts/talker/tails") == []


def test_wrangler_deploys_here(run_wrangler, edge: Edge, tmp_path: Path) -> None:
    run = run_wrangler
    project = tmp_path / "worker"
    (project / "src" / "entry.py").write_text(HELLO.format(body="self.env.GREETING"))
    (project / "wrangler.json").write_text(json.dumps({
        "name": "greeter", "main": "src/entry.py", "compatibility_date": "2026-06-01",
        "compatibility_flags": ["python_workers"], "vars": {"GREETING": "from wrangler"}}))
    deployed = run("deploy")
    assert "Current Version ID" in deployed
    assert edge.ask("greeter")[2] == b"from wrangler"
    assert "Deployed greeter triggers" in run("deploy", "--var", "GREETING:again")
    assert edge.ask("greeter")[2] == b"again"
    run("secret", "put", "KEY", stdin="hidden")
    assert json.loads(run("secret", "list")) == [{"name": "KEY", "type": "secret_text"}]
    (project / "more.json").write_text(json.dumps({"A": "1", "B": "2"}))
    run("secret", "bulk", "more.json")
    assert len(json.loads(run("secret", "list"))) == 3
    assert len(json.loads(run("versions", "list", "--json"))) == 4
    run("rollback", "--yes", "--message", "back")
    assert len(json.loads(run("deployments", "list", "--json"))) >= 5
    run("d1", "create", "notes")
    rows = json.loads(run("d1", "execute", "notes", "--remote", "--json", "--yes", "--command",
                          "CREATE TABLE t (x); INSERT INTO t VALUES (7); SELECT x FROM t"))
    assert rows[-1]["results"] == [{"x": 7}]
    (project / "more.sql").write_text("INSERT INTO t VALUES (8);\nINSERT INTO t VALUES (9);\n")
    run("d1", "execute", "notes", "--remote", "--yes", "--file", "more.sql")
    rows = json.loads(run("d1", "execute", "notes", "--remote", "--json", "--command",
                          "SELECT count(*) AS n FROM t"))
    assert rows[0]["results"] == [{"n": 3}]
    run("d1", "export", "notes", "--remote", "--output", "dump.sql")
    assert "INSERT INTO" in (project / "dump.sql").read_text()
    run("kv", "namespace", "create", "SPACE")
    [space] = edge.result("GET", "/storage/kv/namespaces")
    run("kv", "key", "put", "--remote", "--namespace-id", space["id"], "a/b", "1")
    assert run("kv", "key", "get", "--remote", "--namespace-id", space["id"], "a/b") == "1"
    assert json.loads(run("kv", "key", "list", "--remote", "--namespace-id", space["id"])) == [
        {"name": "a/b"}]
    run("r2", "bucket", "create", "files")
    (project / "object.txt").write_text("bytes")
    run("r2", "object", "put", "files/a/b.txt", "--remote", "--file", "object.txt")
    run("r2", "object", "get", "files/a/b.txt", "--remote", "--file", "back.txt")
    assert (project / "back.txt").read_text() == "bytes"
    run("queues", "create", "jobs")
    assert "jobs" in run("queues", "list")
    run("delete", "--force")
    assert edge.ask("greeter")[0] == 404


JOBS = """\
import json
import os
import re
import select

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        await self.env.JOBS.send({"n": 7})
        row = await self.env.DB.prepare("SELECT text FROM notes").first()
        return Response(row["text"])

    async def queue(self, batch, env, ctx):
        for message in batch.messages:
            await self.env.SEEN.put("job", json.dumps(message.body))
"""


def test_wrangler_deploys_assets_schedules_queues_and_migrations(
    run_wrangler, edge: Edge, tmp_path: Path
) -> None:
    run, project = run_wrangler, tmp_path / "worker"
    (project / "src" / "entry.py").write_text(JOBS)
    (project / "public").mkdir()
    (project / "public" / "page.html").write_text("<p>static</p>")
    (project / "migrations").mkdir()
    (project / "migrations" / "0001_notes.sql").write_text(
        "CREATE TABLE notes (text);\nINSERT INTO notes VALUES ('migrated');\n")
    run("queues", "create", "jobs")
    database = edge.result("POST", "/d1/database", {"name": "notes"})["uuid"]
    space = edge.result("POST", "/storage/kv/namespaces", {"title": "seen"})["id"]
    (project / "wrangler.json").write_text(json.dumps({
        "name": "worker", "main": "src/entry.py", "compatibility_date": "2026-06-01",
        "compatibility_flags": ["python_workers"],
        "assets": {"directory": "public", "binding": "ASSETS"},
        "triggers": {"crons": ["*/5 * * * *", "0 3 * * MON"]},
        "routes": [{"pattern": "worker.example.com", "custom_domain": True}],
        "workers_dev": True,
        "d1_databases": [{"binding": "DB", "database_name": "notes", "database_id": database}],
        "kv_namespaces": [{"binding": "SEEN", "id": space}],
        "queues": {"producers": [{"binding": "JOBS", "queue": "jobs"}],
                   "consumers": [{"queue": "jobs", "max_batch_timeout": 0}]}}))
    run("d1", "migrations", "apply", "notes", "--remote")
    printed = run("deploy")
    for line in ("schedule: */5 * * * *", "schedule: 0 3 * * MON", "Producer for jobs",
                 "Consumer for jobs", "worker.example.com (custom domain)"):
        assert line in printed
    assert edge.ask("worker", "/page")[2] == b"<p>static</p>"
    assert edge.ask("worker", "/other")[2] == b"migrated"
    assert edge.ask("worker", "/other", headers={"Host": "worker.example.com"})[2] == b"migrated"
    seen = f"/storage/kv/namespaces/{space}/values/job"
    deadline = time.monotonic() + 60
    while edge.api("GET", seen)[0] == 404 and time.monotonic() < deadline:
        edge.ask("worker", "/page")
    assert edge.api("GET", seen) == (200, b'{"n": 7}')
    (project / "public" / "page.html").write_text("<p>changed</p>")
    assert "1 of 1" in run("deploy")
    assert edge.ask("worker", "/page")[2] == b"<p>changed</p>"
    crons = edge.result("GET", "/workers/scripts/worker/schedules")["schedules"]
    assert [entry["cron"] for entry in crons] == ["*/5 * * * *", "0 3 * * MON"]
    [queue] = edge.result("GET", "/queues")
    assert queue["producers_total_count"] == queue["consumers_total_count"] == 1
    assert edge.api("PUT", "/workers/scripts/worker/schedules", [{"cron": "nonsense"}])[0] == 400


def test_our_own_client_deploys_here(
    edge: Edge, project: Callable[..., Path], cwrangler: Callable
) -> None:
    directory = project("hello")

    def run(*arguments: str) -> str:
        done = cwrangler(*arguments, cwd=directory, env=edge.client)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "Current Version ID" in run("deploy", "--name", "ours")
    assert edge.ask("ours")[0] == 200
    run("deploy", "--name", "ours", "--message", "again")
    versions = json.loads(run("versions", "list", "--name", "ours", "--json"))
    assert len(versions) == 2
    run("rollback", "--name", "ours", "-y", "--message", "back")
    status = json.loads(run("deployments", "status", "--name", "ours", "--json"))
    first = min(versions, key=lambda version: version["number"])
    assert status["versions"][0]["version_id"] == first["id"]
    assert edge.account in run("whoami")
    run("delete", "--name", "ours", "--force")
    assert edge.ask("ours")[0] == 404


def test_a_worker_may_have_secrets_before_its_code(
    edge: Edge, run_wrangler, tmp_path: Path
) -> None:
    (tmp_path / "worker" / "wrangler.json").write_text(json.dumps({
        "name": "early", "main": "src/entry.py", "compatibility_date": "2026-06-01",
        "compatibility_flags": ["python_workers"]}))
    (tmp_path / "worker" / "src" / "entry.py").write_text(HELLO.format(body="self.env.KEY"))
    run_wrangler("secret", "put", "KEY", stdin="before")
    assert edge.ask("early")[0] == 404
    run_wrangler("deploy")
    assert edge.ask("early")[2] == b"before"
