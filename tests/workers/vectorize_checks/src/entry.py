from urllib.parse import urlsplit

from js import JSON
from workers import Request, Response, WorkerEntrypoint, import_from_javascript


class Default(WorkerEntrypoint):
    """/js/NAME: a check in JavaScript; /py/NAME: a method of this class."""

    async def fetch(self, request: Request) -> Response:
        _, area, name = urlsplit(request.url).path.split("/")
        if area == "js":
            checks = import_from_javascript("./checks.mjs")
            return Response(JSON.stringify(await getattr(checks, name)()))
        return Response.json(await getattr(self, name)())

    async def vectors(self) -> object:
        index = self.env.INDEX
        inserted = await index.insert([
            {"id": "py/1", "values": [1, 0, 0], "metadata": {"kind": "a", "size": 1}},
            {"id": "py/2", "values": [0, 1, 0], "metadata": {"kind": "b", "size": 2}, "namespace": "n"},
        ])
        found = await index.query([1, 0.1, 0], topK=1, returnMetadata="all", returnValues=True)
        filtered = await index.query([1, 0.1, 0], {"filter": {"size": {"$gt": 1}}})
        by_id = await index.getByIds(["py/2"])
        await index.deleteByIds(["py/1"])
        described = await index.describe()
        return {
            "mutation": len(inserted["mutationId"]),
            "found": [[match["id"], match["values"], match["metadata"]["kind"]]
                      for match in found["matches"]],
            "filtered": [match["id"] for match in filtered["matches"]],
            "by id": [by_id[0]["namespace"], by_id[0]["values"]],
            "described": [described["vectorCount"], described["dimensions"]],
        }

    async def count(self) -> object:
        return (await self.env.INDEX.describe())["vectorCount"]
