"""Litestar: routes of both kinds, a typed body, a stream, a WebSocket."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from litestar import Litestar, WebSocket, get, post, websocket
from litestar.exceptions import WebSocketDisconnect
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


@websocket("/litestar/chat/{room:str}")
async def chat(socket: WebSocket, room: str) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_json({"room": room, "got": await socket.receive_json()})
    except WebSocketDisconnect as error:
        print(f"left {room} with {error.code}")


# Litestar's own logging starts a thread; there are none in a Worker.
app = Litestar([hello, sync, thread, orders, stream, chat], logging_config=None)
