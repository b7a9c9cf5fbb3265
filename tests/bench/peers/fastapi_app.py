"""The application that the FastAPI rows serve; the Worker of the row beside has the same routes."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    id: int
    name: str
    tags: list[str] = []


@app.get("/")
async def root() -> dict[str, str]:
    return {"message": "Hello world!"}


@app.get("/items/{item_id}")
async def read_item(item_id: int) -> Item:
    return Item(id=item_id, name="hello", tags=["a", "b"])
