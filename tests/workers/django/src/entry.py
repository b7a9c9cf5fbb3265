"""Django twice in one Worker: over ASGI below /asgi, over WSGI elsewhere."""

import os

import asgi
from workers import Request, Response, WorkerEntrypoint, wsgi

os.environ["DJANGO_SETTINGS_MODULE"] = "site_app.settings"

from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

wsgi_application = get_wsgi_application()
asgi_application = get_asgi_application()


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> Response:
        if request.url.split("/")[3] == "asgi":
            return await asgi.fetch(asgi_application, request, self.env, self.ctx)
        return await wsgi.fetch(wsgi_application, request, self.env)
