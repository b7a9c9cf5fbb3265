import asyncio
import json
import time
from urllib.parse import urlsplit

from pyodide.ffi import run_sync, to_js
from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """Each path is a method of Checks; its result is the answer, or the exception it raised."""

    async def fetch(self, request: Request) -> Response:
        check = getattr(Checks(self.env.DB), urlsplit(request.url).path[1:])
        try:
            result = await check(await request.text())
        except Exception as error:  # the test says which one is expected
            result = {"error": str(error)}
        return Response.json(result)


class Checks:
    def __init__(self, db) -> None:
        self.db = db

    async def sql(self, body: str) -> object:
        """Runs {"sql": …, "parameters": […]} and returns what all() gives."""
        query = json.loads(body)
        statement = self.db.prepare(query["sql"])
        if "parameters" in query:
            statement = statement.bind(*query["parameters"])
        return await statement.all()

    async def kinds(self, _: str) -> object:
        """All kinds of values, bound and read back."""
        values = [None, True, 7, 2.5, "text", b"\x00\xff"]
        marks = ", ".join("?" * len(values))
        row = (await self.db.prepare(f"SELECT {marks}").bind(*values).raw())[0]
        return list(row)

    async def refused(self, _: str) -> object:
        """What bind() says to values that D1 does not take."""
        messages = []
        for value in (to_js({"a": 1}), 2**60, [1, 2000]):
            try:
                self.db.prepare("SELECT ?").bind(value)
            except Exception as error:
                messages.append(str(error).splitlines()[-1])
        return messages

    async def shapes(self, _: str) -> object:
        """The types and results of each way to run a statement."""
        await self.db.exec("CREATE TABLE IF NOT EXISTS shapes (id INTEGER PRIMARY KEY, name TEXT)")
        await self.db.exec("DELETE FROM shapes")
        insert = self.db.prepare("INSERT INTO shapes (name) VALUES (?)")
        ran = await insert.bind("one").run()
        batch = await self.db.batch([insert.bind("two"), self.db.prepare("SELECT * FROM shapes")])
        select = self.db.prepare("SELECT id, name FROM shapes ORDER BY id")
        everything = await select.all()
        raw = await select.raw()
        return {
            "run": {"success": ran.success, "changes": ran.meta.changes, "results": ran.results},
            "batch": [len(result.results) for result in batch],
            "all": everything.results,
            "all_type": type(everything.results[0]).__name__,
            "is_dict": isinstance(everything.results[0], dict),
            "raw": raw,
            "raw_type": type(raw).__name__,
            "first": await select.first(),
            "first_name": await select.first("name"),
            "none": await self.db.prepare("SELECT * FROM shapes WHERE id = 99").first(),
            "meta": sorted(everything.meta),
        }

    async def missing_column(self, _: str) -> object:
        return await self.db.prepare("SELECT 1 AS one").first("two")

    async def failed_batch(self, _: str) -> object:
        await self.db.exec("CREATE TABLE IF NOT EXISTS atomic (id INTEGER PRIMARY KEY)")
        insert = self.db.prepare("INSERT INTO atomic VALUES (1)")
        message = ""
        try:
            await self.db.batch([insert, insert])
        except Exception as error:
            message = str(error).splitlines()[-1]
        return {"message": message, "rows": (await self.db.prepare("SELECT * FROM atomic").all()).results}

    async def exec(self, _: str) -> object:
        result = await self.db.exec("CREATE TABLE IF NOT EXISTS e (x)\nINSERT INTO e VALUES (1)")
        return {"count": result.count, "timed": result.duration >= 0}

    async def failed_exec(self, _: str) -> object:
        return await self.db.exec("SELECT 1\nSELECT * FROM nowhere")

    async def session(self, _: str) -> object:
        session = self.db.withSession("first-primary")
        before = session.getBookmark()
        await session.prepare("SELECT 1").run()
        first = session.getBookmark()
        await session.prepare("CREATE TABLE IF NOT EXISTS s (x)").run()
        second = session.getBookmark()
        resumed = self.db.withSession(second)
        return {"before": before, "grows": first < second, "resumed": resumed.getBookmark() == second}

    async def dump(self, _: str) -> object:
        return bytes(await self.db.dump())[:15].decode()

    async def interleave(self, _: str) -> object:
        """A slow query holds up neither the event loop nor run_sync."""
        slow = asyncio.ensure_future(self.db.prepare(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) "
            "SELECT max(i) AS i FROM n").first("i"))
        started = time.monotonic()
        turns = 0
        while not slow.done():
            await asyncio.sleep(0.001)
            turns += 1
        elapsed = time.monotonic() - started
        return {"result": await slow, "turns": turns, "elapsed": elapsed}

    async def sync(self, _: str) -> object:
        return run_sync(self.db.prepare("SELECT 41 + 1 AS answer").first("answer"))
