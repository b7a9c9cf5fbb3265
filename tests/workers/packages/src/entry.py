"""One Worker with many packages: the first part of the path chooses which one answers."""

import asgi
import fastapi_app
import flask_app
import litestar_app
import runtime
from workers import Request, Response, WorkerEntrypoint, wsgi


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> Response:
        part = request.url.split("/")[3].partition("?")[0]
        if part == "fastapi":
            return await asgi.fetch(fastapi_app.app, request, self.env, self.ctx)
        if part == "litestar":
            if request.headers.get("Upgrade") == "websocket":
                return await asgi.websocket(litestar_app.app, request.js_object, self.env)
            return await asgi.fetch(litestar_app.app, request, self.env, self.ctx)
        if part == "flask":
            return await wsgi.fetch(flask_app.app, request, self.env)
        if part in runtime.HANDLERS:
            return Response.json(await runtime.HANDLERS[part](request))
        # With Litestar comes rich, which httpx imports and which draws random numbers when it is
        # imported. That is refused at the top level, on Cloudflare as well.
        import packages

        if part in packages.HELLOS:
            return Response.json(packages.HELLOS[part]())
        return Response("no such package", status=404)
