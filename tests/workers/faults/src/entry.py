"""Misbehaves in every way a Worker can; the path chooses."""

import asyncio
import os
import sys
from urllib.parse import urlsplit

import js
from workers import Request, Response, WorkerEntrypoint

served = 0


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> object:
        global served
        served += 1
        fault = urlsplit(request.url).path[1:]
        return await getattr(self, fault or "fine")()

    async def fine(self) -> Response:
        return Response(f"fine {served}")

    async def throw(self) -> Response:
        word = "sesame"
        raise ValueError(f"this Worker always fails, it says {word!r}")

    async def throw_javascript(self) -> Response:
        js.JSON.parse("{")
        return Response("not reached")

    async def none(self) -> None:
        return None

    async def wrong_type(self) -> int:
        return 42

    async def loop_forever(self) -> Response:
        while True:
            pass

    async def loop_stubbornly(self) -> Response:
        while True:
            try:
                while True:
                    pass
            except BaseException as error:
                print(f"ignored: {type(error).__name__}")

    async def never_answer(self) -> Response:
        print("waits for ever")
        await asyncio.Event().wait()
        return Response("not reached")

    async def print_flood(self) -> Response:
        line = "x" * 99
        for _ in range(1_000_000):
            print(line)
        return Response("printed")

    async def exit(self) -> Response:
        os._exit(3)

    async def system_exit(self) -> Response:
        sys.exit(4)

    async def out_of_memory(self) -> Response:
        hoard = []
        while True:
            hoard.append(bytearray(64 << 20))

    async def out_of_javascript_memory(self) -> Response:
        hoard = js.Array.new()
        while True:
            hoard.push(js.Array.new(1_000_000).fill(1.5))

    async def deep_recursion(self) -> Response:
        def dive(depth: int) -> int:
            return dive(depth + 1)

        dive(0)
        return Response("not reached")

    async def background(self) -> Response:
        async def later() -> None:
            raise RuntimeError("failed in the background")

        self.ctx.waitUntil(later())
        return Response("answered")

    async def stderr(self) -> Response:
        print("to stdout")
        print("to stderr", file=sys.stderr)
        return Response("written")
