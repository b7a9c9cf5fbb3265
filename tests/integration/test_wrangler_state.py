"""Local state goes back and forth between real wrangler and cwrangler without losing anything.

wrangler comes from the npm registry (the fixture in conftest.py).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev_process import Session, free_port

D1_ID = "2b1c3f5e-6b0e-4a52-8f8e-0d5a3f3f9f01"

CONFIGURATION = {
    "name": "peer",
    "main": "worker.js",
    "compatibility_date": "2026-01-01",
    "kv_namespaces": [{"binding": "STORE", "id": "store"}],
    "d1_databases": [{"binding": "DB", "database_name": "books", "database_id": D1_ID}],
    "r2_buckets": [{"binding": "FILES", "bucket_name": "files"}],
}

# Calls one method of one binding: {"call": ["STORE", "get", …]}, {"sql": [text, parameter, …]},
# {"r2": [method, key, …]}, which returns the object; {"cache": [method, name, url, …]}.
WORKER = """
export default {
  async fetch(request, env) {
    const {call, sql, r2, cache} = await request.json();
    if (cache !== undefined) {
      const [method, name, url, text, headers] = cache;
      const opened = name === null ? caches.default : await caches.open(name);
      if (method === "put") await opened.put(url, new Response(text, {headers}));
      const found = await opened.match(url);
      if (found === undefined) return Response.json(null);
      return Response.json([found.status, await found.text(), found.headers.get("x-from")]);
    }
    if (r2 !== undefined) {
      const [method, key, size] = r2;
      if (method === "put") await env.FILES.put(key, key, {customMetadata: {from: "wrangler"}});
      if (method === "parts") {
        const upload = await env.FILES.createMultipartUpload(key);
        const parts = [await upload.uploadPart(1, "1".repeat(size)), await upload.uploadPart(2, "2")];
        await upload.complete(parts);
      }
      const object = await env.FILES.get(key);
      if (object === null) return Response.json(null);
      const {etag, customMetadata, httpMetadata} = object;
      return Response.json({text: await object.text(), etag, customMetadata, httpMetadata});
    }
    if (sql !== undefined) {
      const {results} = await env.DB.prepare(sql[0]).bind(...sql.slice(1)).all();
      return Response.json(results);
    }
    const [binding, method, ...args] = call;
    return Response.json((await env[binding][method](...args)) ?? null);
  },
};
"""


@contextlib.contextmanager
def running_wrangler(program: Path, directory: Path) -> Iterator[Callable[[dict], object]]:
    """``with running_wrangler(…) as ask``: its dev session; ``ask`` sends the Worker a request."""
    port = free_port()
    environment = {**os.environ, "CI": "1", "WRANGLER_SEND_METRICS": "false", "NO_COLOR": "1",
                   "XDG_CONFIG_HOME": str(directory / "config")}
    process = subprocess.Popen(
        ["node", program, "dev", "--port", str(port), "--ip", "127.0.0.1"], cwd=directory,
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    session = Session(process)

    def ask(request: dict) -> object:
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/", json.dumps(request).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(asked, timeout=60) as response:
            return json.load(response)

    try:
        session.wait_for_line(r"Ready on http", 120)
        yield ask
    finally:
        session.stop(signal.SIGINT, timeout=30)


@pytest.fixture
def peer(tmp_path: Path) -> Path:
    """A project that both tools can work on: JavaScript for one, data for the other."""
    directory = tmp_path / "peer"
    directory.mkdir()
    (directory / "wrangler.json").write_text(json.dumps(CONFIGURATION))
    (directory / "worker.js").write_text(WORKER)
    return directory


def test_state_goes_back_and_forth(wrangler, peer, project, dev, cwrangler) -> None:
    def command(*arguments: str) -> str:
        done = cwrangler(*arguments, cwd=peer)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(sql: str) -> list[dict]:
        return json.loads(command("d1", "execute", "books", "--json", "--command", sql))[0]["results"]

    key = "clé/😀"
    with running_wrangler(wrangler, peer) as ask:
        ask({"sql": ["CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, price REAL, raw BLOB)"]})
        ask({"sql": ["INSERT INTO books (title, price, raw) VALUES (?, ?, ?)", "première", 2.5, [0, 255]]})
        ask({"call": ["STORE", "put", key, "värde", {"metadata": {"from": "wrangler"}}]})
        ask({"call": ["STORE", "put", "timed", "x", {"expirationTtl": 3600}]})
        ask({"call": ["STORE", "put", "large", "y" * 1_000_000]})
        listed = ask({"call": ["STORE", "list"]})["keys"]

    assert rows("SELECT * FROM books") == [
        {"id": 1, "title": "première", "price": 2.5, "raw": [0, 255]}]
    assert command("kv", "key", "get", "--binding", "STORE", key) == "värde"
    assert json.loads(command("kv", "key", "list", "--binding", "STORE")) == listed
    assert command("kv", "key", "get", "--binding", "STORE", "large") == "y" * 1_000_000

    # The Worker of this tool on the same state, and more data from it.
    command("d1", "execute", "books", "--command",
            "INSERT INTO books (title, price) VALUES ('deuxième', 3)")
    with dev(project("kv"), "--persist-to", str(peer / ".wrangler" / "state")) as session:
        assert session.get("/large").text == "y" * 1_000_000
        assert session.get("/timed").text == "x"
        assert session.get("/small", method="PUT", body=b"short").status == 201
        assert session.get("/again", method="PUT", body=b"z" * 200_000).status == 201
        assert session.get("/timed", method="DELETE").status == 204

    with running_wrangler(wrangler, peer) as ask:
        assert ask({"sql": ["SELECT id, title, price FROM books ORDER BY id"]}) == [
            {"id": 1, "title": "première", "price": 2.5},
            {"id": 2, "title": "deuxième", "price": 3},
        ]
        assert [entry["name"] for entry in ask({"call": ["STORE", "list"]})["keys"]] == [
            "again", key, "large", "small"]
        assert ask({"call": ["STORE", "get", "small"]}) == "short"
        assert ask({"call": ["STORE", "get", "again"]}) == "z" * 200_000
        assert ask({"call": ["STORE", "getWithMetadata", key]})["metadata"] == {"from": "wrangler"}
        ask({"call": ["STORE", "put", "small", "changed there"]})

    assert command("kv", "key", "get", "--binding", "STORE", "small") == "changed there"


def test_buckets_go_back_and_forth(wrangler, peer, project, dev) -> None:
    size = 5 << 20
    theirs = ["clé/😀", "again"]
    with running_wrangler(wrangler, peer) as ask:
        for key in theirs:
            ask({"r2": ["put", key]})
        parts = ask({"r2": ["parts", "parts", size]})
    with dev(project("r2_checks"), "--persist-to", str(peer / ".wrangler" / "state")) as session:
        for key in theirs:
            assert session.get("/file/" + urllib.parse.quote(key)).text == key
        assert session.get("/file/parts").text == "1" * size + "2"
        assert session.get("/file/parts").headers["etag"] == f'"{parts["etag"]}"'
        assert session.get("/file/again", method="PUT", body=b"changed").status == 201
        assert session.get("/file/parts", method="PUT", body=b"whole").status == 201
        ours = json.loads(session.get("/js/multipart").text)["object"]
        assert ours["key"] == "parts"
        assert json.loads(session.get("/py/objects").text)["text"] == "né"
        assert session.get("/py/deletion").status == 200
    with running_wrangler(wrangler, peer) as ask:
        assert ask({"r2": ["get", theirs[0]]})["customMetadata"] == {"from": "wrangler"}
        assert ask({"r2": ["get", "again"]})["text"] == "changed"
        object_ = ask({"r2": ["get", "k"]})
        assert (object_["text"], object_["customMetadata"]) == ("né", {"a": "1"})
        assert object_["httpMetadata"] == {"contentType": "text/plain"}
        assert ask({"r2": ["get", "d"]}) is None
        stored = ask({"r2": ["get", "parts"]})
        assert (stored["etag"], len(stored["text"])) == (ours["etag"], ours["size"])


def test_caches_go_back_and_forth(wrangler, peer, project, dev) -> None:
    kept = {"cache-control": "max-age=3600", "x-from": "wrangler"}
    with running_wrangler(wrangler, peer) as ask:
        ask({"cache": ["put", None, "https://cache.test/theirs?é", "theirs", kept]})
        ask({"cache": ["put", "a/b", "https://cache.test/named", "t" * 300_000, kept]})
    with dev(project("cache_checks"), "--persist-to", str(peer / ".wrangler" / "state")) as session:
        assert json.loads(session.get("/js/peer").text) == [
            [200, "theirs", "wrangler", "HIT"], [200, "t" * 300_000, "wrangler", "HIT"]]
        assert session.get("/page/ours", method="PUT", body=b"ours" * 100_000).status == 201
        assert session.get("/page/theirs", method="PUT", body=b"replaced").status == 201
    with running_wrangler(wrangler, peer) as ask:
        assert ask({"cache": ["match", None, "https://cache.test/ours"]}) == [
            200, "ours" * 100_000, None]
        assert ask({"cache": ["match", None, "https://cache.test/theirs"]}) == [200, "replaced", None]
        assert ask({"cache": ["match", None, "https://cache.test/theirs?é"]}) == [
            200, "theirs", "wrangler"]
        assert ask({"cache": ["match", "a/b", "https://cache.test/ours"]}) is None
        assert ask({"cache": ["match", "a/b", "https://cache.test/peer"]}) == [200, "peer", "cwrangler"]
