"""Section 4: entry points, how they are called, and what they are given."""

import asyncio

import js
from workers import Request, Response, WorkerEntrypoint, wait_until, waitUntil

from expect import contains, equal, raised_later

done = []


async def check_an_entry_point_of_another_module(worker):
    equal(await worker.env.NAMED.echo(1), 1)


async def check_a_class_whose_base_is_not_imported(worker):
    equal(await worker.env.INHERITED.inherited(), "from the base class")
    equal(await worker.env.INHERITED.own(), "own")


async def check_a_class_under_another_name(worker):
    contains(await raised_later(worker.env.MISNAMED.anything),
             "There is no 'Misnamed' class defined in the Python Worker's main module")


async def check_a_class_with_an_underscore_is_none(worker):
    contains(await raised_later(worker.env.HIDDEN.anything),
             'The Worker has no entrypoint "_Hidden".')


async def check_a_fetch_handler_without_parameters(worker):
    equal(await (await worker.env.NAMED.fetch("http://inside/")).text(), "no parameters")


async def check_what_an_entry_point_is_made_with(worker):
    equal(await worker.env.NAMED.made_with(), ["JsProxy", "_EnvWrapper"])
    equal(await worker.env.NAMED.tier(), "gold")


async def check_an_instance_for_each_call(worker):
    """What one call leaves in its instance is not there for the next."""
    worker.left_by_this_call = True
    assert not hasattr(type(worker), "left_by_this_call")


async def check_an_init_that_blocks(worker):
    equal(await worker.env.WAITING.answer(), 42)


async def check_wait_until_takes_everything_that_can_be_awaited(worker):
    done.clear()
    finished = asyncio.Event()

    async def work(name):
        await asyncio.sleep(0)
        done.append(name)
        if len(done) == 5:
            finished.set()

    worker.ctx.waitUntil(work("coroutine"))
    worker.ctx.waitUntil(asyncio.ensure_future(work("task")))
    worker.ctx.waitUntil(js.Promise.resolve(None))
    wait_until(work("module's"))
    waitUntil(asyncio.create_task(work("module's task")))
    worker.ctx.waitUntil(asyncio.gather(work("gathered"), asyncio.sleep(0)))
    await finished.wait()
    equal(sorted(done), ["coroutine", "gathered", "module's", "module's task", "task"])


def check_the_context(worker):
    equal(js.Object.prototype.toString.call(worker.ctx), "[object ExecutionContext]")
    worker.ctx.passThroughOnException()


async def check_requests_and_responses_are_the_sdks(worker):
    request = Request("http://inside/", method="POST", body="text", headers={"x-a": "1"})
    equal((request.method, request.headers["x-a"], await request.text()), ("POST", "1", "text"))
    response = Response.json({"a": None}, status=201)
    equal((response.status, await response.json()), (201, {"a": None}))
    contains(response.headers["content-type"], "application/json")


def check_the_base_class(worker):
    assert isinstance(worker, WorkerEntrypoint)
    equal(worker.env.GREETING, "hello")
