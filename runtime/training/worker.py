"""Does a little of everything that Workers do."""

import asyncio
import base64
import collections
import contextvars
import dataclasses
import datetime
import enum
import functools
import hashlib
import inspect
import itertools
import json
import logging
import re
import string
import textwrap
import typing
import uuid
from http import HTTPStatus
from urllib.parse import parse_qs, quote, urlsplit

from pyodide.ffi import run_sync, to_js
from workers import Response, WorkerEntrypoint

log = logging.getLogger(__name__)
current = contextvars.ContextVar("current", default=0)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclasses.dataclass(order=True)
class Item:
    name: str
    price: float = 1.5
    tags: list[str] = dataclasses.field(default_factory=list)


def texts() -> str:
    words = re.findall(r"(?P<word>[a-z]+)-(\d+)?", "one-1 two-2 three-", re.IGNORECASE)
    counted = collections.Counter("hello world")
    template = string.Template("$a and ${b}").substitute(a=1, b=words)
    return textwrap.dedent(f"""
        {template!r:>20} {3.14159:.2f} {255:#x} {counted.most_common(2)}
        {quote("ä b/c")} {parse_qs("a=1&a=2&b=%20")} {urlsplit("https://example.com/a?b#c")}
        {"é".encode().decode("utf-8")} {"%s %d" % ("x", 1)} {"a,b".split(",")} {"".join(reversed("abc"))}
    """).strip().upper().replace("A", "b")


def data() -> dict[str, object]:
    items = sorted(Item(f"n{i % 7}", i / 3, ["x"] * (i % 3)) for i in range(50))
    grouped = {name: [i.price for i in group] for name, group in itertools.groupby(items, lambda i: i.name)}
    text = json.dumps({"items": [dataclasses.asdict(item) for item in items], "none": None, "deep": grouped})
    now = datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone.utc) + datetime.timedelta(hours=5)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        **json.loads(text), "now": now.isoformat(), "colour": Colour["RED"].name, "digest": digest,
        "base64": base64.b64encode(digest.encode()).decode(), "sum": functools.reduce(lambda a, b: a + b, range(99)),
        "set": sorted({*"abc"} | {*"cde"}), "big": 2**200 // 7**30, "float": round(1e10 / 3, 3),
    }


def failures() -> list[str]:
    seen = []
    for failing in (lambda: 1 / 0, lambda: {}["x"], lambda: int("x"), lambda: None.x, lambda: [][1]):
        try:
            failing()
        except Exception as error:
            try:
                raise RuntimeError("chained") from error
            except RuntimeError as chained:
                seen.append(f"{type(chained.__cause__).__name__}: {chained.__cause__}")
    return seen


def code() -> object:
    """New code is compiled at each import."""
    source = inspect.getsource(Item) + "\nmade = [Item(str(i)) for i in range(3) if i % 2]\n"
    scope = {"dataclasses": dataclasses}
    exec(compile(source, "made.py", "exec"), scope)
    hints = typing.get_type_hints(texts)
    return [str(inspect.signature(Item)), str(hints), len(scope["made"])]


async def steps(count: int):
    for step in range(count):
        current.set(step)
        await asyncio.sleep(0)
        yield step


async def waiting() -> list[object]:
    async def one(number: int) -> int:
        await asyncio.sleep(0.001)
        return number + current.get()

    async with asyncio.timeout(5):
        gathered = await asyncio.gather(*(one(i) for i in range(5)))
    return [gathered, [step async for step in steps(3)], run_sync(one(1))]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = urlsplit(request.url).path
        log.warning("answering %s", path)
        if path == "/text":
            return Response(texts(), headers={"x-id": str(uuid.uuid4())}, status=HTTPStatus.CREATED)
        if path == "/post":
            body = await request.json()
            return Response.json({"got": body, "type": request.headers.get("content-type")})
        if path == "/wait":
            return Response.json(await waiting())
        if path == "/fail":
            raise ValueError("as asked")
        return Response.json(
            {**data(), "failures": failures(), "code": code(), "js": to_js({"a": [1, 2]}).toString()})
