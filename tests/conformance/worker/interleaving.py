"""Section 6: tasks that interleave, at awaits and while they block."""

import asyncio
import contextvars
import threading
import time

import js
from pyodide.ffi import create_proxy, run_sync

from expect import contains, equal, raised

variable = contextvars.ContextVar("variable", default="unset")
local = threading.local()


async def check_context_variables_of_interleaved_tasks(worker):
    await apart(lambda event: event.wait())


async def check_context_variables_of_blocking_tasks(worker):
    async def block(event):
        run_sync(event.wait())

    await apart(block)


async def apart(wait):
    """Two tasks set the same variable, and each waits until the other has."""
    seen = {}
    events = {"a": asyncio.Event(), "b": asyncio.Event()}

    async def task(own, other):
        equal(variable.get(), "unset")
        variable.set(own)
        events[own].set()
        await wait(events[other])
        seen[own] = variable.get()
        token = variable.set("inner")
        run_sync(asyncio.sleep(0.001))
        seen[own] += " " + variable.get()
        variable.reset(token)
        seen[own] += " " + variable.get()

    await asyncio.gather(task("a", "b"), task("b", "a"))
    equal(seen, {"a": "a inner a", "b": "b inner b"})
    equal(variable.get(), "unset")


def check_context_variables_begin_unset(worker):
    equal(variable.get(), "unset")
    variable.set("left behind")


def check_context_variables_do_not_stay_for_the_next_request(worker):
    check_context_variables_begin_unset(worker)


async def check_tasks_inherit_context_variables(worker):
    variable.set("inherited")

    async def look():
        return variable.get()

    equal(await asyncio.create_task(look()), "inherited")
    equal(run_sync(look()), "inherited")


def check_sleep_blocks_only_its_task(worker):
    order = []

    async def other():
        await asyncio.sleep(0.001)
        order.append("other")

    task = asyncio.ensure_future(other())
    time.sleep(0.05)
    order.append("this")
    run_sync(task)
    equal(order, ["other", "this"])


def check_asyncio_run_inside_a_handler(worker):
    async def main():
        await asyncio.sleep(0.001)
        return await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2))

    equal(asyncio.run(main()), [1, 2])
    equal(asyncio.run(main()), [1, 2])


async def check_blocking_in_blocking(worker):
    async def inner():
        run_sync(asyncio.sleep(0.001))
        return "inner"

    async def outer():
        return "outer " + run_sync(inner())

    equal(run_sync(outer()), "outer inner")


async def check_tasks_that_end_in_another_order_than_they_began(worker):
    order = []

    async def block(name, seconds):
        run_sync(asyncio.sleep(seconds))
        order.append(name)
        return name

    equal(await asyncio.gather(block("slow", 0.06), block("middle", 0.03), block("fast", 0.001)),
          ["slow", "middle", "fast"])
    equal(order, ["fast", "middle", "slow"])


async def check_exceptions_through_blocking_calls(worker):
    async def fail():
        await asyncio.sleep(0)
        raise LookupError("out")

    contains(raised(lambda: run_sync(fail())), "LookupError: out")
    contains(raised(lambda: run_sync(js.Promise.reject(js.RangeError.new("js")))), "RangeError: js")


async def check_a_synchronous_callback_cannot_block(worker):
    message = []

    def block(*_):
        message.append(raised(lambda: run_sync(asyncio.sleep(0))))

    callback = create_proxy(block)
    js.Array.of(1).forEach(callback)
    # Called through JavaScript within a call that may block, it may as well.
    finished = asyncio.Event()

    def later():
        block()
        finished.set()

    timer = create_proxy(later)
    js.setTimeout(timer, 1)
    await finished.wait()
    contains(message[-1], "RuntimeError: Cannot stack switch")
    callback.destroy()
    timer.destroy()


async def check_cancelling_a_task(worker):
    task = asyncio.ensure_future(asyncio.Event().wait())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return
    raise AssertionError("nothing was raised")


async def check_limits_on_waiting(worker):
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.005)
    except TimeoutError:
        return
    raise AssertionError("nothing was raised")
