"""A Worker that fails in every way that its clients and its log are told of."""

import asyncio

import helpers
from js import Response as JsResponse
from pyodide.ffi import create_proxy
from workers import Response, WorkerEntrypoint, import_from_javascript, wait_until


class Broken(WorkerEntrypoint):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        raise ValueError("in __init__")

    async def fetch(self, request):
        return Response("never")


class Exiting(WorkerEntrypoint):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        raise SystemExit(5)

    def anything(self):
        return "never"


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        result = getattr(self, request.url.rsplit("/", 1)[1])()
        return await result if asyncio.iscoroutine(result) else result

    def fine(self):
        return Response("fine")

    def chained(self):
        try:
            helpers.fail("first")
        except LookupError as error:
            raise ValueError("second") from error

    def during(self):
        try:
            helpers.fail("first")
        except LookupError:
            raise ValueError("second")  # noqa: B904

    def suppressed(self):
        try:
            helpers.fail("first")
        except LookupError:
            raise ValueError("second") from None

    def group(self):
        raise ExceptionGroup("two", [ValueError("a"), ExceptionGroup("deep", [KeyError("b")])])

    async def task_group(self):
        async with asyncio.TaskGroup() as group:
            group.create_task(self.failing_task())

    async def failing_task(self):
        helpers.fail("in a task")

    def noted(self):
        error = ValueError("noted")
        error.add_note("a note of the Worker")
        raise error

    def many_lines(self):
        raise ValueError("first line\nsecond line: not a name")

    def own_class(self):
        raise helpers.OwnError("of its own class")

    def syntax(self):
        compile("def f(:\n    pass\n", "made_up.py", "exec")

    def javascript(self):
        import_from_javascript("./javascript/failing.mjs").outer("on purpose")

    def javascript_of_python(self):
        """Python calls JavaScript, which calls Python, which fails."""
        import_from_javascript("./javascript/failing.mjs").call(lambda: helpers.fail("within"))

    def javascript_value(self):
        import_from_javascript("./javascript/failing.mjs").throwText()

    async def rejected(self):
        await import_from_javascript("./javascript/failing.mjs").reject("later")

    async def init(self):
        return await self.env.BROKEN.fetch("http://inside/")

    async def exiting(self):
        return await self.env.EXITING.anything()

    def background(self):
        async def later():
            helpers.fail("in the background")

        self.ctx.waitUntil(later())
        wait_until(later())
        return Response("answered")

    def forgotten(self):
        """A task that nobody waits for."""

        async def later():
            helpers.fail("forgotten")

        asyncio.ensure_future(later())
        return Response("answered")

    def stream(self):
        from js import Object, ReadableStream
        from pyodide.ffi import to_js

        async def pull(controller):
            if not sent:
                sent.append(True)
                controller.enqueue(to_js(b"begun"))
            else:
                helpers.fail("in the body")

        sent = []
        source = to_js({"pull": create_proxy(pull)}, dict_converter=Object.fromEntries)
        return JsResponse.new(ReadableStream.new(source))

    def unprintable(self):
        class Unprintable(Exception):
            def __str__(self):
                raise RuntimeError("cannot be shown")

        raise Unprintable

    def deep(self):
        return self.deep()

    def exits(self):
        raise SystemExit(3)

    def interrupted(self):
        raise KeyboardInterrupt
