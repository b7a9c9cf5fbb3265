"""Bodies that are too large to hold."""

from urllib.parse import parse_qs, urlsplit

from js import ReadableStream, Uint8Array
from pyodide.ffi import create_proxy
from workers import Request, Response, WorkerEntrypoint

CHUNK = 64 << 10


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> Response:
        url = urlsplit(request.url)
        if url.path == "/count":
            return Response(str(await self.count(request)))
        if url.path == "/through":
            return Response(request.js_object.body)
        size = int(parse_qs(url.query)["size"][0])
        return Response(self.zeros(size))

    async def count(self, request: Request) -> int:
        """The length of the request's body, read chunk by chunk."""
        total = 0
        reader = request.js_object.body.getReader()
        while not (part := await reader.read()).done:
            total += part.value.length
        return total

    def zeros(self, size: int) -> ReadableStream:
        """A stream of `size` bytes that are made when they are asked for."""
        left = size

        async def pull(controller) -> None:
            nonlocal left
            length = min(CHUNK, left)
            left -= length
            if length:
                controller.enqueue(Uint8Array.new(length))
            if not left:
                controller.close()

        return ReadableStream.new(pull=create_proxy(pull))
