"""One Worker that many tests ask: the path names a module of checks and the check in it.

Booting Python takes seconds, so what can share an interpreter does.
"""

from inspect import isawaitable
from urllib.parse import urlsplit

from workers import DurableObject, Response, WorkerEntrypoint, WorkflowEntrypoint

import handlers
import rpc
from rpc import Named  # noqa: F401  an entry point, as it is in this module

SECTIONS = {"handlers": handlers, "rpc": rpc}


class Counter(DurableObject):
    async def increment(self):
        return 1


class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        return None


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        section, check = urlsplit(request.url).path[1:].split("/")
        result = getattr(SECTIONS[section], check)(self, request)
        if isawaitable(result):
            result = await result
        return result if isinstance(result, Response) else Response.json(result)

    async def scheduled(self, controller, env, ctx):
        await handlers.scheduled(self, controller, env, ctx)

    async def email(self, message, env, ctx):
        await handlers.email(self, message, env, ctx)

    async def queue(self, batch, env, ctx):
        await handlers.queue(self, batch, env, ctx)

    def named_twice(self, number):
        return 2 * number
