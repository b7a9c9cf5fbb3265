"""What packages take for granted about the place they run in."""

import asyncio
import contextvars
import importlib.metadata
import importlib.resources
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pyodide.ffi import run_sync
from workers import Request

IMPORTED_WITH = dict(os.environ)
NAME: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")


async def files(_: Request) -> dict[str, Any]:
    beside = Path(__file__).parent / "site_files" / "page.html"
    resource = importlib.resources.files("site_files") / "page.html"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scratch.txt"
        path.write_text("scratch")
        written = path.read_text()
    try:
        (Path(__file__).parent / "new.txt").write_text("x")
        refused = ""
    except OSError as error:
        refused = type(error).__name__
    return {
        "beside": beside.read_text(),
        "resource": resource.read_text(),
        "temporary": folder,
        "written": written,
        "refused": refused,
    }


async def metadata(_: Request) -> dict[str, Any]:
    names = {distribution.name.lower() for distribution in importlib.metadata.distributions()}
    return {
        "version": importlib.metadata.version("fastapi"),
        "installed": sorted(names & {"flask", "jinja2", "markupsafe"}),
    }


async def environ(_: Request) -> dict[str, Any]:
    os.environ["ADDED_BY_A_REQUEST"] = "yes"
    return {
        "home": IMPORTED_WITH["HOME"],
        "variable": "MESSAGE" in os.environ,
        "added": os.getenv("ADDED_BY_A_REQUEST"),
    }


async def sleep(_: Request) -> dict[str, Any]:
    begin = time.monotonic()
    time.sleep(0.05)
    return {"seconds": time.monotonic() - begin}


def _asyncio_run() -> int:
    async def add(a: int, b: int) -> int:
        await asyncio.sleep(0.01)
        return a + b

    return asyncio.run(add(1, 2))


async def asyncio_run(_: Request) -> dict[str, Any]:
    return {"sum": _asyncio_run()}


class Meeting:
    """Those who wait go on when the last one has come."""

    def __init__(self) -> None:
        self.present = 0
        self.complete = asyncio.Event()

    async def wait(self, count: int) -> int:
        """Returns how many are there in the end, `count` unless they never met."""
        self.present += 1
        if self.present == count:
            self.complete.set()
        await asyncio.wait_for(self.complete.wait(), timeout=30)
        return self.present


meetings: dict[str, Meeting] = {}


def _meeting(request: Request) -> tuple[Meeting, int]:
    """The one of the request's path, and how many are to come: the query is COUNT&NUMBER."""
    path, _, query = request.url.partition("?")
    return meetings.setdefault(path, Meeting()), int(query.partition("&")[0])


async def awaits(request: Request) -> dict[str, Any]:
    """Meets the other requests at an await."""
    before = NAME.get()
    NAME.set(request.url)
    meeting, count = _meeting(request)
    together = await meeting.wait(count)
    return {"before": before, "kept": NAME.get() == request.url, "together": together}


async def blocks(request: Request) -> dict[str, Any]:
    """Meets them in a call that looks as if it blocked everything."""
    before = NAME.get()
    NAME.set(request.url)
    meeting, count = _meeting(request)
    together = run_sync(meeting.wait(count))
    return {"before": before, "kept": NAME.get() == request.url, "together": together}


HANDLERS: dict[str, Callable[[Request], Awaitable[dict[str, Any]]]] = {
    "files": files,
    "metadata": metadata,
    "environ": environ,
    "sleep": sleep,
    "asyncio-run": asyncio_run,
    "awaits": awaits,
    "blocks": blocks,
}
