"""Rate limits, Hyperdrive and Images: bindings that keep nothing on disk."""

from __future__ import annotations

import json


def test_rate_limits_and_databases(project, dev) -> None:
    with dev(project("small_bindings")) as session:
        limits = session.get("/limits")
        assert limits.status == 200, limits.text
        assert json.loads(limits.text) == {
            "one key": [True, True],
            "shared": [True, False],
            "another key": True,
            "another namespace": [True],
            "refused": "TypeError: The key of a rate limit must be a string, "
                       "not 7.",
        }
        url, postgres, mysql, missing = json.loads(session.get("/databases").text)
        assert "p%2Fw" not in session.output, "a password is in the terminal"
    assert url == "postgres://us%40er:p%2Fw@db.test/books"
    assert postgres == ["db.test", 5432, "us@er", "p/w", "books"]
    assert mysql == ["127.0.0.1", 3307, "root", "x", "shop"]
    assert "The binding NONE has no database in a local run." in missing


def test_images_say_what_is_missing(project, dev) -> None:
    with dev(project("small_bindings")) as session:
        assert "The binding IMAGES transforms images at Cloudflare" in json.loads(
            session.get("/images").text)
