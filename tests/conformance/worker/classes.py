"""Entry points that the main module imports, and what they are made from."""

import asyncio

from js import Request as JsRequest
from pyodide.ffi import run_sync
from workers import Response, WorkerEntrypoint


class Base(WorkerEntrypoint):
    def inherited(self):
        return "from the base class"


class Inherited(Base):
    """Recognised although only its base is an entry point's class; the base itself is not imported."""

    def own(self):
        return "own"


class Misnamed(WorkerEntrypoint):
    """The main module has it under another name."""

    def anything(self):
        return "never"


class _Hidden(WorkerEntrypoint):
    def anything(self):
        return "never"


class Named(WorkerEntrypoint):
    level = "data"

    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.made = [type(ctx).__name__, type(env).__name__]

    async def fetch(self):
        return Response("no parameters")

    def echo(self, value):
        return value

    def kind(self, value):
        return type(value).__name__

    def keywords(self, *args, **kwargs):
        return [list(args), kwargs]

    def made_with(self):
        return self.made

    def tier(self):
        return self.ctx.props.tier

    def props(self):
        """What is in them, and what they are."""
        props = self.ctx.props
        return [props, [type(props).__mro__[-2].__name__, props["tier"], props.to_py() == props,
                        sorted(props.object_keys()), self.ctx.props is props]]

    async def slowly(self, value):
        await asyncio.sleep(0.01)
        return value

    def fail(self):
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise LookupError("outer") from error

    def account(self, name):
        """An object of the other side: a dict of functions."""

        def balance(currency="EUR"):
            return f"{name}: 5 {currency}"

        async def history():
            return {"entries": [1, 2, 3], "owner": name}

        return {"balance": balance, "history": history, "name": name}

    def adder(self, start):
        return lambda number: start + number

    @property
    def colour(self):
        return "green"

    @property
    async def shade(self):
        await asyncio.sleep(0)
        return {"of": "green"}

    @staticmethod
    def static():
        return "not offered"

    @classmethod
    def of_class(cls):
        return "not offered"

    def raw_request(self):
        return JsRequest.new("http://elsewhere/")


class Waiting(WorkerEntrypoint):
    """An entry point whose __init__ blocks."""

    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.value = run_sync(env.SELF.twice(21))

    def answer(self):
        return self.value


class Recursive(WorkerEntrypoint):
    async def down(self, depth):
        """Calls itself through a binding until it is told not to."""
        try:
            return await self.env.RECURSIVE.down(depth + 1)
        except Exception as error:
            if "Subrequest depth limit exceeded" in str(error) and "Traceback" not in str(error):
                return depth
            raise

    async def fetch(self, request):
        answer = await self.env.RECURSIVE.fetch(request.url)
        return Response(await answer.text(), status=answer.status)


class Caller(WorkerEntrypoint):
    async def call(self, function, *args):
        return await function(*args)
