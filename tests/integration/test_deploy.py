"""`deploy`: what is asked of the API, as wrangler was recorded to ask it, and what is said about it."""

import json
import shutil

import pytest
from recorded_api import RECORDINGS, RecordedApi, received_parts

TRIGGERS = ("nothing-twice", "order-of-triggers")
BIG = (*TRIGGERS, "buckets-not-listed")


@pytest.fixture
def recorded_project(tmp_path):
    """``recorded_project("big")``: a copy of a project that was deployed in a recording."""

    def copy(name):
        return shutil.copytree(RECORDINGS / "projects" / name, tmp_path / name)

    return copy


@pytest.fixture
def deploy(cwrangler, recorded_project):
    """``deploy(case, project, *arguments)``: plays the recording back; the process and the API."""

    def run(case, name, *arguments, differences=TRIGGERS, env=None):
        project = recorded_project(name)
        with RecordedApi(case, differences) as api:
            done = cwrangler("deploy", *arguments, cwd=project, env={**api.environment, **(env or {})})
        api.project = project
        return done, api

    return run


@pytest.mark.parametrize(
    "case, project, arguments, modules",
    [
        ("deploy-hello-first", "hello", [], "."),
        ("deploy-hello-second", "hello", [], "."),
        ("deploy-old-toml-requirements", "old", [], "src"),
        ("deploy-routes", "routed", [], "."),
        ("deploy-vendored", "vendored", [], "src"),
        ("deploy-big-first", "big", ["--tag", "t1", "--message", "first deploy", "--var", "EXTRA:val"], "src"),
        ("deploy-big-second", "big", ["--keep-vars"], "src"),
        ("deploy-big-env", "big", ["--env", "staging"], "src"),
    ],
)
def test_a_deployment_asks_as_recorded(deploy, case, project, arguments, modules):
    done, api = deploy(case, project, *arguments, differences=BIG if project == "big" else TRIGGERS)
    assert done.returncode == 0, done.stderr
    api.check(api.project / modules)
    uploads = [e for e in api.exchanges if "multipart" in e and e["path"].find("/assets/") < 0]
    version = uploads[0]["answer"]["result"].get("deployment_id") or uploads[0]["answer"]["result"]["id"]
    assert f"Current Version ID: {version[:8]}-" in done.stdout
    assert "Worker Startup Time: 42 ms" in done.stdout
    assert "Total Upload: " in done.stdout and " / gzip: " in done.stdout


def test_what_is_said_of_a_large_deployment(deploy):
    done, _ = deploy("deploy-big-first", "big", "--var", "EXTRA:secret-value", differences=BIG)
    for line in (
        "+ /css/style.css",
        "Uploaded 2 of 2 assets",
        '🌀 Creating new R2 Bucket "my-bucket"...',
        "  https://big.test-sub.workers.dev",
        "  schedule: */1 * * * *",
        "  Producer for my-queue",
        "  Consumer for my-queue",
        "  workflow: dag-workflow",
    ):
        assert line in done.stdout.splitlines(), line
    for words in (
        ("env.LISTS (List)", "Durable Object"), ("env.KV (kvid0123)", "KV Namespace"),
        ("env.DB (quotes)", "D1 Database"), ("env.SVC (other#Named)", "Worker"),
        ("env.RL (10 requests/60s)", "Rate Limit"), ("env.MAIL (unrestricted)", "Send Email"),
        ('env.MESSAGE ("My env var")', "Environment Variable"), ('env.OBJ ({"a":[1,2]})', "Environment"),
        ('env.EXTRA ("(hidden)")', "Environment Variable"),
    ):
        assert any(all(word in line for word in words) for line in done.stdout.splitlines()), words
    assert "secret-value" not in done.stdout + done.stderr
    assert "Multiple environments are defined" in done.stderr


def test_routes_are_named(deploy):
    done, _ = deploy("deploy-routes", "routed")
    assert done.stdout.splitlines()[-3:-1] == ["  example.com/api/*", "  app.example.com (custom domain)"]


def test_a_dry_run_needs_no_credentials_and_asks_nothing(cwrangler, recorded_project):
    project = recorded_project("vendored")
    (project / "python_modules" / "left_out.pyc").write_bytes(b"\0")
    done = cwrangler("deploy", "--dry-run", "--outdir", "dist", "--outfile", "body", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "Total (19 modules)" in done.stdout and "Vendored Modules" in done.stdout
    assert "No bindings found." in done.stdout
    assert done.stdout.endswith("--dry-run: exiting now.\n")
    names = sorted(str(f.relative_to(project / "dist")) for f in (project / "dist").rglob("*") if f.is_file())
    assert "python_modules/workers/sdk.mjs" in names and "README.md" in names and len(names) == 21
    body = (project / "body").read_bytes()
    boundary = body[2 : body.index(b"\r\n")].decode()
    parts = received_parts(f"multipart/form-data; boundary={boundary}", body)
    assert parts[0]["name"] == "metadata" and json.loads(parts[0]["content"])["main_module"] == "entry.py"
    assert [part["name"] for part in parts[1:]][0] == "entry.py"
    assert (project / "body").stat().st_mode & 0o77 == 0


def test_what_is_missing_is_said_before_anything_is_sent(cwrangler, recorded_project):
    project = recorded_project("hello")
    config = json.loads((project / "wrangler.jsonc").read_text())
    for key, words in {
        "name": "You need to provide the name of your worker",
        "compatibility_date": "A compatibility_date is required when uploading a Worker",
        "main": "Missing entry-point",
    }.items():
        (project / "wrangler.jsonc").write_text(json.dumps({k: v for k, v in config.items() if k != key}))
        done = cwrangler("deploy", cwd=project)
        assert done.returncode == 1 and words in done.stderr, done.stderr
    (project / "wrangler.jsonc").write_text(json.dumps(config))
    done = cwrangler("deploy", cwd=project)
    assert done.returncode == 1 and "CLOUDFLARE_API_TOKEN" in done.stderr


@pytest.mark.parametrize("form", ['{"A": "s3cret", "B": "two"}', "A=s3cret\nB='two'\n"])
def test_secrets_of_a_file_go_with_the_upload(deploy, tmp_path, form):
    (tmp_path / "secrets").write_text(form)
    done, api = deploy("deploy-hello-first", "hello", "--secrets-file", str(tmp_path / "secrets"))
    assert done.returncode == 0, done.stderr
    upload = next(request for request in api.received if request.method == "PUT")
    bindings = upload.body["multipart"][0]["json"]["bindings"]
    assert {"name": "A", "type": "secret_text", "text": "s3cret"} in bindings and len(bindings) == 2
    assert "s3cret" not in done.stdout + done.stderr


def test_a_size_limit_names_the_largest_modules(deploy):
    done, api = deploy("err-size-10027", "hello")
    assert done.returncode == 1
    assert "Your Worker failed validation because it exceeded size limits." in done.stderr
    assert "workers.api.error.script_too_large [code: 10027]" in done.stderr
    assert "- entry.py - 0." in done.stderr and "cwrangler tree --size" in done.stderr
    api.check(api.project)


def test_a_server_that_fails_is_asked_three_times(deploy):
    done, api = deploy("err-500-retry", "hello")
    assert done.returncode == 1
    assert "Received a malformed response from the API" in done.stderr
    assert "<html>oops</html>" in done.stderr
    api.check(api.project)


@pytest.mark.parametrize("case", ["err-auth-deploy", "err-auth-deploy-scope"])
def test_refused_credentials(deploy, case):
    done, api = deploy(case, "hello", differences=("no-identity-after-refusal",))
    assert done.returncode == 1
    assert "Authentication error [code: 10000]" in done.stderr
    api.check()


def test_a_trigger_that_fails_does_not_stop_the_others(cwrangler, recorded_project):
    project = recorded_project("routed")
    with RecordedApi("deploy-routes") as api:
        for exchange in api.exchanges:
            if exchange["path"].endswith("/routes"):
                exchange["status"] = 403
                exchange["answer"] = {"success": False, "errors": [{"code": 10013, "message": "not your zone"}]}
        done = cwrangler("deploy", cwd=project, env=api.environment)
    assert done.returncode == 1
    assert 'Trigger configuration for "routed" was only partially updated.' in done.stderr
    assert "not your zone [code: 10013]" in done.stderr
    assert "in force: app.example.com (custom domain)" in done.stderr
    assert "cwrangler triggers deploy" in done.stderr


def test_a_version_that_gets_no_traffic_is_named(cwrangler, recorded_project):
    project = recorded_project("hello")
    with RecordedApi("deploy-hello-second") as api:
        for exchange in api.exchanges:
            if exchange["method"] == "POST" and exchange["path"].endswith("/deployments"):
                exchange["status"] = 400
                exchange["answer"] = {"success": False, "errors": [{"code": 1, "message": "no"}]}
        done = cwrangler("deploy", cwd=project, env=api.environment)
    version = next(e for e in api.exchanges if e["path"].endswith("/versions"))["answer"]["result"]["id"]
    assert done.returncode == 1
    assert f"The version {version} is uploaded, but not deployed" in done.stderr
    assert f"cwrangler versions deploy {version}@100%" in done.stderr


@pytest.mark.parametrize("origin", ["dash", "api"])
def test_strict_does_not_overwrite_what_others_made(cwrangler, recorded_project, origin):
    project = recorded_project("hello")
    with RecordedApi("deploy-hello-second") as api:
        script = api.exchanges[0]["answer"]["result"]["default_environment"]["script"]
        script["last_deployed_from"] = origin
        strict = cwrangler("deploy", "--strict", cwd=project, env=api.environment)
        assert strict.returncode == 1 and "--strict" in strict.stderr
        assert all(request.method == "GET" for request in api.received)
        done = cwrangler("deploy", cwd=project, env=api.environment)
        assert done.returncode == 0 and "You are about to publish" in done.stderr


def test_ci_tools_are_told(deploy, tmp_path):
    done, _ = deploy("deploy-hello-first", "hello",
                     env={"WRANGLER_OUTPUT_FILE_PATH": str(tmp_path / "events")})
    assert done.returncode == 0
    event = json.loads((tmp_path / "events").read_text().splitlines()[-1])
    assert event["type"] == "deploy" and event["worker_name"] == "hello-python"
    assert event["version_id"] == "0c2a3c5b-3566-5cf0-889f-fcc4b1a71767"
    assert event["targets"] == ["https://hello-python.test-sub.workers.dev"]
