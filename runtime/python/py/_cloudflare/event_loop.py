"""Callbacks that are ready run together, in one task of the host's event loop.

Pyodide gives each callback a task, a proxy and a stack of its own, which costs more than what most of
them do. As in CPython's own loop a turn runs what was ready when it began; what becomes ready meanwhile
is for the next one, so that timers and sockets get their turn in between.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from time import monotonic
from typing import Any

from .async_context import scope_of

# Seconds. Callbacks of several requests run in one turn, and the host ends a turn that takes too long as
# the fault of the Worker: what one request may use must not be used up by the others.
_LONGEST_TURN = 0.005

_ready: deque[asyncio.Handle] = deque()
_wake: Callable[[], None]
_show: Callable[[Any], None]


def install(host: Any) -> None:
    """Takes the place of Pyodide's scheduling. `host.wake()` makes the host call `run_ready` soon,
    `host.show(scope)` puts a scope in force for JavaScript that the running callback calls."""
    global _wake, _show  # noqa: PLW0603
    # Imports of the foreign function interface, which comes up after this package.
    from pyodide.webloop import WebLoop  # noqa: PLC0415

    # A function without its object could not be found again by who restores a snapshot.
    _wake, _show = host.wake, host.show
    call_later = WebLoop.call_later

    def later(
        self: WebLoop,
        delay: float,
        callback: Callable[..., Any],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.Handle:
        if delay == 0:
            return _call_soon(self, callback, *args, context=context)
        return call_later(self, delay, callback, *args, context=context)

    WebLoop.call_soon = _call_soon
    WebLoop.call_later = later


def _call_soon(
    loop: Any, callback: Callable[..., Any], *args: Any, context: Context | None = None
) -> asyncio.Handle:
    handle = asyncio.Handle(callback, args, loop, context)
    _ready.append(handle)
    if len(_ready) == 1:
        _wake()
    return handle


def run_ready() -> None:
    """One turn. When a callback waits (`run_sync`), the host begins another one for those behind it."""
    end = monotonic() + _LONGEST_TURN
    entered = shown = None
    try:
        for _ in range(len(_ready)):
            if not _ready:
                break  # the turns that came while a callback of this one waited ran them
            handle = _ready.popleft()
            if handle.cancelled():
                continue
            loop = handle._loop
            if loop is not entered:
                enter_loop(loop)
                entered = loop
            elif asyncio._get_running_loop() is not loop:
                asyncio._set_running_loop(loop)
            if (scope := scope_of(handle._context)) is not shown:
                _show(scope)
                shown = scope
            _run(handle, loop)
            if monotonic() > end:
                break
    finally:
        if _ready:
            _wake()


def enter_loop(loop: Any) -> None:
    """What belongs to the stack that callbacks run on: each turn has its own."""
    if hasattr(loop, "_install_running_loop"):  # not in older versions, which have one for all stacks
        loop._install_running_loop()
        loop._install_asyncgen_hooks()
    elif asyncio._get_running_loop() is not loop:
        asyncio._set_running_loop(loop)


def _run(handle: asyncio.Handle, loop: Any) -> None:
    try:
        handle._run()
    except SystemExit as error:
        if not loop._system_exit_handler:
            raise
        loop._system_exit_handler(error.code)
    except KeyboardInterrupt:
        if not loop._keyboard_interrupt_handler:
            raise
        loop._keyboard_interrupt_handler()
