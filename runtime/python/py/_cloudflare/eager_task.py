"""A task that runs at once, up to where it has to wait. Much of what answers a request never does."""

from __future__ import annotations

from asyncio import AbstractEventLoop, Task
from types import CoroutineType
from typing import Any

from pyodide.webloop import PyodideTask


class EagerTask(PyodideTask):
    """One that the event loop need not turn for when its coroutine does not wait."""

    def __init__(self, coroutine: CoroutineType[Any, Any, Any], loop: AbstractEventLoop) -> None:
        # The base class sets it when the coroutine may have asked for it already.
        self._num_done_callbacks = 0
        Task.__init__(self, coroutine, loop=loop, eager_start=True)
