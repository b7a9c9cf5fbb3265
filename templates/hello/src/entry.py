"""The Worker's entry point: one class, one method for each kind of event."""

from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """Answers HTTP requests; bindings and variables are attributes of `self.env`."""

    async def fetch(self, request: Request) -> Response:
        return Response("Hello World!")
