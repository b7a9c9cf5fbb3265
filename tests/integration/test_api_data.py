"""`kv`, `d1` and `queues` on the account, as wrangler was recorded to ask."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from dev_process import CWRANGLER
from edge_process import running_edge
from recorded_api import RECORDED_ORIGIN, RECORDINGS, RecordedApi

SPACE = "901890a8e9c8cf6d5a1a542b229febff"
DATABASE = {"binding": "DB", "database_name": "quotes", "database_id": "408cddb7-e3f7-40d7-a4f7-33136a7fd3fa"}


@pytest.fixture
def played(scratch_environment, tmp_path):
    """``played(case, *arguments)``: runs the command in a project with a database against a recording."""
    project = tmp_path / "hello"
    shutil.copytree(RECORDINGS / "projects" / "hello", project)
    config = json.loads((project / "wrangler.jsonc").read_text()) | {"d1_databases": [DATABASE]}
    (project / "wrangler.jsonc").write_text(json.dumps(config))

    def run(case, *arguments, differences=(), status=0, check=True):
        with RecordedApi(case, differences) as api:
            done = subprocess.run(
                [CWRANGLER, *arguments], cwd=project, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                env={**scratch_environment, **api.environment}, timeout=60, check=False,
            )
        assert done.returncode == status, done.stdout + done.stderr
        if check:
            api.check()
        done.api = api
        return done

    run.project = project
    return run


def test_kv_keys(played):
    where = ["--namespace-id", SPACE, "--remote"]
    played("kv-key-put", "kv", "key", "put", *where, "mykey", "hello", "--ttl", "60", "--metadata", '{"a": 1}')
    assert "Resource location: remote" in played("kv-key-put2", "kv", "key", "put", *where, "my/key2", "hello").stdout
    assert played("kv-key-get", "kv", "key", "get", *where, "my/key2").stdout.strip() == "hello"
    assert played("kv-key-get-text", "kv", "key", "get", *where, "my/key2", "--text").stdout.strip() == "hello"
    missing = played("kv-key-get-missing", "kv", "key", "get", *where, "nope", status=1)
    assert "Value not found" in missing.stderr
    names = json.loads(played("kv-key-list", "kv", "key", "list", *where, "--prefix", "my").stdout)
    assert [key["name"] for key in names] == ["mykey", "my/key2"]
    played("kv-key-delete", "kv", "key", "delete", *where, "mykey")


def test_kv_namespaces(played):
    made = played("kv-ns-create", "kv", "namespace", "create", "FOO").stdout
    assert f'"id": "{SPACE}"' in made
    played("kv-ns-create-preview", "kv", "namespace", "create", "FOO", "--preview")
    listed = played("kv-ns-list", "kv", "namespace", "list", differences=("lists-have-ends",)).stdout
    assert [space["title"] for space in json.loads(listed)] == ["FOO"]


def test_d1_queries(played):
    done = played("d1-execute-remote-command", "d1", "execute", "quotes", "--remote", "--command",
                  "SELECT * FROM qtable")
    assert "🚣 Executed 1 command in 0.12ms" in done.stdout
    rows = json.loads(done.stdout[done.stdout.index("\n[") :])[0]["results"]
    assert rows[0] == {"id": 1, "quote": "hello"}
    as_json = played("d1-execute-remote-json", "d1", "execute", "DB", "--remote", "--json", "--command",
                     "SELECT * FROM qtable; SELECT 1").stdout
    assert json.loads(as_json)[0]["success"] is True


def test_d1_imports_a_file_at_one_go(played):
    recording = json.loads((RECORDINGS / "d1-execute-remote-file.json").read_text())
    sql = next(exchange["text"] for exchange in recording["exchanges"] if exchange["method"] == "PUT")
    (played.project / "init.sql").write_text(sql)
    done = played("d1-execute-remote-file", "d1", "execute", "quotes", "--remote", "--file", "init.sql", "--yes")
    assert "Database is currently at bookmark bm2." in done.stdout
    upload = next(request for request in done.api.received if request.method == "PUT")
    assert "authorization" not in upload.headers, "a signed address gets no credentials"


def test_d1_migrations(played):
    folder = played.project / "migrations"
    folder.mkdir()
    (folder / "0001_a.sql").write_text("CREATE TABLE a(x);\n")
    (folder / "0002_b.sql").write_text("ALTER TABLE a ADD y;\nINSERT INTO a VALUES(1,2);\n")
    listed = played("d1-migrations-list-remote", "d1", "migrations", "list", "quotes", "--remote",
                    differences=("spaces-of-sql",)).stdout
    assert "0001_a.sql" in listed and "0002_b.sql" in listed
    applied = played("d1-migrations-apply-remote", "d1", "migrations", "apply", "quotes", "--remote",
                     differences=("spaces-of-sql",)).stdout
    assert "✅ 0002_b.sql" in applied


def test_d1_databases(played):
    assert '"database_id": "' in played("d1-create", "d1", "create", "newdb").stdout
    played("d1-create2", "d1", "create", "other")
    refused = played("err-auth-9109", "d1", "list", status=1).stderr
    assert "Unable to authenticate request [code: 10001]" in refused
    assert "quotes" in played("d1-list", "d1", "list").stdout
    assert len(json.loads(played("d1-list-json", "d1", "list", "--json").stdout)) == 2
    assert "other" in played("d1-info", "d1", "info", "other", differences=("no-metrics",)).stdout
    described = json.loads(played("d1-info-json", "d1", "info", "other", "--json", differences=("no-metrics",)).stdout)
    assert described["name"] == "other"
    assert "Deleted 'other' successfully." in played("d1-delete", "d1", "delete", "other", "-y").stdout
    missing = played("d1-missing", "d1", "info", "nosuch", status=1)
    assert "Couldn't find DB with name 'nosuch'" in missing.stderr


def test_d1_is_exported(played):
    played("d1-export-remote", "d1", "export", "quotes", "--remote", "--output", "dump.sql")
    recording = json.loads((RECORDINGS / "d1-export-remote.json").read_text())["exchanges"][-1]
    assert (played.project / "dump.sql").read_text() == recording["answer"].replace(RECORDED_ORIGIN, "")


def test_d1_time_travel_looks_at_the_database_first(played):
    missing = played("d1-timetravel-info", "d1", "time-travel", "info", "quotes", "--remote", status=1)
    assert "The database 408cddb7-e3f7-40d7-a4f7-33136a7fd3fa could not be found [code: 7404]" in missing.stderr


def in_the_past(**ago):
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def history(played, scratch_environment):
    """``history(version, *arguments)``: `d1 time-travel` against a database of that version."""

    def run(version, *arguments, status=0):
        with RecordedApi("d1-timetravel-info") as api:
            database = api.exchanges[0]["path"]

            def answered(method, path, result, **more):
                return {"method": method, "path": database + path, "status": 200, **more,
                        "answer": {"success": True, "errors": [], "messages": [], "result": result}}

            api.exchanges[:] = [
                answered("GET", "", {"uuid": DATABASE["database_id"], "version": version}),
                answered("GET", "/time_travel/bookmark", {"bookmark": "bm-now"}),
                answered("POST", "/time_travel/restore", {"bookmark": "bm-1", "previous_bookmark": "bm-now"},
                         query="bookmark=bm-1"),
            ]
            for then in (arguments[i + 1] for i, word in enumerate(arguments) if word == "--timestamp"):
                query = urlencode({"timestamp": then.replace("Z", ".000Z")})
                api.exchanges.append(answered("GET", "/time_travel/bookmark", {"bookmark": "bm-1"}, query=query))
            done = subprocess.run(
                [CWRANGLER, "d1", "time-travel", *arguments], cwd=played.project, stdin=subprocess.DEVNULL,
                env={**scratch_environment, **api.environment}, capture_output=True, text=True, timeout=60,
                check=False)
        assert done.returncode == status, done.stdout + done.stderr
        assert not api.unexpected
        done.asked = [request.method + " " + request.path.removeprefix(database.removeprefix("/client/v4"))
                      for request in api.received]
        return done

    return run


def test_d1_time_travel(history):
    now = history("production", "info", "quotes", "--remote")
    assert now.asked == ["GET ", "GET /time_travel/bookmark"]
    assert "The current bookmark is 'bm-now'" in now.stdout
    assert "`cwrangler d1 time-travel restore quotes --bookmark=bm-now`" in now.stdout
    as_json = history("production", "info", "quotes", "--remote", "--json", "--timestamp", in_the_past(hours=1))
    assert json.loads(as_json.stdout) == {"bookmark": "bm-1"}
    back = history("production", "restore", "quotes", "--remote", "--bookmark", "bm-1")
    assert back.asked == ["GET ", "POST /time_travel/restore"]
    assert "you can restore to the previous bookmark: bm-now" in back.stdout
    to_a_time = history("production", "restore", "quotes", "--remote", "--timestamp", in_the_past(hours=1), "--json")
    assert to_a_time.asked == ["GET ", "GET /time_travel/bookmark", "POST /time_travel/restore"]
    assert json.loads(to_a_time.stdout)["previous_bookmark"] == "bm-now"


def test_d1_time_travel_that_cannot_be(history):
    for arguments in (["info", "quotes"], ["restore", "quotes", "--bookmark", "bm-1"]):
        alpha = history("alpha", *arguments, "--remote", status=1)
        assert "not available for alpha D1 databases" in alpha.stderr
        assert alpha.asked == ["GET "]
    for timestamp, said in (("yesterday", "Please provide a valid Unix timestamp or ISO string"),
                            (in_the_past(days=31), "within the last 30 days"),
                            (in_the_past(hours=-1), "in the past")):
        refused = history("production", "info", "quotes", "--remote", "--timestamp", timestamp, status=2)
        assert f"Invalid timestamp '{timestamp}'" in refused.stderr and said in refused.stderr
        assert not refused.asked
    neither = history("production", "restore", "quotes", "--remote", status=2)
    assert "--bookmark or --timestamp" in neither.stderr


def test_d1_time_travel_of_an_endpoint_without_history(cwrangler, scratch_environment, tmp_path):
    with running_edge(tmp_path / "edge", scratch_environment) as edge:
        edge.result("POST", "/d1/database", {"name": "notes"})

        def travel(*arguments):
            return cwrangler("d1", "time-travel", *arguments, "--remote", cwd=tmp_path, env=edge.client)

        now = travel("info", "notes", "--json")
        assert now.returncode == 0, now.stderr
        bookmark = json.loads(now.stdout)["bookmark"]
        for arguments in (["info", "notes", "--timestamp", in_the_past(hours=1)],
                          ["restore", "notes", "--timestamp", in_the_past(hours=1)],
                          ["restore", "notes", "--bookmark", bookmark]):
            refused = travel(*arguments)
            assert refused.returncode == 1 and "keeps no history" in refused.stderr, refused.stdout


def test_queues(played):
    assert "✅ Created queue 'my-queue'" in played("queues-create", "queues", "create", "my-queue").stdout
    assert "│ my-queue │" in played("queues-list", "queues", "list").stdout
    assert "Number of Producers: 0" in played("queues-info", "queues", "info", "my-queue").stdout
    missing = played("queues-consumer-add", "queues", "consumer", "add", "my-queue", "routed", status=1)
    assert "cwrangler queues create my-queue" in missing.stderr
