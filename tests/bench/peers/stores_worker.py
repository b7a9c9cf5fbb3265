"""A Worker that does one operation of a store COUNT times, from Python or from JavaScript: /LANGUAGE/OPERATION/COUNT."""

from pyodide.code import run_js
from workers import Request, Response, WorkerEntrypoint

JAVASCRIPT = """
({
  async get({KV}, count) {
    for (let i = 0; i < count; ++i) await KV.get("key");
  },
  async select({DB}, count) {
    const statement = DB.prepare("SELECT text FROM notes WHERE id = ?");
    for (let i = 0; i < count; ++i) await statement.bind(i % 1000 + 1).first();
  },
  async send({QUEUE}, count) {
    for (let i = 0; i < count; ++i) await QUEUE.send({number: i});
  },
})
"""


async def get(env, count: int) -> None:
    for _ in range(count):
        await env.KV.get("key")


async def select(env, count: int) -> None:
    statement = env.DB.prepare("SELECT text FROM notes WHERE id = ?")
    for number in range(count):
        await statement.bind(number % 1000 + 1).first()


async def send(env, count: int) -> None:
    for number in range(count):
        await env.QUEUE.send({"number": number})


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> Response:
        _, language, operation, count = request.url.rsplit("/", 3)
        if operation == "fill":
            await self.env.KV.put("key", "value")
            await self.env.DB.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
            insert = self.env.DB.prepare("INSERT INTO notes (text) VALUES (?)")
            await self.env.DB.batch([insert.bind(f"note {number}") for number in range(1000)])
        elif language == "python":
            await {"get": get, "select": select, "send": send}[operation](self.env, int(count))
        else:
            workers = await run_js("import('cloudflare:workers')")
            await getattr(run_js(JAVASCRIPT), operation)(workers.env, int(count))
        return Response("done")
