"""``cwrangler r2 … --local``, and what the Worker ``tests/workers/r2_checks`` sees of it."""

from __future__ import annotations

import json
import sqlite3
import subprocess

import pytest

from dev_process import CWRANGLER


@pytest.fixture
def r2(project, scratch_environment):
    """``r2("object", "get", …)`` in a copy of ``tests/workers/r2_checks``; bytes in, bytes out."""
    directory = project("r2_checks")

    def run(*arguments: str, content: bytes = b"", status: int = 0):
        done = subprocess.run([CWRANGLER, "r2", *arguments], cwd=directory, input=content,
                              capture_output=True, env=scratch_environment, timeout=60, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done

    run.directory = directory
    return run


def test_an_object_is_put_read_and_deleted(r2, dev) -> None:
    content = bytes(range(256)) * 20_000
    (r2.directory / "value.bin").write_bytes(content)
    done = r2("object", "put", "files/dir/é.bin", "--file", "value.bin", "--ct", "image/x",
              "--cache-control", "no-store", "--expires", "Sun, 09 Sep 2001 01:46:40 GMT")
    assert 'Creating object "dir/é.bin" in bucket "files".\nUpload complete.' in done.stdout.decode()
    assert r2("object", "get", "files/dir/é.bin", "--pipe").stdout == content
    done = r2("object", "get", "files/dir/é.bin")
    assert "Download complete." in done.stdout.decode()
    assert (r2.directory / "é.bin").read_bytes() == content
    (database,) = (r2.directory / ".wrangler/state/v3/r2/miniflare-R2BucketObject").glob("*.sqlite")
    (metadata,) = sqlite3.connect(database).execute("SELECT http_metadata FROM _mf_objects").fetchone()
    assert json.loads(metadata) == {
        "contentType": "image/x", "cacheControl": "no-store", "cacheExpiry": 10**12}
    r2("object", "put", "files/piped", "--pipe", content=b"from a pipe")
    with dev(r2.directory) as session:
        assert session.get("/file/piped").text == "from a pipe"
        # Both work on the same state at once.
        r2("object", "delete", "files/piped")
        assert session.get("/file/piped").status == 404
        session.get("/file/written", method="PUT", body=b"by the Worker")
        assert r2("object", "get", "files/written", "--pipe").stdout == b"by the Worker"
    assert b"The specified key does not exist." in r2(
        "object", "get", "files/piped", "--pipe", status=1).stderr


def test_buckets(r2) -> None:
    assert b'"bucket_name": "other"' in r2("bucket", "create", "other", "--local").stdout
    r2("object", "put", "other/k", "--pipe", content=b"four")
    listed = r2("bucket", "list", "--local").stdout.decode()
    assert "name: files\nname: other\n" in listed
    assert b"object_count: 1\nbucket_size:  4 B" in r2("bucket", "info", "other", "--local").stdout
    assert b"is not empty" in r2("bucket", "delete", "other", "--local", status=1).stderr
    r2("object", "delete", "other/k")
    r2("bucket", "delete", "other", "--local")
    assert b"does not exist" in r2("bucket", "info", "other", "--local", status=1).stderr


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (("object", "put", "files", "--pipe"), 2, "must be in the form of {bucket}/{key}"),
        (("object", "put", "files/k"), 2, "Either the --file or --pipe options are required."),
        (("object", "put", "files/k", "--file", "none"), 1, "No such file or directory"),
        (("object", "put", "Files/k", "--pipe"), 2, 'The bucket name "Files" is invalid.'),
        (("object", "put", "files/" + "k" * 1025, "--pipe"), 1, "(10020)"),
        (("object", "put", "files/k", "--pipe", "--expires", "soon"), 2, "is not a date"),
        (("bucket", "create", "../x", "--local"), 2, 'The bucket name "../x" is invalid.'),
    ],
)
def test_what_is_refused(r2, arguments, status, problem) -> None:
    assert problem in r2(*arguments, status=status).stderr.decode()
