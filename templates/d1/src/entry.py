"""Notes in a D1 database: POST / writes one, GET / lists them, GET /ID is one of them."""

from urllib.parse import urlsplit

from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """Answers HTTP requests; the database is `self.env.DB`."""

    async def fetch(self, request: Request) -> Response:
        name = urlsplit(request.url).path.strip("/")
        if request.method == "POST":
            return await self.write(await request.text())
        return await self.read(int(name)) if name.isdigit() else await self.all()

    async def write(self, text: str) -> Response:
        """Values go in through `bind`, never into the text of the query."""
        statement = self.env.DB.prepare("INSERT INTO notes (text) VALUES (?)")
        written = await statement.bind(text).run()
        return Response.from_json({"id": written.meta.last_row_id}, status=201)

    async def all(self) -> Response:
        found = await self.env.DB.prepare("SELECT id, text, written FROM notes ORDER BY id").all()
        return Response.from_json(found.results)

    async def read(self, number: int) -> Response:
        statement = self.env.DB.prepare("SELECT id, text, written FROM notes WHERE id = ?")
        note = await statement.bind(number).first()
        return Response("No such note", status=404) if note is None else Response.from_json(note)
