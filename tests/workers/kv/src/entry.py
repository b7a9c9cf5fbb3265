from urllib.parse import urlsplit

from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """PUT stores the body under the path, GET gives it back, GET / lists the keys."""

    async def fetch(self, request: Request) -> Response:
        key = urlsplit(request.url).path[1:]
        store = self.env.STORE
        if request.method == "PUT":
            await store.put(key, await request.text())
            return Response("stored", status=201)
        if request.method == "DELETE":
            await store.delete(key)
            return Response(None, status=204)
        if not key:
            listed = await store.list()
            return Response("\n".join(entry["name"] for entry in listed["keys"]))
        value = await store.get(key)
        return Response("no such key", status=404) if value is None else Response(value)
