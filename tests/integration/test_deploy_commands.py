"""Commands on deployed Workers: versions, deployments, secrets, triggers, deleting."""

import json
import shutil
import subprocess

import pytest
from dev_process import CWRANGLER
from recorded_api import RECORDINGS, RecordedApi

FIRST = "0c2a3c5b-3566-5cf0-889f-fcc4b1a71767"
SECOND = "2a03cdec-46ea-5f80-8e29-7551ab7404ee"
REPEATS = ("nothing-twice",)


@pytest.fixture
def played(cwrangler, scratch_environment, tmp_path):
    """``played(case, *arguments, …)``: runs the command in the project ``hello`` against a recording.

    ``text`` is its standard input; ``change`` may edit the answers before.
    """
    project = tmp_path / "hello"
    shutil.copytree(RECORDINGS / "projects" / "hello", project)

    def run(case, *arguments, differences=(), text="", change=None, check=True, status=0, config=None):
        if config:
            (project / "wrangler.jsonc").write_text(json.dumps(config))
        with RecordedApi(case, differences) as api:
            if change:
                change(api.exchanges)
            done = subprocess.run(
                [CWRANGLER, *arguments], cwd=project, input=text, capture_output=True, text=True,
                env={**scratch_environment, **api.environment}, timeout=60, check=False,
            )
        assert done.returncode == status, done.stdout + done.stderr
        if check:
            api.check(project)
        done.api = api
        return done

    run.project = project
    return run


def test_versions_are_listed_and_shown(played):
    listed = played("versions-list", "versions", "list").stdout
    assert f"Version ID:  {FIRST}" in listed and "Tag:         v9" in listed and "user@example.com" in listed
    as_json = json.loads(played("versions-list-json", "versions", "list", "--json").stdout)
    assert [version["id"] for version in as_json][-1] == FIRST
    shown = played("versions-view", "versions", "view", FIRST).stdout
    assert "Compatibility Flags:  python_workers" in shown and "Handlers:             fetch" in shown


def test_a_version_is_uploaded_without_traffic(played):
    def without_telemetry(config):
        return {key: value for key, value in config.items() if key != "observability"}

    config = without_telemetry(json.loads((played.project / "wrangler.jsonc").read_text()))
    done = played("versions-upload", "versions", "upload", "--tag", "v9", "--message", "msg", config=config)
    assert "Worker Version ID: 5bb586c7-8c8a-539d-b65e-be6b1497489d" in done.stdout
    assert all("/deployments" not in request.path for request in done.api.received)


def test_a_version_needs_a_worker(played):
    config = json.loads((played.project / "wrangler.jsonc").read_text()) | {"name": "fastapi-worker"}
    done = played("versions-upload-noworker", "versions", "upload", config=config, status=1)
    assert "You cannot upload a new version of a Worker that does not yet exist." in done.stderr


def test_traffic_is_shared(played):
    done = played("versions-deploy", "versions", "deploy", f"{FIRST}@10%", f"{SECOND}@90%", "-y",
                  "--message", "split", differences=("no-read-after-deployment",))
    assert f"version {FIRST} at 10% and version {SECOND} at 90%" in done.stdout
    dry = played("versions-deploy", "versions", "deploy", f"{FIRST}@10%", SECOND, "-y", "--dry-run", check=False)
    assert f"(90%) {SECOND}" in dry.stdout
    assert all(request.method == "GET" for request in dry.api.received)


@pytest.mark.parametrize("specs", [["a@10%"], ["a@60", "b@60"], ["a@100", "b"], ["a@x"], ["@5"], ["a", "a"], []])
def test_shares_that_are_none(played, specs):
    done = played("versions-deploy", "versions", "deploy", *specs, "-y", check=False, status=2)
    assert "VERSION_ID@PERCENTAGE%" in done.stderr and not done.api.received


def test_deployments(played):
    listed = played("deployments-list", "deployments", "list", differences=REPEATS).stdout
    assert f"Version(s):  (10%) {FIRST}" in listed and f"             (90%) {SECOND}" in listed
    assert listed.count("Author:") == 3
    current = played("deployments-status", "deployments", "status", differences=REPEATS).stdout
    assert current.count("Author:") == 1 and "split" in current
    as_json = played("deployments-status", "deployments", "status", "--json", check=False).stdout
    assert json.loads(as_json)["versions"][0] == {"version_id": FIRST, "percentage": 10}


def test_rolling_back(played):
    done = played("rollback", "rollback", FIRST, "-y", "--message", "bad", differences=REPEATS)
    assert f"Current Version ID: {FIRST}" in done.stdout
    by_itself = played("rollback", "rollback", "-y", "--message", "bad", check=False)
    sent = [request.body["json"] for request in by_itself.api.received if request.method == "POST"]
    assert [version["version_id"] for version in sent[0]["versions"]] == [SECOND]


def test_secrets(played):
    done = played("secret-put", "secret", "put", "MY_SECRET", text="s3cret\n")
    assert "✨ Success! Uploaded secret MY_SECRET" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr
    assert json.loads(played("secret-list", "secret", "list").stdout) == [
        {"name": "MY_SECRET", "type": "secret_text"}]
    assert "Secret Name: MY_SECRET" in played("secret-list-pretty", "secret", "list", "--format", "pretty").stdout
    assert "Deleted secret MY_SECRET" in played("secret-delete", "secret", "delete", "MY_SECRET").stdout
    assert "There is no value" in played("secret-put", "secret", "put", "A", check=False, status=1).stderr


@pytest.mark.parametrize("by_file", [True, False])
def test_secrets_at_once(played, by_file):
    secrets = json.dumps({"A": "1", "B": "2", "C": None})
    (played.project / "secrets.json").write_text(secrets)
    arguments = ["secrets.json"] if by_file else []
    done = played("secret-bulk", "secret", "bulk", *arguments, text="" if by_file else secrets)
    assert "💥 1 secrets successfully deleted" in done.stdout
    assert "✨ 2 secrets successfully created" in done.stdout


def test_a_secret_makes_a_worker_that_python_code_can_follow(played):
    done = played("secret-put-noworker", "secret", "put", "MY_SECRET", "--name", "python-cron", text="s3cret",
                  differences=("placeholder-in-python",), check=False)
    assert '🌀 Creating new Worker "python-cron"...' in done.stdout
    upload = next(request for request in done.api.received if request.body.get("multipart"))
    assert upload.body["multipart"][1]["content_type"] == "text/x-python"
    compile(upload.body["multipart"][1]["text"], "entry.py", "exec")
    done.api.check()


def test_triggers_alone(played):
    config = json.loads((played.project / "wrangler.jsonc").read_text()) | {
        "name": "python-cron", "triggers": {"crons": ["*/1 * * * *"]}}
    done = played("triggers-deploy", "triggers", "deploy", config=config, differences=("nothing-twice", "order-of-triggers"))
    assert "  schedule: */1 * * * *" in done.stdout


def test_deleting(played):
    assert "Successfully deleted hello-python" in played(
        "delete", "delete", "--force", differences=("no-sites",)).stdout
    assert "Successfully deleted vendored" in played(
        "delete-confirm", "delete", "vendored", differences=("no-sites",)).stdout


def test_a_worker_that_others_use_is_not_deleted_in_passing(played):
    def used(exchanges):
        exchanges[0]["answer"]["result"]["services"]["incoming"] = [{"service": "shop", "name": "API"}]

    done = played("delete-confirm", "delete", "vendored", change=used, check=False, status=1)
    assert "shop" in done.stderr and "--force" in done.stderr
    assert all(request.method == "GET" for request in done.api.received)


def test_the_worker_must_be_named(cwrangler, tmp_path):
    done = cwrangler("secret", "list", cwd=tmp_path)
    assert done.returncode == 2 and "Required Worker name missing." in done.stderr
