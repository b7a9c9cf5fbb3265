"""A workflow whose steps are kept and tried again, and the HTTP interface that starts it."""

from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit

from workers import Request, Response, WorkerEntrypoint, WorkflowEntrypoint

if TYPE_CHECKING:
    from js import WorkflowEvent, WorkflowStep


class Order(TypedDict):
    """What the workflow is started with."""

    item: str
    quantity: int


class OrderWorkflow(WorkflowEntrypoint):
    """Each step runs once: what it returns is kept, and a later failure does not repeat it."""

    async def run(self, event: "WorkflowEvent[Order]", step: "WorkflowStep") -> None:
        order = event["payload"]

        @step.do("reserve")
        async def reserve() -> str:
            return f"{order['quantity']} × {order['item']}"

        reserved = await reserve()
        await step.sleep("wait for the payment", "10 seconds")

        @step.do("ship")
        async def ship() -> str:
            return f"shipped {reserved}"

        print(await ship())


class Default(WorkerEntrypoint):
    """POST / with an order starts a workflow; GET /ID tells how far it is."""

    async def fetch(self, request: Request) -> Response:
        name = urlsplit(request.url).path.strip("/")
        if request.method == "POST":
            order: Order = await request.json()
            instance = await self.env.ORDERS.create(params=order)
            return Response.from_json({"id": instance.id}, status=201)
        if name:
            instance = await self.env.ORDERS.get(name)
            return Response.from_json(await instance.status())
        return Response("POST an order to start a workflow.")
