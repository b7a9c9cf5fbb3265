import asyncio
from urllib.parse import urlsplit

from js import JSON, Promise
from workers import Request, Response, WorkerEntrypoint, import_from_javascript


class Default(WorkerEntrypoint):
    """/MODULE/NAME: what the function of the JavaScript module gives for the request, by way of JSON
    when it is no Response. /MODULE/NAME/later: in a later turn of the event loop."""

    async def fetch(self, request: Request) -> Response:
        _, module, name, *later = urlsplit(request.url).path.split("/")
        if later:
            await asyncio.sleep(0)
        function = getattr(import_from_javascript(f"./{module}.mjs"), name)
        given = await Promise.resolve(function(request.js_object))
        if getattr(given, "constructor", None) and given.constructor.name == "Response":
            return given
        return Response(JSON.stringify(given))
