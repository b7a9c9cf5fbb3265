"""A Django site as a Worker."""

import os

from workers import Request, Response, WorkerEntrypoint, asgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_app.settings")

from django.core.asgi import get_asgi_application  # noqa: E402

application = get_asgi_application()


class Default(WorkerEntrypoint):
    """Hands HTTP requests to Django; `self.env` is there as `request.scope["env"]`."""

    async def fetch(self, request: Request) -> Response:
        response: Response = await asgi.fetch(application, request.js_object, self.env)
        return response
