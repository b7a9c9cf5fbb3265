"""``cwrangler d1 … --local``: what it prints, and what becomes of the files."""

from __future__ import annotations

import json
import os
import pty
import subprocess

import pytest

from dev_process import CWRANGLER


@pytest.fixture
def d1(command_on):
    """``d1("execute", "books", …)`` in a copy of ``tests/workers/d1``."""
    return command_on("d1")


def rows(done) -> list[dict]:
    return json.loads(done.stdout)[-1]["results"]


def test_execute_a_command_and_a_file(d1) -> None:
    (d1.directory / "schema.sql").write_text(
        "-- books; all of them\nCREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT);\n"
        "INSERT INTO books (title) VALUES ('one; two'), (\"three\");\n")
    done = d1("execute", "books", "--local", "--file", "schema.sql")
    assert "🚣 2 commands executed successfully." in done.stdout
    assert "Resource location: local" in done.stdout
    done = d1("execute", "DB", "--json", "--command", "SELECT * FROM books; SELECT 1 AS x")
    assert json.loads(done.stdout) == [
        {"results": [{"id": 1, "title": "one; two"}, {"id": 2, "title": "three"}],
         "success": True, "meta": {"duration": 0}},
        {"results": [{"x": 1}], "success": True, "meta": {"duration": 0}},
    ]


def test_a_script_that_fails_changes_nothing(d1) -> None:
    done = d1("execute", "books", "--command", "CREATE TABLE t (x); SELECT * FROM nosuch", status=1)
    assert "✘ [ERROR] no such table: nosuch: SQLITE_ERROR" in done.stderr
    done = d1("execute", "books", "--json", "--command", "SELECT * FROM t", status=1)
    assert json.loads(done.stdout) == {"error": {"text": "no such table: t: SQLITE_ERROR"}}


def test_results_are_tables_on_a_terminal(d1, scratch_environment) -> None:
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        [CWRANGLER, "d1", "execute", "books", "--command", "SELECT 1 AS id, 'é' AS name"],
        cwd=d1.directory, env=scratch_environment, stdin=subprocess.DEVNULL, stdout=secondary,
        stderr=secondary)
    os.close(secondary)
    assert process.wait(60) == 0
    output = os.read(primary, 65536).decode().replace("\r\n", "\n")
    os.close(primary)
    assert output.endswith(
        "┌────┬──────┐\n│ id │ name │\n├────┼──────┤\n│ 1  │ é    │\n└────┴──────┘\n")


def test_what_is_not_there(d1) -> None:
    done = d1("execute", "nope", "--command", "SELECT 1", status=1)
    assert "Couldn't find a D1 DB with the name or binding 'nope'" in done.stderr
    assert "There is: books" in done.stderr
    for arguments in (("execute", "books", "--remote", "--command", "SELECT 1"), ("list",),
                      ("create", "x"), ("info", "books"), ("delete", "books")):
        done = d1(*arguments, status=1)
        assert "it's necessary to set a CLOUDFLARE_API_TOKEN" in done.stderr


def test_create_list_info_delete(d1) -> None:
    created = d1("create", "more", "--local").stdout
    snippet = json.loads(created[created.index("{"):])["d1_databases"][0]
    assert (snippet["binding"], snippet["database_name"]) == ("more", "more")
    d1("execute", "more", "--command", "CREATE TABLE t (x)")
    listed = {entry["name"]: entry for entry in json.loads(d1("list", "--local", "--json").stdout)}
    assert set(listed) == {"books", "more"}
    assert listed["more"]["uuid"] == snippet["database_id"]
    assert listed["more"]["num_tables"] == 1
    assert "│ num_tables │ 1" in d1("info", "more", "--local").stdout
    assert "already exists" in d1("create", "more", "--local", status=1).stderr
    # Nobody is there to answer: yes is taken, and said.
    assert "🤖 Using fallback value" in d1("delete", "more", "--local").stdout
    assert d1("info", "more", "--local", status=1)


def test_export_and_import(d1) -> None:
    d1("execute", "books", "--command",
       "CREATE TABLE a (x TEXT, y BLOB); CREATE INDEX i ON a (x); CREATE TABLE b (z);"
       "INSERT INTO a VALUES ('it''s\ntwo', x'00ff'), (NULL, 1.5)")
    d1("export", "books", "--local", "--output", "dump.sql")
    text = (d1.directory / "dump.sql").read_text()
    assert text.startswith("PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE a")
    d1("create", "copy", "--local")
    d1("execute", "copy", "--file", "dump.sql")
    select = "SELECT x, hex(y) AS y FROM a"
    assert (rows(d1("execute", "copy", "--json", "--command", select))
            == rows(d1("execute", "books", "--json", "--command", select)))
    d1("export", "books", "--local", "--output", "schema.sql", "--no-data", "--table", "b")
    assert (d1.directory / "schema.sql").read_text() == (
        "PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE b (z);\n")


def test_migrations(d1) -> None:
    missing = d1("migrations", "list", "books", status=1)
    assert "No migrations present at" in missing.stderr
    for message in ("first step", "second"):
        d1("migrations", "create", "books", message)
    folder = d1.directory / "migrations"
    first, second = sorted(folder.iterdir())
    assert (first.name, second.name) == ("0001_first_step.sql", "0002_second.sql")
    with first.open("a") as file:
        file.write("CREATE TABLE t (x);\nINSERT INTO t VALUES (1);\n")
    second.write_text("INSERT INTO t VALUES (2); INSERT INTO nosuch VALUES (1);")
    assert "│ 0001_first_step.sql │" in d1("migrations", "list", "books").stdout
    failed = d1("migrations", "apply", "books", "--local", status=1)
    assert "│ 0001_first_step.sql │ ✅     │" in failed.stdout
    assert "│ 0002_second.sql     │ ❌     │" in failed.stdout
    assert "Migration 0002_second.sql failed" in failed.stderr
    assert rows(d1("execute", "books", "--json", "--command", "SELECT * FROM t")) == [{"x": 1}]
    second.write_text("INSERT INTO t VALUES (2);")
    assert "🚣 2 commands executed successfully." in d1("migrations", "apply", "books").stdout
    assert "✅ No migrations to apply!" in d1("migrations", "apply", "books").stdout
    assert rows(d1("execute", "books", "--json", "--command",
                   "SELECT name FROM d1_migrations ORDER BY id")) == [
        {"name": "0001_first_step.sql"}, {"name": "0002_second.sql"}]


def test_time_travel(d1) -> None:
    before = json.loads(d1("time-travel", "info", "books", "--local", "--json").stdout)["bookmark"]
    after = json.loads(d1("time-travel", "info", "books", "--local", "--json").stdout)["bookmark"]
    assert before < after
    done = d1("time-travel", "restore", "books", "--local", "--bookmark", before, status=1)
    assert "has no history" in done.stderr
    then = d1("time-travel", "info", "books", "--local", "--timestamp", "2026-11-01T00:00:00Z", status=1)
    assert "has no history" in then.stderr


def test_a_large_file_streams_in(d1, scratch_environment) -> None:
    """200 MB of SQL are run with memory for a fraction of them."""
    line = "INSERT INTO t VALUES ('" + "x" * 40_000 + "');\n"
    with (d1.directory / "large.sql").open("w") as file:
        file.write("BEGIN TRANSACTION;\nCREATE TABLE t (x);\n")
        for _ in range(200_000_000 // len(line)):
            file.write(line)
        file.write("COMMIT;\n")
    done = subprocess.run(
        ["bash", "-c", 'ulimit -v 150000; exec "$0" "$@"', CWRANGLER, "d1", "execute", "books",
         "--file", "large.sql", "--json"],
        cwd=d1.directory, env=scratch_environment, capture_output=True, text=True, timeout=240,
        check=False)
    assert done.returncode == 0, done.stderr
    count = rows(d1("execute", "books", "--json", "--command", "SELECT count(*) AS n FROM t"))
    assert count == [{"n": 200_000_000 // len(line)}]


def test_persist_to_is_relative_to_the_working_folder(d1) -> None:
    d1("execute", "books", "--persist-to", "elsewhere", "--command", "CREATE TABLE t (x)")
    assert list((d1.directory / "elsewhere/v3/d1").rglob("*.sqlite"))
    assert not (d1.directory / ".wrangler").exists()
