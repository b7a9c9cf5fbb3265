"""The pages."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def index(request: HttpRequest) -> HttpResponse:
    """A page from a template."""
    page: HttpResponse = render(request, "index.html", {"visitor": request.GET.get("name", "you")})
    return page


async def hello(request: HttpRequest, name: str) -> JsonResponse:
    return JsonResponse({"message": f"Hello, {name}!"})
