"""``cwrangler kv … --local``, and what the Worker ``tests/workers/kv`` sees of it."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def kv(command_on):
    """``kv("key", "put", …)`` in a copy of ``tests/workers/kv``."""
    return command_on("kv")


def keys(done) -> list[dict]:
    return json.loads(done.stdout)


STORE = ("--binding", "STORE")


def test_keys(kv) -> None:
    done = kv("key", "put", *STORE, "greeting", "hello", "--local")
    assert ('Writing the value "hello" to key "greeting" on namespace binding: "STORE" '
            '(id: "store").') in done.stdout
    assert kv("key", "get", *STORE, "greeting").stdout == "hello"
    kv("key", "put", *STORE, "timed", "x", "--ttl", "60", "--metadata", '{"a": 1}')
    listed = keys(kv("key", "list", *STORE))
    assert [key["name"] for key in listed] == ["greeting", "timed"]
    assert listed[1]["metadata"] == {"a": 1} and listed[1]["expiration"] > 1_700_000_000
    assert keys(kv("key", "list", "--namespace-id", "store", "--prefix", "g")) == [
        {"name": "greeting"}]
    kv("key", "delete", *STORE, "greeting")
    assert "Value not found" in kv("key", "get", *STORE, "greeting", status=1).stderr


def test_a_file_of_bytes(kv) -> None:
    content = bytes(range(256)) * 1000
    (kv.directory / "value.bin").write_bytes(content)
    kv("key", "put", *STORE, "bytes", "--path", "value.bin")
    blobs = list((kv.directory / ".wrangler/state/v3/kv/store/blobs").iterdir())
    assert [blob.read_bytes() for blob in blobs] == [content]
    assert len(blobs[0].name) == 80


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("key", "put", *STORE, "k" * 513, "v"), "exceeds key length limit of 512."),
        (("key", "put", *STORE, "..", "v"), 'Illegal key name ".."'),
        (("key", "put", *STORE, "k", "v", "--ttl", "30"), "Expiration TTL must be at least 60."),
        (("key", "put", *STORE, "k", "v", "--expiration", "1"), "at least 60 seconds in the future"),
        (("key", "put", *STORE, "k", "v", "--metadata", "{"), "The metadata is not JSON"),
        (("key", "put", *STORE, "k"), "Exactly one of the arguments value and path"),
        (("key", "get", "k"), "Exactly one of the arguments binding and namespace-id"),
        (("key", "get", "--binding", "NOPE", "k"), "There is: STORE"),
        (("key", "get", *STORE, "k", "--remote"), "it's necessary to set a CLOUDFLARE_API_TOKEN"),
        (("namespace", "create", "x"), "it's necessary to set a CLOUDFLARE_API_TOKEN"),
    ],
)
def test_what_is_refused(kv, arguments, problem) -> None:
    failed = kv(*arguments, status=2 if "Exactly one" in problem else 1)
    assert problem in failed.stderr


def test_bulk(kv) -> None:
    entries = [{"key": f"k{i:04}", "value": f"v{i}"} for i in range(1500)]
    entries.append({"key": "raw", "value": "AP8=", "base64": True, "metadata": [1]})
    (kv.directory / "put.json").write_text(json.dumps(entries))
    kv("bulk", "put", *STORE, "put.json")
    assert len(keys(kv("key", "list", *STORE))) == 1501
    (kv.directory / "some.json").write_text('["k0001", "nope"]')
    assert json.loads(kv("bulk", "get", *STORE, "some.json").stdout) == {
        "k0001": {"value": "v1"}, "nope": None}
    assert "🤖 Using fallback value" in kv("bulk", "delete", *STORE, "some.json").stdout
    assert len(keys(kv("key", "list", *STORE))) == 1500
    (kv.directory / "bad.json").write_text('[{"key": "a", "value": "b"}, {"key": 1}]')
    assert "Each entry needs a string" in kv("bulk", "put", *STORE, "bad.json", status=1).stderr
    assert keys(kv("key", "list", *STORE, "--prefix", "a")) == []


def test_namespaces(kv) -> None:
    created = kv("namespace", "create", "more", "--local").stdout
    snippet = json.loads(created[created.index("{"):])["kv_namespaces"][0]
    assert snippet["binding"] == "more" and len(snippet["id"]) == 32
    kv("key", "put", "--namespace-id", snippet["id"], "a", "1")
    listed = keys(kv("namespace", "list", "--local"))
    assert {"id": "store", "title": "STORE"} in listed
    assert snippet["id"] in {space["id"] for space in listed}
    kv("namespace", "delete", "--namespace-id", snippet["id"], "--local", "-y")
    assert snippet["id"] not in {space["id"] for space in keys(kv("namespace", "list", "--local"))}


def test_the_worker_sees_what_the_command_wrote_and_the_other_way_round(kv, dev) -> None:
    kv("key", "put", *STORE, "before", "from the command")
    with dev(kv.directory) as session:
        assert session.get("/before").text == "from the command"
        assert session.get("/answer", method="PUT", body=b"from the Worker").status == 201
        # Both have the files open.
        assert kv("key", "get", *STORE, "answer").stdout == "from the Worker"
        kv("key", "put", *STORE, "answer", "changed")
        assert session.get("/answer").text == "changed"
    assert kv("key", "get", *STORE, "answer").stdout == "changed"
