"""Memory snapshots that go with an upload: to an endpoint that asks for them, used where they are of the
very Worker, and of no consequence where they are not."""

from __future__ import annotations

import gzip
import json
import subprocess
import zlib
from pathlib import Path

import pytest
from edge_process import Edge, form, metadata, running_edge
from runtime_process import RUNTIME

TAKEN = "cwrangler-runtime debug: took a snapshot that was made elsewhere\n"
KIND = "application/vnd.cwrangler.snapshot+gzip"

#: Its answer is computed at the top level, and so a part of its snapshot.
SOURCE = """\
from workers import Response, WorkerEntrypoint

ANSWER = "-".join(["this", "is", {word!r}])


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(ANSWER)
"""

PROJECT = """\
{"name": "hello", "main": "src/entry.py", "compatibility_date": "2026-11-01",
 "compatibility_flags": ["python_workers"], "workers_dev": true, "vars": {"COLOR": "blue"}}
"""


def make_snapshot(folder: Path, environment: dict[str, str], source: str) -> tuple[str, bytes]:
    """Identity and bytes of a snapshot as a client makes it for ``metadata()``."""
    folder.mkdir(parents=True)
    entry = folder / "entry.py"
    entry.write_text(source)
    of_worker = metadata()
    config = folder / "config.json"
    config.write_text(json.dumps({
        "name": "hello", "modules": [{"name": "entry.py", "type": "python", "path": str(entry)}],
        **{key: of_worker[key] for key in
           ("main_module", "compatibility_date", "compatibility_flags")}}))
    made = subprocess.run([RUNTIME, "snapshot", "--config", config], env=environment, check=True,
                          capture_output=True, text=True, timeout=120)
    report = json.loads(made.stdout)
    return report["identity"], Path(report["file"]).read_bytes()


def upload(edge: Edge, source: str, snapshot: bytes, identity: str) -> tuple[int, dict]:
    kind, body = form([("metadata", "", json.dumps(metadata()).encode()),
                       ("entry.py", "text/x-python", source.encode()),
                       (identity, KIND, snapshot)])
    status, answer = edge.api("PUT", "/workers/scripts/hello", body, content_type=kind)
    if status == 200:
        edge.result("POST", "/workers/scripts/hello/subdomain", {"enabled": True})
    return status, answer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "edge"


@pytest.fixture
def environment(scratch_environment: dict[str, str]) -> dict[str, str]:
    return {**scratch_environment, "CWRANGLER_LOG": "debug"}


def log_of(folder: Path) -> str:
    """Without the lines that are JSON, which say the same."""
    lines = (folder.parent / f"{folder.name}.log").read_text().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("{"))


def test_deploy_sends_a_snapshot_where_it_is_asked_for(
    tmp_path: Path, folder: Path, environment: dict[str, str], cwrangler
) -> None:
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "wrangler.jsonc").write_text(PROJECT)
    with running_edge(folder, environment, "--accept-snapshots") as edge:
        for word in ("one", "two"):
            (project / "src" / "entry.py").write_text(SOURCE.format(word=word))
            done = cwrangler("deploy", cwd=project, env=edge.client)
            assert done.returncode == 0, done.stdout + done.stderr
            assert edge.ask("hello")[2] == f"this-is-{word}".encode()
        assert log_of(folder).count(TAKEN) == 2
        # A secret that only the endpoint knows is in no snapshot of the client's.
        edge.result("PUT", "/workers/scripts/hello/secrets",
                    {"name": "KEY", "text": "s", "type": "secret_text"})
        (project / "src" / "entry.py").write_text(SOURCE.format(word="three"))
        done = cwrangler("deploy", cwd=project, env=edge.client)
        assert done.returncode == 0, done.stdout + done.stderr
        assert edge.ask("hello")[2] == b"this-is-three"
        assert log_of(folder).count(TAKEN) == 2
        assert list((folder / "cache" / "uploaded").iterdir()) == []


def test_no_snapshot_goes_to_an_endpoint_that_does_not_ask(
    tmp_path: Path, folder: Path, environment: dict[str, str], cwrangler
) -> None:
    """It would refuse the upload, as Cloudflare might."""
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "wrangler.jsonc").write_text(PROJECT)
    (project / "src" / "entry.py").write_text(SOURCE.format(word="one"))
    with running_edge(folder, environment) as edge:
        done = cwrangler("deploy", cwd=project, env=edge.client)
        assert done.returncode == 0, done.stdout + done.stderr
        assert edge.ask("hello")[2] == b"this-is-one"
        assert TAKEN not in log_of(folder)
        status, answer = upload(edge, SOURCE.format(word="two"), gzip.compress(b"x"), "0" * 32)
        assert (status, answer["errors"][0]["code"]) == (400, 10021)
        assert "takes no snapshots" in answer["errors"][0]["message"]


def test_a_snapshot_that_does_not_fit_is_left_aside(
    tmp_path: Path, folder: Path, environment: dict[str, str]
) -> None:
    source, other = SOURCE.format(word="mine"), SOURCE.format(word="theirs")
    identity, snapshot = make_snapshot(tmp_path / "mine", environment, source)
    other_identity, others = make_snapshot(tmp_path / "theirs", environment, other)
    assert identity != other_identity
    middle = next(at for at in range(len(snapshot) // 2 // 4096 * 4096, len(snapshot), 4096)
                  if any(snapshot[at : at + 4096]))
    damaged = snapshot[:middle] + bytes([snapshot[middle] ^ 1]) + snapshot[middle + 1 :]
    with running_edge(folder, environment, "--accept-snapshots") as edge:
        for name, bytes_, of in (
            ("another Worker's", others, other_identity),
            ("of no Worker", snapshot, "nonsense"),
            ("damaged", damaged, identity),
            ("cut", snapshot[:middle], identity),
            ("none at all", b"no snapshot at all", identity),
            ("empty", b"", identity),
        ):
            status, answer = upload(edge, source, gzip.compress(bytes_, 1), of)
            assert status == 200, (name, answer)
            assert edge.ask("hello")[2] == b"this-is-mine", name
            edge.result("DELETE", "/workers/scripts/hello")
        assert TAKEN not in log_of(folder)


def test_the_right_snapshot_is_used(
    tmp_path: Path, folder: Path, environment: dict[str, str]
) -> None:
    source = SOURCE.format(word="mine")
    identity, snapshot = make_snapshot(tmp_path / "mine", environment, source)
    with running_edge(folder, environment, "--accept-snapshots") as edge:
        status, answer = upload(edge, source, gzip.compress(snapshot, 1), identity)
        assert status == 200, answer
        assert edge.ask("hello")[2] == b"this-is-mine"
        assert TAKEN in log_of(folder)


def test_what_cannot_be_unpacked_is_refused(folder: Path, environment: dict[str, str]) -> None:
    packer = zlib.compressobj(1, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 24)) for _ in range(65)) + packer.flush()
    with running_edge(folder, environment, "--accept-snapshots") as edge:
        for bytes_, expected in ((b"no gzip", (400, 10021)), (bomb, (413, 10027)),
                                 (gzip.compress(bytes(5000))[:-30], (400, 10021))):
            status, answer = upload(edge, SOURCE.format(word="x"), bytes_, "0" * 32)
            assert (status, answer["errors"][0]["code"]) == expected
        assert edge.result("GET", "/workers/scripts") == []
        assert list((folder / "cache" / "uploaded").iterdir()) == []
