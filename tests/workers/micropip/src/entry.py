"""Installs a package when asked to: /NAME?index=URL by its name, /URL by its wheel."""

import importlib
import importlib.metadata
from urllib.parse import parse_qs, unquote, urlsplit

import micropip
from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> Response:
        url = urlsplit(request.url)
        requirement = unquote(url.path.removeprefix("/"))
        options = {"index_urls": index} if (index := parse_qs(url.query).get("index")) else {}
        try:
            await micropip.install(requirement, **options)
        except ValueError as error:
            return Response(str(error), status=422)
        name = requirement.rpartition("/")[2].partition("-")[0]
        module = importlib.import_module(name)
        return Response.json(
            {"module": module.version, "metadata": importlib.metadata.version(name)}
        )
