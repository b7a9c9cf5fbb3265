from urllib.parse import urlsplit

from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """/api/asset/… is that file through the binding; every other path tells that the Worker ran."""

    async def fetch(self, request: Request) -> Response:
        path = urlsplit(request.url).path
        if path.startswith("/api/asset/"):
            return await self.env.ASSETS.fetch(
                "http://assets.local/" + path.removeprefix("/api/asset/")
            )
        return Response(f"the Worker: {request.method} {path}")
