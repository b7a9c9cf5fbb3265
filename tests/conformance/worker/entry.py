"""One Worker that takes the contract with Python code section by section.

The path names a module of checks and the check in it: a function that raises when the runtime is not as
it should be. Booting Python takes seconds, so all of them share an interpreter.
"""

import importlib
from inspect import isawaitable
from urllib.parse import urlsplit

from workers import Response, WorkerEntrypoint

# Imported here, at the top level: some look around while they are imported.
SECTIONS = {
    name: importlib.import_module(name)
    for name in (
        "host_modules",
        "environment",
        "javascript_modules",
        "files",
        "entrypoints",
        "rpc",
        "python_values",
        "interleaving",
        "top_level",
    )
}

from classes import (  # noqa: E402
    Caller,  # noqa: F401
    Inherited,  # noqa: F401
    Misnamed as Renamed,  # noqa: F401
    Named,  # noqa: F401
    Recursive,  # noqa: F401
    Waiting,  # noqa: F401
    _Hidden,  # noqa: F401
)


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        section, check = urlsplit(request.url).path[1:].split("/")
        result = getattr(SECTIONS[section], check)(self)
        if isawaitable(result):
            result = await result
        return Response("" if result is None else str(result))

    def twice(self, number):
        return 2 * number
