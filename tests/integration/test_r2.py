"""R2 buckets of the Worker ``tests/workers/r2_checks``: objects, conditions, lists, uploads, failures."""

from __future__ import annotations

import hashlib
import os
import resource
import signal

import pytest

from resident_memory import memory

HELLO_SHA256 = hashlib.sha256(b"hello").hexdigest()
HELLO_MD5 = hashlib.md5(b"hello").hexdigest()


@pytest.fixture
def r2(checks):
    with checks("r2_checks") as check:
        yield check


def test_metadata(r2) -> None:
    found = r2("js/metadata")
    expected = {
        "class": "R2Object", "key": "a/b", "size": 5, "etag": HELLO_MD5,
        "httpEtag": f'"{HELLO_MD5}"', "storageClass": "Standard",
        "httpMetadata": {"contentType": "text/x", "cacheExpiry": "2001-09-09T01:46:40.000Z"},
        "customMetadata": {"owner": "é"}, "uploaded": True, "version": 32,
        "checksums": {"md5": HELLO_MD5, "sha256": HELLO_SHA256},
    }
    assert found["stored"] == expected
    assert found["head"] == expected
    assert found["headers"] == [
        ["content-type", "text/x"], ["expires", "Sun, 09 Sep 2001 01:46:40 GMT"]]
    assert found["missing"] == [None, None]
    assert found["fromHeaders"] == {"contentLanguage": "sv"}


def test_values_and_bodies(r2) -> None:
    *read, used, again, streamed = r2("js/bodies")
    assert read == ["R2ObjectBody", '{"a": 1}', {"a": 1}, 8, 8, 8]
    assert (used, streamed) == (True, '{"a": 1}')
    assert again.startswith("TypeError: Body")
    *found, refused = r2("js/values")
    assert found == ["", "é", "ab", "bc", "blob", "stream"]
    assert refused.startswith("TypeError: R2 accepts only")


def test_ranges(r2) -> None:
    *found, beyond, nothing = r2("js/ranges")
    assert found == [
        ["3456789", {"offset": 3, "length": 7}],
        ["34", {"offset": 3, "length": 2}],
        ["0123", {"offset": 0, "length": 4}],
        ["789", {"offset": 7, "length": 3}],
        ["0123456789", {"offset": 0, "length": 10}],
        ["89", {"offset": 8, "length": 2}],
        ["234", {"offset": 2, "length": 3}],
        ["89", {"offset": 8, "length": 2}],
        ["789", {"offset": 7, "length": 3}],
        ["0123456789", {"offset": 0, "length": 10}],
    ]
    assert beyond == nothing == "Error: get: The requested range is not satisfiable (10039)"


def test_conditions(r2) -> None:
    assert r2("js/conditions") == [
        True, False,  # etagMatches
        False, True,  # etagDoesNotMatch
        True, False,  # uploadedBefore
        True, False,  # uploadedAfter
        False, True,  # the header's tags
        False, False,  # weak ones
        False, False, False, True,  # puts
        "one",
    ]


def test_listing(r2) -> None:
    found = r2("js/listing")
    assert found["all"][:3] == [["é", "😀"], [], False]
    assert found["pages"] == [[["a"], ["dir/"]], [["z", "é"], []], [["😀"], []]]
    assert (found["plain"], found["full"]) == ({}, {"n": "a"})
    assert found["left"] == [[], [], False]


def test_uploads_in_parts(r2) -> None:
    found = r2("js/multipart")
    size = 5 << 20
    parts = [bytes([1]) * size, bytes([2]) * size, bytes([4]) * 3]
    digest = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    assert found["object"]["etag"] == f"{digest}-3"
    assert found["object"]["size"] == found["length"] == 2 * size + 3
    assert found["object"]["customMetadata"] == {"a": "b"}
    assert found["across"] == [1, 1, 2, 2]
    assert found["failures"] == [
        "Error: uploadPart: The specified multipart upload does not exist. (10024)",
        "Error: completeMultipartUpload: Your proposed upload is smaller than the minimum allowed "
        "object size. (10011)",
        "Error: completeMultipartUpload: One or more of the specified parts could not be found. (10025)",
        "TypeError: Part number must be between 1 and 10000 (inclusive). Actual value was: 0",
        "Error: abortMultipartUpload: The specified multipart upload does not exist. (10024)",
    ]
    assert found["aborted"].endswith("(10024)")


def test_failures(r2) -> None:
    *found, kept = r2("js/failures")
    digest = hashlib.sha1(b"v").hexdigest()
    assert found == [
        "Error: put: The SHA-1 checksum you specified did not match what we received.\n"
        f"You provided a SHA-1 checksum with value: {'00' * 20}\nActual SHA-1 was: {digest} (10037)",
        "TypeError: You cannot specify multiple hashing algorithms.",
        "TypeError: md5 must be 16 bytes, or as many in hex.",
        "Error: put: The specified object name is not valid. (10020)",
        "Error: put: Your metadata headers exceed the maximum allowed metadata size. (10012)",
        "Error: list: MaxKeys params must be positive integer <= 1000. (10022)",
        "Error: delete: At most 1000 keys can be deleted at once. (10029)",
        'TypeError: Conditional ETag should not be wrapped in quotes ("quoted").',
    ]
    assert kept is None


def test_python(r2) -> None:
    assert r2("py/objects") == {
        "stored": ["k", 3, True],
        "text": "né",
        "type": "text/plain",
        "custom": "1",
        "bytes": [0, 255],
        "range": "é",
        "listed": ["k"],
        "missing": None,
    }
    assert r2("py/deletion") is None


def test_large_values_pass_through(r2) -> None:
    """Neither way does the runtime hold an object in memory."""
    value = os.urandom(1 << 20) * 512
    assert r2.session.get("/file/small", method="PUT", body=b"warm").status == 201
    before = memory(r2.session.runtime_pid(), "VmHWM")
    assert r2.session.get("/file/large", method="PUT", body=value).status == 201
    answer = r2.session.get("/file/large")
    assert answer.body == value
    assert answer.headers["etag"] == f'"{hashlib.md5(value).hexdigest()}"'
    assert memory(r2.session.runtime_pid(), "VmHWM") - before < len(value) / 2


def test_a_full_disk_is_an_error_and_loses_nothing(r2) -> None:
    runtime = r2.session.runtime_pid()
    limits = resource.prlimit(runtime, resource.RLIMIT_FSIZE)
    resource.prlimit(runtime, resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    failed, kept = r2("py/full_disk")
    assert "put: " in failed and failed.endswith("(10001)")
    assert kept == "before"


def test_objects_outlive_the_runtime(r2) -> None:
    assert r2.session.get("/file/kept", method="PUT", body=b"v").status == 201
    os.kill(r2.session.runtime_pid(), signal.SIGKILL)
    r2.session.wait_for_line("It is being restarted")
    assert r2.session.get("/file/kept").body == b"v"
