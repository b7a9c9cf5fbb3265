"""Counters that last, one Durable Object for each name."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workers import DurableObject, Request, Response, WorkerEntrypoint

if TYPE_CHECKING:
    from js import DurableObjectState, Env


class Counter(DurableObject):
    """There is one of each name in the world; its methods can be called by every Worker."""

    def __init__(self, ctx: "DurableObjectState", env: "Env") -> None:
        super().__init__(ctx, env)
        self.storage = ctx.storage

    async def add(self, amount: int) -> int:
        value = int(await self.storage.get("value") or 0) + amount
        await self.storage.put("value", value)
        return value


class Default(WorkerEntrypoint):
    """GET /NAME counts one up."""

    async def fetch(self, request: Request) -> Response:
        name = urlsplit(request.url).path.strip("/")
        if not name:
            return Response("Ask for a name: it is counted.")
        value = await self.env.COUNTERS.getByName(name).add(1)
        return Response.from_json({"name": name, "value": value})
