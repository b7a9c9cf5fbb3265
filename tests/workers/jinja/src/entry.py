import jinja2
from fastapi import FastAPI, Request
from pydantic import BaseModel
from workers import WorkerEntrypoint

template = jinja2.Environment(autoescape=True).from_string("Hello, {{ name }}!")
app = FastAPI()


class Order(BaseModel):
    item: str
    count: int = 1


@app.get("/hi/{name}")
async def hi(name: str) -> dict[str, str]:
    return {"message": template.render(name=name)}


@app.get("/env")
async def env(request: Request) -> dict[str, str]:
    return {"message": request.scope["env"].MESSAGE}


@app.post("/orders")
async def orders(order: Order) -> Order:
    return order


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        import asgi

        return await asgi.fetch(app, request.js_object, self.env)
