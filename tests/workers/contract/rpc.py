"""Calls of the Worker's own entry points through service bindings."""

import asyncio
from datetime import UTC, datetime

from js import Headers
from pyodide.ffi import JsException, run_sync
from workers import Request, Response, WorkerEntrypoint, fetch


class Named(WorkerEntrypoint):
    async def fetch(self, request):
        text = await request.text()
        return Response(f"{request.method} {request.url} {text} {self.ctx.props.tier}")

    def echo(self, value):
        return value

    def describe(self, value):
        return repr(value)

    async def add(self, a, b=0):
        return a + b

    async def call(self, function):
        return await function({"from": "inside"}, 2)

    def counter(self):
        count = 0

        def increment(step=1):
            nonlocal count
            count += step
            return count

        return increment

    def fail(self):
        raise LookupError("nothing of the kind")

    def unserializable(self):
        return object()

    def blocking(self):
        return run_sync(self.env.SELF.named_twice(21))

    def _hidden(self):
        return "not hidden"


async def error_of(call):
    try:
        await call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing was raised"


async def fetches(worker, request):
    answer = await worker.env.NAMED.fetch("http://inside/path", method="POST", body="content")
    passed = await worker.env.NAMED.fetch(Request("http://inside/again", headers=Headers.new()))
    return [answer.status, await answer.text(), await passed.text()]


async def answers(worker, request):
    return await worker.env.SELF.fetch("http://inside/handlers/last_call_or_none")


async def echoes(worker, request):
    named = worker.env.NAMED
    moment = datetime(2026, 6, 1, 12, tzinfo=UTC)
    back = await named.echo(moment)
    value = {"none": None, "list": [1, 2.5, "x", None], "nested": {"flag": True}}
    return [
        await named.echo(None) is None,
        await named.echo(value) == value,
        bytes(await named.echo(b"\x00\xff")) == b"\x00\xff",
        await named.echo({1, 2}) == {1, 2},
        back.timestamp() == moment.timestamp(),
        (await named.echo(value)).nested.flag,
        await named.describe(None),
        await named.describe([{"a": None}]),
        await named.add(1),
        await named.add(1, 2),
        str(await named.echo(ValueError("an error as a value"))),
    ]


async def functions(worker, request):
    seen = []

    async def callback(value, number):
        await asyncio.sleep(0)
        seen.append([value["from"], type(value).__name__, number])
        return {"got": number + 1}

    counter = await worker.env.NAMED.counter()
    counts = [await counter(), await counter(5)]
    return [await worker.env.NAMED.call(callback), seen, counts]


async def errors(worker, request):
    named = worker.env.NAMED
    try:
        await named.fail()
    except JsException as error:
        kept = [error.name, error.message.rstrip().splitlines()[-1]]
    return {
        "kept": kept,
        "unknown": await error_of(named.nothing),
        "reserved": await error_of(named.alarm),
        "arity": await error_of(lambda: named.add(1, 2, 3)),
        "tuple": await error_of(lambda: named.echo((1, 2))),
        "object": await error_of(named.unserializable),
        "other Worker": await error_of(worker.env.OTHER.anything),
        "no entry point": await error_of(worker.env.MISSING.anything),
        "hidden": await named._hidden(),
    }


async def blocking(worker, request):
    return await worker.env.NAMED.blocking()


async def queue(worker, request):

    messages = [
        {"id": str(number), "timestamp": datetime.now(UTC), "attempts": 1, "body": {"n": number}}
        for number in range(3)
    ]
    return (await worker.env._env.SELF.queue("jobs", messages)).to_py()


async def not_local(worker, request):
    env = worker.env

    async def durable():
        env.COUNTER.getByName("x")

    async def workflow():
        await env.FLOW.create()

    async def other():
        env.CHROMIUM

    return [await error_of(durable), await error_of(workflow), await error_of(other)]
