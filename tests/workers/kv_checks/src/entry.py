import asyncio
import time
from urllib.parse import urlsplit

from js import ReadableStream, Uint8Array
from pyodide.ffi import create_proxy, run_sync
from workers import Request, Response, WorkerEntrypoint

MIB = 1 << 20


class Default(WorkerEntrypoint):
    """Each path is a method of Checks; its result is the answer."""

    async def fetch(self, request: Request) -> Response:
        check = getattr(Checks(self.env.STORE), urlsplit(request.url).path[1:])
        return Response.json(await check())


async def problem(call) -> str:
    """What the call fails with; empty when it does not."""
    try:
        await call
    except Exception as error:  # the test says which one is expected
        return str(error).splitlines()[-1]
    return ""


def stream_of(mib: int):
    """A stream of so many chunks of 1 MiB."""
    chunk = Uint8Array.new(MIB)
    sent = 0

    def pull(controller) -> None:
        nonlocal sent
        if sent == mib:
            controller.close()
            return
        sent += 1
        controller.enqueue(chunk)

    return ReadableStream.new(pull=create_proxy(pull))


class Checks:
    def __init__(self, store) -> None:
        self.store = store

    async def types(self) -> object:
        await self.store.put("text", "né")
        await self.store.put("bytes", b"\x00\xff")
        await self.store.put("json", '{"a": [1, null]}')
        stream = await self.store.get("bytes", "stream")
        chunks = [bytes(chunk.to_py()) async for chunk in getattr(stream, "_binding", stream)]
        return {
            "text": await self.store.get("text"),
            "bytes": list(await self.store.get("bytes", "arrayBuffer")),
            "stream": list(b"".join(chunks)),
            "json": await self.store.get("json", "json"),
            "by_option": await self.store.get("json", type="json"),
            "missing": await self.store.get("nope"),
            "many": sorted((await self.store.get(["text", "nope"])).items()),
        }

    async def metadata(self) -> object:
        await self.store.put("m", "v", metadata={"a": 1}, expirationTtl=600)
        found = await self.store.getWithMetadata("m")
        listed = await self.store.list(prefix="m")
        (key,) = listed.keys if not callable(listed.keys) else listed["keys"]
        return {
            "value": found["value"],
            "metadata": found["metadata"],
            "listed": key["metadata"],
            "seconds_left": key["expiration"] - time.time(),
            "missing": await self.store.getWithMetadata("nope"),
        }

    async def listing(self) -> object:
        await asyncio.gather(*(self.store.put(f"l/{i:02}", "") for i in range(25)))
        pages = []
        cursor = None
        while True:
            page = await self.store.list(prefix="l/", limit=10, cursor=cursor)
            pages.append(len(page["keys"]))
            if page["list_complete"]:
                return pages
            cursor = page["cursor"]

    async def limits(self) -> object:
        put = self.store.put
        return [
            await problem(put("", "v")),
            await problem(put("..", "v")),
            await problem(put("k" * 513, "v")),
            await problem(put("k", "v", expirationTtl=59)),
            await problem(put("k", "v", expirationTtl=0)),
            await problem(put("k", "v", expiration=5)),
            await problem(put("k", "v", metadata="m" * 1023)),
            await problem(self.store.get("k", "blob")),
            await problem(self.store.get("k", type="text", cacheTtl=29)),
            await problem(self.store.list(limit=1001)),
            await problem(self.store.get(["k"] * 101)),
            await problem(self.store.get([])),
            await problem(self.store.get(["k"], "stream")),
        ]

    async def large(self) -> object:
        return [
            await problem(self.store.put("exact", stream_of(25))),
            len(await self.store.get("exact", "arrayBuffer")),
            await problem(self.store.put("too-large", stream_of(26))),
            await problem(self.store.put("too-large", bytes(25 * MIB + 1))),
            await self.store.get("too-large"),
        ]

    async def sync(self) -> object:
        run_sync(self.store.put("s", "sync"))
        return run_sync(self.store.get("s"))

    async def deletion(self) -> object:
        await self.store.put("d", "v")
        await self.store.delete("d")
        await self.store.delete("never")
        return await self.store.get("d")

    async def full_disk(self) -> object:
        """The test has limited how large files may become."""
        await self.store.put("kept", "before")
        return [await problem(self.store.put("kept", stream_of(8))), await self.store.get("kept")]
