"""D1 databases of the Worker ``tests/workers/d1``: results, errors and files."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

DATABASE_ID = "2b1c3f5e-6b0e-4a52-8f8e-0d5a3f3f9f01"
# Of that id, as wrangler names it.
STATE = Path(".wrangler/state/v3/d1/miniflare-D1DatabaseObject")


@pytest.fixture
def d1(project, dev):
    """``d1(path, body)`` asks the running Worker; ``d1.directory`` is its project."""
    directory = project("d1")
    with dev(directory) as session:

        def ask(path: str, body: object = None) -> object:
            answer = session.get(f"/{path}", method="POST", body=json.dumps(body).encode())
            assert answer.status == 200, answer.text
            return json.loads(answer.text)

        ask.directory = directory
        ask.session = session
        yield ask


def test_values_and_shapes(d1) -> None:
    assert d1("kinds") == [None, 1, 7, 2.5, "text", [0, 255]]
    assert d1("refused") == [
        "Error: D1_TYPE_ERROR: Type 'object' not supported for value '[object Object]'",
        "Error: D1_TYPE_ERROR: Type 'bigint' not supported for value '1152921504606846976'",
        "Error: D1_TYPE_ERROR: Type 'object' not supported for value '1,2000'",
    ]
    shapes = d1("shapes")
    rows = [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}]
    assert shapes["run"] == {"success": True, "changes": 1, "results": []}
    assert shapes["batch"] == [0, 2]
    assert shapes["all"] == rows
    assert shapes["is_dict"], f"rows are {shapes['all_type']}"
    assert shapes["raw"] == [[1, "one"], [2, "two"]]
    assert shapes["raw_type"] == "list"
    assert (shapes["first"], shapes["first_name"], shapes["none"]) == (rows[0], "one", None)
    assert shapes["meta"] == ["changed_db", "changes", "duration", "last_row_id", "rows_read",
                              "rows_written", "served_by", "size_after"]


def test_errors(d1) -> None:
    def error(path: str, body: object = None) -> str:
        return d1(path, body)["error"].splitlines()[-1].removeprefix("Error: ")

    assert error("sql", {"sql": "SELECT * FROM nosuch"}) == (
        "D1_ERROR: no such table: nosuch: SQLITE_ERROR")
    assert error("missing_column") == "D1_COLUMN_NOTFOUND: Column not found (two)"
    assert error("failed_exec").startswith("D1_EXEC_ERROR: Error in line 1: SELECT 1: no such table")
    assert d1("failed_batch") == {
        "message": "Error: D1_ERROR: UNIQUE constraint failed: atomic.id: SQLITE_CONSTRAINT "
                   "(extended: SQLITE_CONSTRAINT_PRIMARYKEY)",
        "rows": [],
    }


def test_exec_sessions_and_dump(d1) -> None:
    assert d1("exec") == {"count": 2, "timed": True}
    assert d1("session") == {"before": None, "grows": True, "resumed": True}
    assert d1("dump") == "SQLite format 3"
    assert d1("sync") == 42


def test_a_slow_query_does_not_hold_up_the_worker(d1) -> None:
    result = d1("interleave")
    assert result["result"] == 3_000_000
    assert result["turns"] > 20


def test_the_file_is_wranglers_and_outlives_the_session(d1, dev) -> None:
    d1("sql", {"sql": "CREATE TABLE kept (x)"})
    d1("sql", {"sql": "INSERT INTO kept VALUES (?)", "parameters": ["value"]})
    (file,) = (d1.directory / STATE).glob("*.sqlite")
    assert len(file.stem) == 64
    d1.session.stop()
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT x FROM kept").fetchall() == [("value",)]
