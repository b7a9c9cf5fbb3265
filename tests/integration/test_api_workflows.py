"""Workflows and secrets of versions, on the account."""

import json
import subprocess

import pytest
from dev_process import CWRANGLER
from recorded_api import ACCOUNT, RecordedApi


@pytest.fixture
def played(scratch_environment, tmp_path):
    """``played(case, *arguments)``: runs the command against a recording; what it printed."""

    def run(case, *arguments, change=None, check=True, status=0, text=""):
        with RecordedApi(case) as api:
            if change:
                change(api.exchanges)
            done = subprocess.run([CWRANGLER, *arguments], cwd=tmp_path, env={**scratch_environment, **api.environment},
                                  input=text, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        if check:
            api.check()
        done.api = api
        return done

    return run


@pytest.mark.parametrize("case, arguments, said", [
    ("workflows-list", ["list"], "│ dag-workflow │ big         │ DAGWorkflow │"),
    ("workflows-describe", ["describe", "dag-workflow"], "Script Name:  big"),
    ("workflows-trigger", ["trigger", "dag-workflow", '{"a":1}', "--id", "my-1"],
     'Workflow instance "my-1" has been queued successfully'),
    ("workflows-instances-list", ["instances", "list", "dag-workflow"], "✅ Completed"),
    ("workflows-instances-describe", ["instances", "describe", "dag-workflow", "inst-1"], "Name: step 1-1"),
    ("workflows-instances-terminate", ["instances", "terminate", "dag-workflow", "inst-1"],
     'The instance "inst-1" from dag-workflow was terminated successfully'),
])
def test_workflows_ask_as_recorded(played, case, arguments, said):
    assert said in played(case, "workflows", *arguments).stdout


def test_parameters_of_workflows_are_checked_before_anything_is_sent(played):
    for arguments in (["trigger", "w", "{oops"], ["instances", "send-event", "w", "i", "--type", "t", "--payload", "x"],
                      ["instances", "restart", "w", "i", "--from-step-count", "2"],
                      ["instances", "list", "w", "--status", "odd"]):
        done = played("workflows-trigger", "workflows", *arguments, check=False, status=2)
        assert not done.api.received


def test_workflows_of_a_dev_session_are_refused_with_what_to_do(played):
    for arguments in (["list"], ["trigger", "w"], ["instances", "list", "w"], ["instances", "pause", "w", "i"]):
        for where in (["--local"], ["--local", "--port", "8787"]):
            done = played("workflows-list", "workflows", *arguments, *where, check=False, status=1)
            assert "Workflows do not run in local sessions" in done.stderr
            assert "cwrangler deploy" in done.stderr and "cwrangler workflows trigger" in done.stderr
            assert not done.api.received


def test_what_is_told_an_instance(played):
    def accept(exchanges):
        base = f"/accounts/{ACCOUNT}/workflows/w/instances"
        ok = {"success": True, "errors": [], "messages": [], "result": {}}
        listed = {**ok, "result": [{"id": "old", "created_on": "2026-01-01"}, {"id": "new", "created_on": "2026-02-01"}]}
        exchanges[:] = [
            {"method": "GET", "path": base, "status": 200, "answer": listed},
            *({"method": "PATCH", "path": f"{base}/{which}/status", "status": 200, "answer": ok}
              for which in ("new", "i")),
            {"method": "POST", "path": f"{base}/i/events/a%2Fb", "status": 200, "answer": ok},
        ]

    def sent(*arguments):
        done = played("workflows-trigger", "workflows", "instances", *arguments, change=accept, check=False)
        return done.api.received[-1]

    assert sent("pause", "w", "latest").body == {"json": {"status": "pause"}}
    assert sent("pause", "w", "latest").path.endswith("/instances/new/status")
    assert sent("resume", "w", "i").body == {"json": {"status": "resume"}}
    assert sent("terminate", "w", "i", "--rollback").body == {"json": {"status": "terminate", "rollback": True}}
    assert sent("restart", "w", "i", "--from-step-name", "s", "--from-step-type", "do").body == {
        "json": {"status": "restart", "from": {"name": "s", "type": "do"}}}
    event = sent("send-event", "w", "i", "--type", "a/b", "--payload", '{"x": [1]}')
    assert event.body == {"json": {"x": [1]}} and event.path.endswith("/events/a%2Fb")


def version_api(exchanges):
    ok = {"success": True, "errors": [], "messages": []}
    worker = f"/accounts/{ACCOUNT}/workers/scripts/w"
    version = {"id": "v2", "resources": {"bindings": [
        {"name": "KEY", "type": "secret_text"}, {"name": "TEXT", "type": "plain_text", "text": "shown"}]}}
    exchanges[:] = [
        {"method": "PATCH", "path": f"/accounts/{ACCOUNT}/workers/workers/w/versions/latest", "status": 200,
         "answer": {**ok, "result": {"id": "v3"}}},
        {"method": "GET", "path": f"{worker}/deployments", "status": 200,
         "answer": {**ok, "result": {"deployments": [{"versions": [{"version_id": "v2", "percentage": 100}]}]}}},
        {"method": "GET", "path": f"{worker}/versions/v2", "status": 200, "answer": {**ok, "result": version}},
    ]


def test_secrets_of_a_version_without_traffic(played):
    def run(*arguments, text=""):
        return played("workflows-trigger", "versions", "secret", *arguments, "--name", "w", change=version_api,
                      check=False, text=text)

    def body(done):
        request = done.api.received[-1]
        assert request.content_type == "application/merge-patch+json"
        return request.body["json"]

    put = run("put", "KEY", "--tag", "t", text="s3cret\n")
    assert body(put) == {"env": {"KEY": {"type": "secret_text", "text": "s3cret"}},
                         "annotations": {"workers/message": 'Updated secret "KEY"', "workers/tag": "t"}}
    assert "Created version v3 with secret KEY" in put.stdout and "s3cret" not in put.stdout + put.stderr
    assert body(run("delete", "KEY", "--message", "m")) == {
        "env": {"KEY": None}, "annotations": {"workers/message": "m"}}
    many = run("bulk", text=json.dumps({"A": "1", "B": None}))
    assert body(many)["env"] == {"A": {"type": "secret_text", "text": "1"}, "B": None}
    assert "with 2 secrets" in many.stdout
    listed = run("list")
    assert "-- Version v2 (100%) secrets --" in listed.stdout and "Secret Name: KEY" in listed.stdout
    assert "TEXT" not in listed.stdout


def test_a_version_is_needed_for_its_secrets(played):
    def none(exchanges):
        version_api(exchanges)
        exchanges[0]["status"] = 404
        exchanges[0]["answer"] = {"success": False, "errors": [{"code": 10222, "message": "no versions"}]}

    done = played("workflows-trigger", "versions", "secret", "put", "KEY", "--name", "w", change=none, check=False,
                  status=1, text="s3cret")
    assert "Please upload a version before modifying a secret" in done.stderr
