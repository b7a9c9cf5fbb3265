"""Section 4 where it needs a Worker of its own: functions as handlers, `__all__`, strict arity."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conformance import VERSIONS, configuration
from runtime_process import Runtime, running

FUNCTIONS = """
import asyncio

from workers import Request, Response, handler

waiting = 0
both = asyncio.Event()


@handler
async def on_fetch(request, env):
    global waiting
    assert isinstance(request, Request), type(request)
    assert type(env).__name__ == "_EnvWrapper", type(env)
    if request.url.endswith("/together"):
        # Each waits until the other is inside, too.
        waiting += 1
        if waiting == 2:
            both.set()
        await both.wait()
    if request.url.endswith("/abandoned"):
        print("begun")
        try:
            await asyncio.Event().wait()
        finally:
            print("cleaned up")
    return Response(f"{request.method} {env.GREETING}")


def on_scheduled(controller):
    print(f"scheduled {controller.cron}")
"""

CLASSES = """
from workers import DurableObject, Response, WorkerEntrypoint, WorkflowEntrypoint

__all__ = ["Default", "Listed"]


class Listed(WorkerEntrypoint):
    def name(self):
        return "listed"


class Unlisted(WorkerEntrypoint):
    def name(self):
        return "unlisted"


class Room(DurableObject):
    async def enter(self):
        return "not run here"


class Steps(WorkflowEntrypoint):
    async def run(self, event, step):
        return None


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        binding = getattr(self.env, request.url.rsplit("/", 1)[1])
        try:
            return Response(await binding.name())
        except Exception as error:
            return Response(f"{type(error).__name__}: {error}")

    async def scheduled(self, controller):
        print("called with too few parameters")
"""


def run(folder: Path, source: str, version: str, **changes: object) -> Iterator[Runtime]:
    (folder / "entry.py").write_text(source)
    with running() as runtime:
        runtime.load(configuration(folder, version, local_endpoints=True, **changes))
        runtime.wait_for("loaded")
        yield runtime


@pytest.fixture(scope="module", params=VERSIONS)
def functions(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runtime]:
    yield from run(
        tmp_path_factory.mktemp("functions"), FUNCTIONS, request.param, compatibility_date="2024-03-29"
    )


@pytest.fixture(scope="module", params=VERSIONS)
def classes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runtime]:
    bindings = [
        {"name": name, "type": "service", "service": "test", "entrypoint": name}
        for name in ("Listed", "Unlisted")
    ]
    yield from run(tmp_path_factory.mktemp("classes"), CLASSES, request.param, bindings=bindings)


def test_a_decorated_function_gets_the_sdks_objects(functions: Runtime) -> None:
    assert functions.get("/") == (200, "GET hello")


def test_functions_answer_at_the_same_time(functions: Runtime) -> None:
    first, second = functions.connect(), functions.connect()
    for connection in (first, second):
        connection.request("GET", "/together")
    for connection in (first, second):
        assert connection.getresponse().read() == b"GET hello"
        connection.close()


def test_a_request_whose_client_leaves_is_cancelled(functions: Runtime) -> None:
    connection = functions.connect()
    connection.request("GET", "/abandoned")
    functions.wait_for("console", text="begun")
    connection.close()
    functions.wait_for("console", text="cleaned up")
    assert functions.get("/") == (200, "GET hello")


def test_functions_take_as_many_arguments_as_they_like(functions: Runtime) -> None:
    assert functions.get("/cdn-cgi/mf/scheduled?cron=x") == (200, "ok")
    functions.wait_for("console", text="scheduled x")


def test_only_names_in_all_are_entry_points(classes: Runtime) -> None:
    assert classes.get("/Listed") == (200, "listed")
    status, text = classes.get("/Unlisted")
    assert status == 200
    assert 'The Worker has no entrypoint "Unlisted".' in text


def test_methods_for_other_events_take_three_arguments(classes: Runtime) -> None:
    assert classes.get("/cdn-cgi/mf/scheduled")[0] == 500
    stack = classes.wait_for("exception")["stack"]
    assert "scheduled() takes 2 positional arguments but 4 were given" in stack
