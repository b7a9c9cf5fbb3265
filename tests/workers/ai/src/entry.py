import json

from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """Runs the model of {"model": …, "inputs": …} and answers with its result, or with its stream."""

    async def fetch(self, request: Request) -> Response:
        asked = json.loads(await request.text())
        try:
            result = await self.env.AI.run(asked["model"], asked["inputs"])
        except Exception as error:  # the test says which one is expected
            return Response(str(error), status=502)
        if asked["inputs"].get("stream"):
            return Response(result)
        return Response.json({"type": type(result).__name__, "result": result})
