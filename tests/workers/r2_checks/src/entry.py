from urllib.parse import unquote, urlsplit

from js import JSON
from workers import Request, Response, WorkerEntrypoint, import_from_javascript


class Default(WorkerEntrypoint):
    """/js/NAME: a check in JavaScript; /py/NAME: one of Checks; /file/KEY: an object, over HTTP."""

    async def fetch(self, request: Request) -> Response:
        area, _, name = unquote(urlsplit(request.url).path)[1:].partition("/")
        bucket = self.env.FILES
        if area == "js":
            checks = import_from_javascript("./checks.mjs")
            found = await getattr(checks, name)(getattr(bucket, "_binding", bucket))
            return Response(JSON.stringify(found))
        if area == "py":
            return Response.json(await getattr(Checks(bucket), name)())
        return await serve(bucket, name, request)


async def serve(bucket, key: str, request: Request) -> Response:
    if request.method == "PUT":
        await bucket.put(key, request.js_object.body)
        return Response("", status=201)
    found = await bucket.get(key)
    if found is None:
        return Response("no such object", status=404)
    return Response(found.body, headers={"etag": found.httpEtag})


class Checks:
    def __init__(self, bucket) -> None:
        self.bucket = bucket

    async def objects(self) -> object:
        stored = await self.bucket.put(
            "k", "né", httpMetadata={"contentType": "text/plain"}, customMetadata={"a": "1"})
        found = await self.bucket.get("k")
        await self.bucket.put("bytes", b"\x00\xff")
        listed = await self.bucket.list(prefix="k")
        return {
            "stored": [stored.key, stored.size, stored.etag == found.etag],
            "text": await found.text(),
            "type": found.httpMetadata["contentType"],
            "custom": found.customMetadata["a"],
            "bytes": list(await (await self.bucket.get("bytes")).bytes()),
            "range": await (await self.bucket.get("k", range={"offset": 1})).text(),
            "listed": [entry.key for entry in listed["objects"]],
            "missing": await self.bucket.head("none"),
        }

    async def deletion(self) -> object:
        await self.bucket.put("d", "v")
        await self.bucket.delete(["d", "never"])
        return await self.bucket.get("d")

    async def full_disk(self) -> object:
        """The test has limited how large files may become."""
        await self.bucket.put("kept", "before")
        try:
            await self.bucket.put("kept", bytes(8 << 20))
        except Exception as error:  # the test says which one is expected
            failed = str(error).splitlines()[-1]
        return [failed, await (await self.bucket.get("kept")).text()]
