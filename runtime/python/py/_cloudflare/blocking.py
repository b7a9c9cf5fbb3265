"""Calls of the standard library that block the whole instance although they need not: `time.sleep`.

Newer versions of Pyodide do this themselves.
"""

import time
from typing import Any


def sleep_without_blocking_others() -> None:
    """Makes `time.sleep` wait as `run_sync` does, where that is possible."""
    # Imports of the foreign function interface, which comes up after this package.
    import asyncio  # noqa: PLC0415

    from pyodide.ffi import can_run_sync, run_sync  # noqa: PLC0415

    block = time.sleep

    def sleep(seconds: Any, /) -> None:
        """Waits; other tasks run meanwhile."""
        if seconds > 0 and can_run_sync():
            run_sync(asyncio.sleep(seconds))
        else:
            block(seconds)

    time.sleep = sleep
