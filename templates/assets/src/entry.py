"""Answers below /api/; everything else is a file of public/."""

from urllib.parse import urlsplit

from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """Is asked for what `run_worker_first` names; files are answered without it."""

    async def fetch(self, request: Request) -> Response:
        if urlsplit(request.url).path == "/api/hello":
            return Response.from_json({"message": "Hello from Python"})
        return Response.from_json({"error": "no such address"}, status=404)
