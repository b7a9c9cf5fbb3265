"""One Worker that many tests ask: the path names a module of checks and the check in it.

Booting Python takes seconds, so what can share an interpreter does.
"""

from inspect import isawaitable
from urllib.parse import urlsplit

from workers import Response, WorkerEntrypoint

import handlers

SECTIONS = {"handlers": handlers}


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
