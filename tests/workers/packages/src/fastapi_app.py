"""FastAPI: routes of both kinds, bodies both ways, lifespan, background tasks, events, files."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any

from fastapi import (
    APIRouter,
    BackgroundTasks,
    Depends,
    FastAPI,
    File,
    Form,
    HTTPException,
    Request,
    UploadFile,
)
from fastapi.responses import FileResponse, PlainTextResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel

SITE = Path(__file__).parent / "site_files"

events: list[str] = []
user: ContextVar[str] = ContextVar("user", default="nobody")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
    events.append("startup")
    yield {"started": True}
    events.append("shutdown")


app = FastAPI(lifespan=lifespan)
routes = APIRouter(prefix="/fastapi")


class Order(BaseModel):
    item: str
    count: int = 1


def sync_dependency() -> str:
    return "from a dependency"


@routes.get("/sync")
def sync(value: Annotated[str, Depends(sync_dependency)]) -> dict[str, str]:
    """FastAPI runs this in a thread where there are threads."""
    return {"value": value}


@routes.post("/orders")
async def orders(order: Order) -> Order:
    return order


@routes.get("/env")
async def env(request: Request) -> dict[str, Any]:
    return {"message": request.scope["env"].MESSAGE, "started": request.state.started}


@routes.get("/missing")
async def missing() -> None:
    raise HTTPException(404, "there is no such thing")


@routes.post("/upload")
async def upload(note: Annotated[str, Form()], file: Annotated[UploadFile, File()]) -> dict[str, Any]:
    content = await file.read()
    return {"note": note, "name": file.filename, "size": len(content)}


@routes.post("/length")
async def length(request: Request) -> dict[str, int]:
    total = chunks = 0
    async for chunk in request.stream():
        total += len(chunk)
        chunks += bool(chunk)
    return {"total": total, "chunks": chunks}


@routes.get("/stream")
async def stream() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"%d\n" % number
            await asyncio.sleep(0.01)

    return StreamingResponse(parts(), media_type="text/plain")


@routes.get("/sync-stream")
def sync_stream() -> StreamingResponse:
    def parts() -> Iterator[str]:
        for number in range(3):
            yield f"{number}\n"

    return StreamingResponse(parts(), media_type="text/plain")


@routes.get("/large")
async def large() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(256):
            yield bytes(64 << 10)

    return StreamingResponse(parts(), media_type="application/octet-stream")


gate = asyncio.Event()


@routes.get("/events")
async def server_sent_events() -> StreamingResponse:
    """The second event comes only after the client has asked for /release."""
    gate.clear()

    async def parts() -> AsyncIterator[str]:
        yield "data: first\n\n"
        await gate.wait()
        yield "data: second\n\n"

    return StreamingResponse(parts(), media_type="text/event-stream")


@routes.get("/release")
async def release() -> PlainTextResponse:
    gate.set()
    return PlainTextResponse("released")


@routes.get("/background")
async def background(tasks: BackgroundTasks) -> dict[str, str]:
    def sync_task() -> None:
        events.append("sync task")

    async def task() -> None:
        await asyncio.sleep(0.01)
        events.append("task")

    tasks.add_task(sync_task)
    tasks.add_task(task)
    return {"state": "answered"}


@routes.get("/happened")
async def happened() -> list[str]:
    return events


@routes.get("/who/{name}")
async def who(name: str) -> dict[str, str]:
    before = user.get()
    user.set(name)
    await asyncio.sleep(0.05)
    return {"before": before, "after": user.get()}


@routes.get("/block")
def block() -> dict[str, float]:
    begin = time.monotonic()
    time.sleep(0.05)
    return {"seconds": time.monotonic() - begin}


@routes.get("/file")
async def file() -> FileResponse:
    return FileResponse(SITE / "page.html")


app.include_router(routes)
app.mount("/fastapi/static", StaticFiles(directory=SITE))
