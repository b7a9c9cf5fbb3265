"""What a dev session answers beside the Worker, who may ask for it, and which address the Worker sees."""

import contextlib
import json
from http.client import HTTPConnection
from pathlib import Path

WORKER = """\
from js import JSON, Object
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        headers = {name: request.headers[name] for name in ("host", "origin", "referer")
                   if name in request.headers}
        if "/redirect" in request.url:
            return Response("", status=302, headers=[
                ("Location", "https://shop.example.com/there"),
                ("Set-Cookie", "a=shop.example.com; Domain=shop.example.com; Path=/"),
                ("Set-Cookie", "b=2; Domain=other.example"),
            ])
        return Response.json({"url": request.url, **headers})

    async def scheduled(self, controller, env, ctx):
        if controller.cron == "fail":
            raise RuntimeError("no such day")
        print(f"ran {controller.cron!r}")
"""


def with_worker(project, **settings: object) -> Path:
    directory: Path = project("hello")
    (directory / "src" / "entry.py").write_text(WORKER)
    (directory / "wrangler.toml").unlink(missing_ok=True)
    configuration = {
        "name": "addresses",
        "main": "src/entry.py",
        "compatibility_date": "2026-10-01",
        "compatibility_flags": ["python_workers"],
        **settings,
    }
    (directory / "wrangler.jsonc").write_text(json.dumps(configuration))
    return directory


def test_test_scheduled_runs_the_handler_of_a_python_worker(project, dev):
    directory = with_worker(project, triggers={"crons": ["*/5 * * * *"]})
    with dev(directory, "--test-scheduled") as session:
        assert "not automatically triggered" not in session.output
        answer = session.get("/__scheduled?cron=*/5+*+*+*+*")
        assert (answer.status, answer.text) == (200, "Ran scheduled event")
        session.wait_for_line(r"^ran '\*/5 \* \* \* \*'$")
        assert session.get("/__scheduled?cron=fail").status == 500
        session.wait_for_line("RuntimeError: no such day")
        # What only begins so is the Worker's.
        assert "/__scheduled/x" in session.get("/__scheduled/x").text


def test_without_test_scheduled_the_address_is_the_workers(project, dev):
    with dev(with_worker(project, triggers={"crons": ["*/5 * * * *"]})) as session:
        assert "not automatically triggered" in session.output
        assert session.get("/__scheduled?cron=x").text.startswith("{")
        for alias in ("local", "handler", "mf"):
            answer = session.get(f"/cdn-cgi/{alias}/scheduled?cron={alias}")
            assert (answer.status, answer.text) == (200, "ok")
            session.wait_for_line(f"^ran '{alias}'$")
        answer = session.get("/cdn-cgi/handler/scheduled?cron=fail&format=json")
        assert json.loads(answer.text) == {"outcome": "exception", "noRetry": False}


def test_only_this_machine_reaches_the_local_endpoints(project, dev):
    directory = with_worker(project, routes=["shop.example.com/*", {"pattern": "*.more.example/*"}])
    with dev(directory, "--test-scheduled") as session:
        for path in ("/cdn-cgi/local/scheduled", "/cdn-cgi/mf/scheduled", "/__scheduled"):
            rebound = session.get(path, headers={"Host": "attacker.example"})
            assert (rebound.status, rebound.text) == (403, "Invalid Host header"), path
            crossed = session.get(path, headers={"Origin": "https://attacker.example"})
            assert (crossed.status, crossed.text) == (403, "Invalid Origin header"), path
            assert session.get(path, headers={"Origin": "null"}).status == 403
            for host in ("localhost:1", "127.0.0.1", "[::1]:80", "SHOP.example.com", "more.example"):
                assert session.get(path, headers={"Host": host}).status == 200, (path, host)
            own = session.get(path, headers={"Origin": "http://localhost:3000"})
            assert own.status == 200, path
        # The Worker itself is there for everybody.
        assert session.get("/", headers={"Host": "attacker.example"}).status == 200


def test_the_worker_sees_the_host_that_was_asked_for(project, dev):
    directory = with_worker(project, routes=["elsewhere.example/*"])
    with dev(directory, "--host", "shop.example.com", "--upstream-protocol", "https") as session:
        headers = {"Origin": session.url, "Referer": session.url + "/page"}
        seen = json.loads(session.get("/a?b=1", headers=headers).text)
        assert seen == {
            "url": "https://shop.example.com/a?b=1",
            "host": "shop.example.com",
            "origin": "https://shop.example.com",
            "referer": "https://shop.example.com/page",
        }
        with contextlib.closing(HTTPConnection(session.url.removeprefix("http://"))) as connection:
            connection.request("GET", "/redirect")
            answer = connection.getresponse()
            assert answer.status == 302
            assert answer.headers["location"] == session.url + "/there"
            assert answer.headers.get_all("set-cookie") == [
                "a=shop.example.com; Domain=127.0.0.1; Path=/",
                "b=2; Domain=other.example",
            ]


def test_without_a_host_it_is_that_of_the_first_route(project, dev):
    with dev(with_worker(project, routes=["*/x", "*.elsewhere.example/api/*"])) as session:
        assert json.loads(session.get("/x").text)["url"] == "http://elsewhere.example/x"


def test_the_configuration_names_host_and_protocol(project, dev):
    settings = {"host": "conf.example:8443", "upstream_protocol": "https"}
    with dev(with_worker(project, dev=settings)) as session:
        assert json.loads(session.get("/x").text)["url"] == "https://conf.example:8443/x"


def test_a_host_that_is_none_is_refused(project, cwrangler):
    refused = cwrangler("dev", "--host", "https://example.com/", cwd=with_worker(project))
    assert refused.returncode == 2
    assert '--host takes a host name, and "https://example.com/" is not one' in refused.stderr
