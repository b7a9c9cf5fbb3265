"""Section 6: tasks that interleave, at awaits and while they block."""

import asyncio
import contextvars
import threading
import time

import js
from pyodide.ffi import create_once_callable, create_proxy, run_sync

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


async def check_what_is_ready_behind_a_callback_that_waits_goes_on(worker):
    """Also where one turn of the event loop runs several callbacks."""
    loop = asyncio.get_running_loop()
    released = asyncio.Event()
    order = []

    def wait():
        run_sync(released.wait())
        order.append("waited")

    def release():
        order.append("released")
        released.set()

    loop.call_soon(wait)
    loop.call_soon(release)
    while len(order) < 2:
        await asyncio.sleep(0)
    equal(order, ["released", "waited"])


async def check_ready_callbacks_come_in_order(worker):
    """Those that become ready in a turn come after all that were; one that was cancelled never does."""
    loop = asyncio.get_running_loop()
    order = []

    def first():
        order.append(1)
        loop.call_soon(order.append, 4)

    loop.call_soon(first)
    loop.call_soon(order.append, 2).cancel()
    loop.call_later(0, order.append, 3)
    while len(order) < 3:
        await asyncio.sleep(0)
    equal(order, [1, 3, 4])


async def check_javascript_runs_while_a_task_only_yields(worker):
    """A loop that asks again and again leaves time for timers and promises."""
    fired = asyncio.Event()
    js.setTimeout(create_once_callable(fired.set), 1)
    while not fired.is_set():
        await asyncio.sleep(0)


async def check_an_exception_in_a_callback_is_the_callbacks(worker):
    """What is ready behind it runs, and the loop's handler is told."""
    loop = asyncio.get_running_loop()
    told = []
    done = asyncio.Event()
    loop.set_exception_handler(lambda _, context: told.append(repr(context["exception"])))
    try:
        loop.call_soon(int, "x")
        loop.call_soon(done.set)
        await done.wait()
    finally:
        loop.set_exception_handler(None)
    equal(len(told), 1)
    assert told[0].startswith("ValueError("), told


async def check_the_task_of_a_request(worker):
    """It can be named and watched before it has waited for anything."""
    task = asyncio.current_task()
    task.add_done_callback(lambda _: None)
    assert task in asyncio.all_tasks()
