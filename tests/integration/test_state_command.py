"""``cwrangler state``: what is kept is listed, saved whole while it changes, restored at once, and cleared."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import sqlite3
import subprocess
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]

CONFIGURATION = {
    "name": "kept",
    "compatibility_date": "2026-10-01",
    "kv_namespaces": [{"binding": "KV", "id": "space"}],
    "r2_buckets": [{"binding": "FILES", "bucket_name": "files"}],
    "d1_databases": [{"binding": "DB", "database_name": "books", "database_id": "1-2"}],
}
STATE = Path(".wrangler") / "state"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "wrangler.json").write_text(json.dumps(CONFIGURATION))
    return directory


@pytest.fixture
def run(cwrangler: Command, directory: Path) -> Command:
    """Runs a command in the project; it must succeed unless ``status`` says otherwise."""

    def run(*arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = cwrangler(*arguments, cwd=directory)
        assert done.returncode == status, done.stdout + done.stderr
        return done

    return run


def fill(run: Command, directory: Path) -> None:
    run("kv", "key", "put", "--binding", "KV", "a", "one")
    run("kv", "key", "put", "--binding", "KV", "b", "two")
    (directory / "file").write_bytes(b"x" * 100_000)
    run("r2", "object", "put", "files/name", "--local", "--file", "file")
    run("d1", "execute", "books", "--command", "CREATE TABLE t (v); INSERT INTO t VALUES ('né')")


def listed(run: Command) -> dict[str, tuple]:
    report = json.loads(run("state", "list", "--json").stdout)
    return {f"{entry['kind']}/{entry['name']}": (entry["count"], entry["unit"], entry.get("binding"))
            for entry in report["resources"]}


FULL = {
    "d1/books": (1, "tables", "DB"),
    "kv/space": (2, "keys", "KV"),
    "r2/files": (1, "objects", "FILES"),
}


def check_content(run: Command) -> None:
    assert run("kv", "key", "get", "--binding", "KV", "b").stdout == "two"
    rows = run("d1", "execute", "books", "--json", "--command", "SELECT v FROM t").stdout
    assert json.loads(rows)[0]["results"] == [{"v": "né"}]
    assert run("r2", "object", "get", "files/name", "--local", "--pipe").stdout == "x" * 100_000


def test_list(run, directory) -> None:
    assert "Nothing is kept here." in run("state", "list").stdout
    assert listed(run) == {}
    fill(run, directory)
    assert listed(run) == FULL
    table = run("state", "list").stdout
    for cell in ("kv", "space", "KV", "2 keys", "books", "1 objects"):
        assert cell in table
    sizes = {entry["name"]: entry["bytes"]
             for entry in json.loads(run("state", "list", "--json").stdout)["resources"]}
    assert sizes["files"] > 100_000


def test_other_tools_data_is_listed_by_its_files(run, directory) -> None:
    folder = directory / STATE / "v3" / "do" / "worker-Counter"
    folder.mkdir(parents=True)
    (folder / ("0" * 64 + ".sqlite")).write_bytes(b"")
    foreign = directory / STATE / "v3" / "kv" / "miniflare-KVNamespaceObject" / "unknown.sqlite"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"no database")
    report = json.loads(run("state", "list", "--json").stdout)["resources"]
    assert [(entry["kind"], entry["name"], entry.get("count")) for entry in report] == [
        ("do", "worker-Counter", 1), ("kv", "unknown", None)]


@pytest.mark.parametrize("name", ["saved.tar.gz", "saved.tar.zst"])
def test_there_and_back(run, directory, name: str) -> None:
    assert "there is no local state" in run("state", "export", name, status=1).stderr
    fill(run, directory)
    said = run("state", "export", name).stdout
    assert f"to {name}" in said
    assert (directory / name).stat().st_mode & 0o777 == 0o600
    shutil.rmtree(directory / STATE)
    run("state", "import", name)
    assert listed(run) == FULL
    check_content(run)
    # Over what is there only with consent, and then nothing of it stays.
    run("kv", "key", "put", "--binding", "KV", "later", "x")
    refused = run("state", "import", name, status=2).stderr
    assert "--yes" in refused
    assert listed(run)["kv/space"][0] == 3
    run("state", "import", name, "--yes")
    assert listed(run) == FULL
    check_content(run)
    assert [entry.name for entry in (directory / STATE).iterdir()] == ["v3"]
    assert "--yes" in run("state", "export", name, status=2).stderr
    assert "does not say what it is" in run("state", "export", "saved.zip", status=2).stderr


def test_clear(run, directory) -> None:
    fill(run, directory)
    assert "Name kinds" in run("state", "clear", status=2).stderr
    assert "--yes" in run("state", "clear", "kv", status=2).stderr
    assert 'nothing is kept under "kv/other"' in run("state", "clear", "kv/other", "--yes", status=2).stderr
    assert listed(run) == FULL
    assert run("state", "clear", "kv/KV", "r2", "--yes").stdout == "Removed kv/space\nRemoved r2/files\n"
    assert list(listed(run)) == ["d1/books"]
    assert not (directory / STATE / "v3" / "r2" / "files").exists()
    run("state", "clear", "--all", "--yes")
    assert listed(run) == {}
    assert "Nothing is kept here." in run("state", "clear", "--all", "--yes").stdout


def archive(path: Path, entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    with tarfile.open(path, "w:gz") as out:
        for entry, content in entries:
            entry.size = len(content)
            out.addfile(entry, io.BytesIO(content))


MANIFEST = (tarfile.TarInfo("cwrangler-state.json"), b'{"format": 1}')


def link(name: str, target: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type = kind
    entry.linkname = target
    return entry, b""


@pytest.mark.parametrize(("entries", "problem"), [
    ([], "holds no local state"),
    ([(tarfile.TarInfo("v3/kv/a/b"), b"")], "holds no local state"),
    ([(tarfile.TarInfo("cwrangler-state.json"), b"[]")], "holds no local state"),
    ([(tarfile.TarInfo("cwrangler-state.json"), b'{"format": 2}')], "format 2"),
    ([MANIFEST, (tarfile.TarInfo("v3/../../../evil"), b"x")], "leads out"),
    ([MANIFEST, (tarfile.TarInfo("/tmp/evil"), b"x")], "leads out"),
    ([MANIFEST, (tarfile.TarInfo("../evil"), b"x")], "leads out"),
    ([MANIFEST, (tarfile.TarInfo("other/kv/evil"), b"x")], "no file of local state"),
    ([MANIFEST, (tarfile.TarInfo("v3/evil"), b"x")], "no file of local state"),
    ([MANIFEST, (tarfile.TarInfo("v3/kv/x.sqlite-wal"), b"x")], "no file of local state"),
    ([MANIFEST, link("v3/kv/out", "/tmp", tarfile.SYMTYPE)], "is a link"),
    ([MANIFEST, link("v3/kv/out", "/etc/passwd", tarfile.LNKTYPE)], "is a link"),
    ([MANIFEST, (tarfile.TarInfo("v3/kv/x.sqlite"), b"no database" * 100)], "is damaged"),
    ([MANIFEST, (tarfile.TarInfo("v3/kv/x"), b"1"), (tarfile.TarInfo("v3/kv/x"), b"2")], "File exists"),
])
def test_hostile_archives_change_nothing(run, directory, entries, problem: str) -> None:
    run("kv", "key", "put", "--binding", "KV", "a", "one")
    archive(directory / "hostile.tar.gz", entries)
    assert problem in run("state", "import", "hostile.tar.gz", "--yes", status=1).stderr
    assert run("kv", "key", "get", "--binding", "KV", "a").stdout == "one"
    assert [entry.name for entry in (directory / STATE).iterdir()] == ["v3"]
    assert not list(directory.parent.rglob("evil"))


def test_damaged_archives_change_nothing(run, directory) -> None:
    fill(run, directory)
    run("state", "export", "saved.tar.gz")
    whole = (directory / "saved.tar.gz").read_bytes()
    for name, content in {
        "cut": whole[: len(whole) // 2],
        "text": b"no archive",
        "changed": gzip.compress(gzip.decompress(whole)[:-100_000]),
    }.items():
        (directory / f"{name}.tar.gz").write_bytes(content)
        run("state", "import", f"{name}.tar.gz", "--yes", status=1)
        assert listed(run) == FULL
    check_content(run)
    assert "No such file" in run("state", "import", "none.tar.gz", "--yes", status=1).stderr


def test_beside_a_running_session(project, dev, cwrangler) -> None:
    """What is exported is of one moment; to replace or to clear is refused."""
    directory = project("kv")
    with dev(directory) as session:
        assert session.get("/before", method="PUT", body=b"first").status == 201
        stop = threading.Event()
        written = []

        def write() -> None:
            while not stop.is_set():
                number = len(written)
                body = bytes([number % 251]) * (100_000 if number % 3 == 0 else 100)
                assert session.get(f"/k{number}", method="PUT", body=body).status == 201
                assert session.get("/always", method="PUT", body=body).status == 201
                written.append(body)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            counts = []
            for i in range(5):
                counts.append(len(written))
                done = cwrangler("state", "export", f"{i}.tar.zst", cwd=directory)
                assert done.returncode == 0, done.stderr
        finally:
            stop.set()
            writer.join()
        for command in (["import", "0.tar.zst"], ["clear", "kv"]):
            refused = cwrangler("state", *command, "--yes", cwd=directory)
            assert refused.returncode == 1
            assert f"in use by process {session.runtime_pid()}" in refused.stderr
        assert session.get("/always").body == written[-1]

    for i, count in enumerate(counts):
        done = cwrangler("state", "import", f"{i}.tar.zst", "--yes", cwd=directory)
        assert done.returncode == 0, done.stderr
        [file] = (directory / STATE / "v3" / "kv").glob("miniflare-*/*.sqlite")
        [blobs] = (directory / STATE / "v3" / "kv").glob("*/blobs")
        with sqlite3.connect(file) as database:
            rows = dict(database.execute("SELECT key, blob_id FROM _mf_entries"))
        database.close()
        assert len(rows) >= count
        values = {key: (blobs / blob).read_bytes() for key, blob in rows.items()}
        for key, value in values.items():
            if key not in ("always", "before"):
                assert value == written[int(key[1:])]
