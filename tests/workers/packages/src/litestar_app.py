"""Litestar: routes of both kinds, a typed body, a stream."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from litestar import Litestar, get, post
from litestar.response import Stream


@dataclass
class Order:
    item: str
    count: int = 1


@get("/litestar/hello/{name:str}")
async def hello(name: str) -> dict[str, str]:
    return {"message": f"Hello, {name}!"}


@get("/litestar/sync", sync_to_thread=False)
def sync() -> str:
    return "sync"


@get("/litestar/thread", sync_to_thread=True)
def thread() -> str:
    return "in place of a thread"


@post("/litestar/orders")
async def orders(data: Order) -> Order:
    return data


@get("/litestar/stream")
async def stream() -> Stream:
    async def parts() -> AsyncIterator[str]:
        for number in range(3):
            yield f"{number}\n"

    return Stream(parts(), media_type="text/plain")


# Litestar's own logging starts a thread; there are none in a Worker.
app = Litestar([hello, sync, thread, orders, stream], logging_config=None)
