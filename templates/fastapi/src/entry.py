"""A FastAPI application as a Worker."""

from fastapi import FastAPI
from pydantic import BaseModel, Field
from workers import Request, Response, WorkerEntrypoint, asgi

app = FastAPI(title="{{name}}")


class Item(BaseModel):
    """An item on offer."""

    name: str = Field(min_length=1, max_length=100)
    price: float = Field(gt=0)
    quantity: int = Field(default=1, ge=1)


class Order(BaseModel):
    """An item and what it costs in all."""

    item: Item
    total: float


@app.get("/")
async def root() -> dict[str, str]:
    return {"message": "Hello from FastAPI on Workers"}


@app.get("/hello/{name}")
async def hello(name: str, times: int = 1) -> dict[str, str | int]:
    return {"message": f"Hello, {name}!", "times": times}


@app.post("/orders")
async def order(item: Item) -> Order:
    return Order(item=item, total=item.price * item.quantity)


class Default(WorkerEntrypoint):
    """Hands HTTP requests to the application; `self.env` is there as `request.scope["env"]`."""

    async def fetch(self, request: Request) -> Response:
        response: Response = await asgi.fetch(app, request.js_object, self.env)
        return response
