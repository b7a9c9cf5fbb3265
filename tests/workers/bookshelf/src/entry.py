import json

from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """POST adds a book, GET lists them; answers are Python's own way to write a dict."""

    async def fetch(self, request: Request) -> Response:
        if request.method == "GET":
            found = await self.env.DB.prepare("SELECT id, title, description FROM books").all()
            books = [dict(row) for row in found["results"]]
            return Response(json.dumps(books, ensure_ascii=False, separators=(",", ":")))
        if request.method == "POST":
            return await self.add(await request.text())
        return Response("{'error': 'Method not allowed'}", status=405)

    async def add(self, body: str) -> Response:
        try:
            book = json.loads(body)
        except json.JSONDecodeError:
            return Response(str({"error": "Invalid JSON"}), status=400)
        values = [book.get(key) for key in ("title", "description")]
        if not all(values):
            return Response(str({"error": "Title and description are required"}), status=400)
        statement = self.env.DB.prepare("INSERT INTO books (title, description) VALUES (?, ?)")
        await statement.bind(*values).run()
        return Response(str({"message": "ok"}))
