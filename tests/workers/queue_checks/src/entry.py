"""Sends to queues, and prints what its consumer gets: a line of JSON for each message."""

import asyncio
import json
import os
import time
from urllib.parse import unquote, urlsplit

from js import JSON
from workers import Request, Response, WorkerEntrypoint, import_from_javascript

VERSION = 1
under_way = 0
arrived = 0


class Default(WorkerEntrypoint):
    """/js/NAME: a check in JavaScript; /py/NAME: one of Checks; /send/BINDING: sends the JSON body."""

    async def fetch(self, request: Request) -> Response:
        area, _, name = unquote(urlsplit(request.url).path)[1:].partition("/")
        if area == "js":
            checks = import_from_javascript("./checks.mjs")
            env = getattr(self.env, "_env", self.env)
            return Response(JSON.stringify(await getattr(checks, name)(env)))
        if area == "py":
            return Response.json(await getattr(Checks(self.env), name)())
        if area == "signal":
            await self.env.SIGNALS.put(name, "given")
        else:
            sent = json.loads(await request.text())
            await getattr(self.env, name).sendBatch(sent)
        return Response("", status=201)

    async def queue(self, batch, env, ctx) -> None:
        global under_way
        under_way += 1
        for message in batch.messages:
            print(json.dumps({
                "queue": batch.queue,
                "of": len(batch.messages),
                "backlog": batch.metadata["metrics"]["backlogCount"],
                "id": message.id,
                "attempts": message.attempts,
                "age": time.time() - message.timestamp.timestamp(),
                "body": plain(message.body),
                "under_way": under_way,
                "version": VERSION,
            }))
        try:
            for message in batch.messages:
                await follow(message, batch, self.env)
                if message.body == "background":
                    self.ctx.waitUntil(fail_later())
        finally:
            under_way -= 1


def plain(value) -> object:
    """A body as JSON can have it."""
    if isinstance(value, memoryview):
        return list(value)
    return getattr(value, "to_py", lambda: value)()


async def follow(message, batch, env) -> None:
    """Does what the message says: {"do": what, "first": whether at the first attempt only}."""
    orders = plain(message.body)
    if not isinstance(orders, dict) or batch.queue == "lost":
        return
    if orders.get("first") and message.attempts > 1:
        return
    match orders.get("do"):
        case "ack":
            message.ack()
        case "retry":
            message.retry(delaySeconds=orders.get("delay", 0))
        case "ack all":
            batch.ackAll()
        case "retry all":
            batch.retryAll()
        case "fail":
            raise ValueError("as ordered")
        case "exit":
            os._exit(1)
        case "wait":
            while await env.SIGNALS.get(orders["for"]) is None:
                await asyncio.sleep(0.02)
        case "meet":
            await meet()


async def fail_later() -> None:
    await asyncio.sleep(0.02)
    raise ValueError("in the background")


async def meet() -> None:
    """Waits until two are here at once."""
    global arrived
    arrived += 1
    while arrived < 2:
        await asyncio.sleep(0.02)


async def problem(call) -> str:
    """What the call fails with; empty when it does not."""
    try:
        await call
    except Exception as error:  # the test says which one is expected
        return str(error).splitlines()[-1]
    return ""


class Checks:
    def __init__(self, env) -> None:
        self.env = env

    async def sends(self) -> object:
        sent = await self.env.NOBODY.send({"a": [1, None]})
        batch = await self.env.NOBODY.sendBatch(
            [{"body": "é", "contentType": "text"}, {"body": b"\x00\xff", "contentType": "bytes"}])
        metrics = await self.env.NOBODY.metrics()
        return [backlog(sent["metadata"]["metrics"]), backlog(batch["metadata"]["metrics"]),
                backlog(metrics)]

    async def refusals(self) -> object:
        queue = self.env.NOBODY
        return [
            await problem(queue.send("x" * 128_000)),
            await problem(queue.send("x", delaySeconds=43_201)),
            await problem(queue.send(1, contentType="text")),
        ]

    async def full_disk(self) -> object:
        await self.env.NOBODY.send("before")
        found = ""
        for _ in range(100):
            found = await problem(self.env.NOBODY.send("x" * 100_000))
            if found:
                break
        return [found, (await self.env.NOBODY.metrics())["backlogCount"] > 0]


def backlog(metrics) -> list:
    return [metrics["backlogCount"], metrics["backlogBytes"],
            type(metrics["oldestMessageTimestamp"]).__name__]
