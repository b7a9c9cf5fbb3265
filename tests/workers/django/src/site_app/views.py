"""Views of both kinds.

Synchronous ones are asked for over WSGI and over ASGI, asynchronous ones over ASGI alone: for those
Django's WSGI handler needs a thread that has no event loop.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt


def hello(request: HttpRequest, name: str) -> HttpResponse:
    """A template, and a session in a signed cookie."""
    count = request.session.get("visits", 0)
    request.session["visits"] = count + 1
    return render(request, "hello.html", {"name": name, "count": count})


async def asynchronous(request: HttpRequest) -> JsonResponse:
    """An asynchronous view that calls synchronous code."""
    await asyncio.sleep(0.01)
    slept = await sync_to_async(_sleep)()
    return JsonResponse({"slept": slept})


def _sleep() -> bool:
    time.sleep(0.01)
    return True


def env(request: HttpRequest) -> HttpResponse:
    scope = getattr(request, "scope", None)
    environment = request.META["workers.env"] if scope is None else scope["env"]
    return HttpResponse(environment.MESSAGE)


@csrf_exempt
def upload(request: HttpRequest) -> JsonResponse:
    file = request.FILES["file"]
    size = sum(len(chunk) for chunk in file.chunks())
    return JsonResponse({"note": request.POST["note"], "name": file.name, "size": size})


def form(request: HttpRequest) -> HttpResponse:
    """Protected against forgery: without a token it is refused."""
    return HttpResponse("accepted")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        for number in range(3):
            yield f"{number}\n"

    return StreamingHttpResponse(parts(), content_type="text/plain")


def async_stream(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        for number in range(3):
            yield f"{number}\n"
            await asyncio.sleep(0.01)

    return StreamingHttpResponse(parts(), content_type="text/plain")


def fails(request: HttpRequest) -> HttpResponse:
    raise ValueError("as asked")
