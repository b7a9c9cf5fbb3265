"""`cwrangler init`: every template runs, as far as local runs go; templates from elsewhere; questions."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from dev_process import CWRANGLER


def test_hello(template, dev):
    with dev(template("hello")) as session:
        assert session.get().text == "Hello World!"


@pytest.mark.network
def test_fastapi(template, dev):
    with dev(template("fastapi")) as session:
        order = json.dumps({"name": "Tea", "price": 3.5, "quantity": 2}).encode()
        answer = session.get("/orders", method="POST", body=order,
                             headers={"content-type": "application/json"})
        assert json.loads(answer.text)["total"] == 7


@pytest.mark.network
def test_django(template, dev):
    with dev(template("django")) as session:
        assert "<p>Hello, &lt;b&gt;!</p>" in session.get("/?name=%3Cb%3E").text
        assert json.loads(session.get("/hello/you").text) == {"message": "Hello, you!"}


def test_d1(template, dev, cwrangler):
    directory = template("d1")
    name = json.loads((directory / "wrangler.jsonc").read_text())["d1_databases"][0]["database_name"]
    applied = cwrangler("d1", "migrations", "apply", name, "--local", cwd=directory)
    assert applied.returncode == 0, applied.stderr
    with dev(directory) as session:
        written = session.get("/", method="POST", body="grüße'; --".encode())
        assert (written.status, json.loads(written.text)) == (201, {"id": 1})
        assert [note["text"] for note in json.loads(session.get().text)] == ["grüße'; --"]
        assert json.loads(session.get("/1").text)["text"] == "grüße'; --"
        assert session.get("/2").status == 404


def test_cron(template, dev):
    with dev(template("cron")) as session:
        assert session.get().text == "It has not run yet."
        ran = session.get("/cdn-cgi/local/scheduled?cron=*/15+*+*+*+*&time=1750000000000")
        assert ran.status == 200
        assert session.get().text == "*/15 * * * * at 2025-06-15 15:06:40"


def test_assets(template, dev):
    with dev(template("assets")) as session:
        assert "<h1>assets-project</h1>" in session.get("/").text
        assert json.loads(session.get("/api/hello").text) == {"message": "Hello from Python"}
        missing = session.get("/nowhere")
        assert missing.status == 404 and "There is no such page" in missing.text


@pytest.mark.parametrize(
    ("name", "greeting", "method", "path"),
    [("workflow", "POST an order", "POST", "/"), ("durable-object", "Ask for a name", "GET", "/tea")],
)
def test_what_local_runs_do_not_have_is_said(template, dev, name, greeting, method, path):
    """The Worker starts and answers; using the feature is an error that says why."""
    directory = template(name)
    assert "Local runs do not have" in (directory / "README.md").read_text()
    with dev(directory) as session:
        assert "not available" in session.output
        assert session.get().text.startswith(greeting)
        body = json.dumps({"item": "tea", "quantity": 1}).encode() if method == "POST" else None
        answer = session.get(path, method=method, body=body)
        assert answer.status == 500
        assert "this runtime does not run" in answer.text


def test_a_folder_as_a_template(template, cwrangler, tmp_path):
    source = template("cron")
    (source / "extra.txt").write_text("kept")
    made = cwrangler("init", "copy", "--template", f"./{source.name}", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    report = json.loads(made.stdout)
    assert report["name"] == "copy" and "extra.txt" in report["files"]
    assert json.loads((tmp_path / "copy" / "wrangler.jsonc").read_text())["name"] == "copy"


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments],
        cwd=directory, check=True, capture_output=True,
    )


def test_a_folder_of_a_git_repository_as_a_template(template, cwrangler, tmp_path):
    repository = tmp_path / "repository"
    (repository / "examples").mkdir(parents=True)
    template("hello").rename(repository / "examples" / "first")
    git(repository, "init", "--quiet", "--initial-branch", "trunk")
    git(repository, "add", "-A")
    git(repository, "commit", "--quiet", "-m", "x")
    address = f"git+file://{repository}@trunk#subdirectory=examples/first"
    made = cwrangler("init", "cloned", "--template", address, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "cloned" / "src" / "entry.py").exists()
    assert not (tmp_path / "cloned" / ".git").exists()
    for wrong, message in (
        (f"git+file://{repository}#subdirectory=nope", "There is no folder nope in"),
        (f"git+file://{tmp_path}/nowhere", "git could not clone"),
    ):
        failed = cwrangler("init", "failed", "--template", wrong, cwd=tmp_path)
        assert failed.returncode == 1 and message in failed.stderr, failed.stderr
        assert not (tmp_path / "failed").exists()


def test_without_a_terminal_nothing_is_asked(cwrangler, tmp_path):
    refused = cwrangler("init", cwd=tmp_path)
    assert refused.returncode == 2 and "--yes" in refused.stderr
    assert cwrangler("init", "--yes", cwd=tmp_path).returncode == 0
    assert (tmp_path / "my-worker" / "src" / "entry.py").exists()


def test_on_a_terminal_the_name_and_the_template_are_asked_for(scratch_environment, tmp_path):
    ours, theirs = pty.openpty()
    process = subprocess.Popen([CWRANGLER, "init"], cwd=tmp_path, env=scratch_environment,
                               stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, b"asked\ncron\n")
    output = b""
    try:
        while chunk := os.read(ours, 4096):
            output += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait(30) == 0, output.decode()
    assert b"Folder of the new Worker?" in output and b"Template?" in output
    assert "scheduled" in (tmp_path / "asked" / "src" / "entry.py").read_text()
