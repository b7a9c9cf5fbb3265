from urllib.parse import unquote, urlsplit

from js import JSON, Headers, Object, caches
from js import Response as JsResponse
from pyodide.ffi import to_js
from workers import Request, Response, WorkerEntrypoint, import_from_javascript

class Default(WorkerEntrypoint):
    """/js/NAME: a check in JavaScript; /py/NAME: one of Checks; /page/NAME: a page of the cache, which PUT
    stores and of which GET passes the request's conditions on."""

    async def fetch(self, request: Request) -> Response:
        area, _, name = unquote(urlsplit(request.url).path)[1:].partition("/")
        if area == "js":
            module = "./early.mjs" if name == "early" else "./checks.mjs"
            found = await getattr(import_from_javascript(module), name)()
            return Response(JSON.stringify(found))
        if area == "py":
            return Response.json(await getattr(Checks(), name)())
        return await serve(name, request)


def options(**values: object) -> object:
    return to_js(values, dict_converter=Object.fromEntries)


async def serve(name: str, request: Request) -> Response:
    url = f"https://cache.test/{name}"
    if request.method == "PUT":
        headers = Headers.new(options(**{"cache-control": "max-age=3600", "etag": '"v1"'}))
        stored = JsResponse.new(request.js_object.body, headers=headers)
        await caches.default.put(url, stored)
        return Response("", status=201)
    asked = request.js_object
    found = await caches.default.match(url, options(ignoreMethod=True)) if (
        request.method == "DELETE") else await caches.default.match(
            import_from_javascript("./checks.mjs").requestFor(url, asked.headers))
    if request.method == "DELETE":
        return Response.json([found is not None, await caches.default.delete(url)])
    return Response("not cached", status=404) if found is None else found


class Checks:
    async def responses(self) -> object:
        """Python's own Request and Response, and those of JavaScript."""
        url = "https://python.test/page"
        response = Response("né", headers={"cache-control": "max-age=60", "x-from": "python"})
        before = await caches.default.match(url)
        await caches.default.put(url, response.js_object)
        found = await caches.default.match(Request(url).js_object)
        named = await caches.open("other")
        return {
            "before": before is None,
            "text": await found.text(),
            "header": found.headers["x-from"] if isinstance(found, Response) else found.headers.get(
                "x-from"),
            "status": found.headers.get("cf-cache-status"),
            "named": await named.match(url) is None,
            "deleted": [await caches.default.delete(url), await caches.default.delete(url)],
        }

    async def refused(self) -> list[str]:
        url = "https://python.test/refused"
        problems = []
        for status, headers in ((206, {}), (200, {"vary": "*"})):
            try:
                await caches.default.put(url, Response("x", status=status, headers=headers).js_object)
            except Exception as error:  # the test says which one is expected
                problems.append(str(error))
        return problems
