"""What a supervisor can ask of a runtime beside requests: to run a schedule, to tell of invocations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from runtime_process import Runtime

WORKER = """
    import asyncio

    from js import console
    from workers import Response, WorkerEntrypoint


    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            name = request.url.rsplit("/", 1)[1]
            print(f"{name} begins")
            await asyncio.sleep(0.01)
            console.warn(name, 7)
            self.ctx.waitUntil(self.later(name))
            if name == "fail":
                raise ValueError("as told")
            return Response(name, status=202)

        async def later(self, name):
            await asyncio.sleep(0.01)
            print(f"{name} ends")

        async def scheduled(self, controller, env, ctx):
            print(controller.cron, int(controller.scheduledTime))
            if controller.cron == "fail":
                raise ValueError("as told")
"""

TIME = 1_790_000_000_000


@pytest.fixture
def traced(runtime: Runtime) -> Iterator[Runtime]:
    runtime.send({"type": "tracing", "enabled": True})
    yield runtime
    runtime.send({"type": "tracing", "enabled": False})
    runtime.drop_messages()


def trace_of(runtime: Runtime, path: str) -> dict:
    """The trace of the request of this path, after the last message that was looked at."""
    while True:
        event = runtime.wait_for("trace")["event"]
        if event["event"].get("request", {}).get("url", "").endswith(path):
            return event


def lines(event: dict) -> list[tuple[str, list]]:
    return [(line["level"], line["message"]) for line in event["logs"]]


def test_an_invocation_is_told_when_all_of_it_is_over(traced: Runtime) -> None:
    status, _ = traced.get("/one", Authorization="Bearer secret", X_Mine="yes")
    assert status == 202
    event = trace_of(traced, "/one")
    assert event["outcome"] == "ok"
    assert event["exceptions"] == []
    assert lines(event) == [("log", ["one begins"]), ("warn", ["one", 7]), ("log", ["one ends"])]
    request = event["event"]["request"]
    assert (request["method"], request["headers"]["x-mine"]) == ("GET", "yes")
    assert event["event"]["response"] == {"status": 202}
    assert "secret" not in json.dumps(event)


def test_each_line_belongs_to_its_invocation(traced: Runtime) -> None:
    names = [f"worker-{i}" for i in range(16)]
    with ThreadPoolExecutor(16) as pool:
        assert [status for status, _ in pool.map(traced.get, [f"/{name}" for name in names])] == [
            202] * 16
    events = {}
    while len(events) < len(names):
        event = traced.wait_for("trace")["event"]
        events[event["event"]["request"]["url"].rsplit("/", 1)[1]] = event
    for name in names:
        assert lines(events[name]) == [
            ("log", [f"{name} begins"]), ("warn", [name, 7]), ("log", [f"{name} ends"])]


def test_an_exception_is_told(traced: Runtime) -> None:
    assert traced.get("/fail")[0] == 500
    event = trace_of(traced, "/fail")
    assert event["outcome"] == "exception"
    (exception,) = event["exceptions"]
    assert "ValueError: as told" in exception["message"]


@pytest.mark.parametrize(("cron", "outcome"), [("*/5 * * * *", "ok"), ("fail", "exception")])
def test_a_schedule_is_run(traced: Runtime, cron: str, outcome: str) -> None:
    traced.send({"type": "scheduled", "cron": cron, "scheduled_time": TIME})
    while True:
        event = traced.wait_for("trace")["event"]
        if "cron" in event["event"]:
            break
    assert event["event"] == {"cron": cron, "scheduledTime": TIME}
    assert event["outcome"] == outcome
    assert lines(event)[0] == ("log", [f"{cron} {TIME}"])


def test_nothing_is_told_while_nobody_listens(runtime: Runtime) -> None:
    # Until the order of the test before, to tell no more, is obeyed: a request's trace is there when the next one ends.
    while True:
        runtime.drop_messages()
        for _ in range(2):
            runtime.get("/quiet")
            runtime.wait_for("console", text="quiet ends")
        if not any(m["type"] == "trace" for m in runtime.messages):
            break
    assert runtime.get("/alone")[0] == 202
    runtime.wait_for("console", text="alone ends")
    runtime.send({"type": "tracing", "enabled": True})
    # Orders are obeyed in turn: the request after this one may be the first that is told.
    while True:
        runtime.get("/heard")
        runtime.wait_for("console", text="heard ends")
        told = [m for m in runtime.messages if m["type"] == "trace"]
        if told:
            break
    assert all(m["event"]["event"]["request"]["url"].endswith("/heard") for m in told)
    runtime.send({"type": "tracing", "enabled": False})
    runtime.drop_messages()


@pytest.mark.parametrize("order", [
    {"type": "tracing"}, {"type": "tracing", "enabled": "yes"}, {"type": "scheduled"},
    {"type": "scheduled", "cron": 3, "scheduled_time": "now"},
])
def test_an_order_that_is_none_is_ignored(runtime: Runtime, order: dict) -> None:
    runtime.send(order)
    assert runtime.get("/still")[0] == 202
    runtime.drop_messages()
