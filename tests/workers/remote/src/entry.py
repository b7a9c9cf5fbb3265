from urllib.parse import urlsplit

from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """Each path is a method; its result is the answer."""

    async def fetch(self, request: Request) -> Response:
        return Response.json(await getattr(self, urlsplit(request.url).path[1:])())

    async def kv(self) -> dict:
        store = self.env.KV
        await store.put("a key/with & signs", "first")
        await store.put("described", "second", metadata={"size": 2}, expirationTtl=3600)
        described = await store.getWithMetadata("described")
        many = await store.get(["described", "missing"])
        listed = await store.list(prefix="a")
        await store.delete("described")
        return {
            "value": await store.get("a key/with & signs"),
            "described": [described["value"], described["metadata"]],
            "many": dict(many),
            "listed": [key["name"] for key in listed["keys"]],
            "complete": listed["list_complete"],
            "deleted": await store.get("described"),
            "missing": await store.get("nowhere"),
            "here": await self.env.LOCAL_KV.get("a key/with & signs"),
        }

    async def d1(self) -> dict:
        database = self.env.DB
        await database.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        insert = database.prepare("INSERT INTO notes (text) VALUES (?)")
        await database.batch([insert.bind("one"), insert.bind(None)])
        found = await database.prepare("SELECT * FROM notes WHERE id > ?").bind(0).all()
        return {
            "rows": found.results,
            "read": found.meta.rows_read,
            "first": await database.prepare("SELECT text FROM notes").first("text"),
            "problem": await problem(database.prepare("SELECT missing").all()),
        }

    async def r2(self) -> dict:
        bucket = self.env.BUCKET
        put = await bucket.put("folder/one two.txt", "Hello, bucket!", httpMetadata={"contentType": "text/plain"})
        found = await bucket.get("folder/one two.txt")
        text = await found.text()
        part = await (await bucket.get("folder/one two.txt", range={"offset": 7, "length": 6})).text()
        head = await bucket.head("folder/one two.txt")
        listed = await bucket.list(prefix="folder/")
        await bucket.delete(["folder/one two.txt", "not there"])
        return {
            "put": [put.key, put.size],
            "text": text,
            "part": part,
            "head": [head.etag, head.httpMetadata.contentType],
            "listed": [found.key for found in listed.objects],
            "gone": await bucket.head("folder/one two.txt") is None,
            "missing": await bucket.get("folder/one two.txt") is None,
            "problem": await problem(bucket.put("x", "y", md5="00" * 16)),
        }

    async def messages(self) -> dict:
        queue = self.env.JOBS
        await queue.send({"number": 1}, delaySeconds=5)
        await queue.sendBatch([{"body": "two", "contentType": "text"}, {"body": [3]}])
        metrics = await queue.metrics()
        return {
            "backlog": metrics["backlogCount"],
            "problem": await problem(queue.send(b"bytes", contentType="bytes")),
        }

    async def vectors(self) -> dict:
        index = self.env.INDEX
        inserted = await index.insert([{"id": "a", "values": [1, 0]}, {"id": "b", "values": [0, 1]}])
        found = await index.query([0, 2], topK=1)
        by_id = await index.queryById("a", topK=2)
        await index.deleteByIds(["a"])
        return {
            "inserted": inserted["mutationId"],
            "nearest": [match["id"] for match in found["matches"]],
            "by_id": [match["id"] for match in by_id["matches"]],
            "left": (await index.describe())["vectorCount"],
            "problem": await problem(index.query([1, 2, 3])),
        }

    async def refused(self) -> str:
        return await problem(self.env.KV.get("refused"))


async def problem(call) -> str:
    try:
        await call
    except Exception as error:
        return str(error).splitlines()[-1]
    return ""
