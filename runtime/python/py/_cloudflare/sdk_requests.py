"""The SDK's ASGI adapter with fewer crossings between the languages, and fewer turns of the event loop.

Its own code runs; what it calls is quicker:

- The scope of a request, which it makes of some twenty attributes of JavaScript objects, comes in one
  text.
- So do the headers of the response go.
- The tasks that it makes for each request begin at once. Without need to wait, all of a request is over
  in the turn that it began in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPMethod
from types import CoroutineType, ModuleType
from typing import Any
from urllib.parse import unquote

from .import_patch_manager import register_exec_patch

_parts: Callable[[Any], str | None]
_headers: Callable[[str], Any]
_held: list[Any] = []


def install(host: Any) -> None:
    """`host.parts(request)` and `host.headers(text)`: js/sdk_requests.js says what they are."""
    global _parts, _headers  # noqa: PLW0603
    _parts, _headers = host.parts, host.headers


@register_exec_patch("workers.asgi")
@contextmanager
def asgi_context(asgi: ModuleType) -> Iterator[None]:
    """Replaces the functions that the adapter calls, where it has them."""
    import js  # noqa: PLC0415  (the foreign function interface comes after this package)

    # The adapter looks these up for each request; an object that nobody holds gets a new proxy each time.
    _held.extend((js.Response, js.TransformStream))
    yield
    for name, replaced in {
        "request_to_scope": _quicker_scope,
        "_to_js_headers": _quicker_headers,
        "create_task": _beginning_at_once,
        "ensure_future": _beginning_at_once,
    }.items():
        if hasattr(asgi, name):
            setattr(asgi, name, replaced(getattr(asgi, name)))


def _quicker_scope(request_to_scope: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    from workers import Request  # noqa: PLC0415  (the SDK, which comes after this package)

    def scope_of(request: Any, env: Any, ws: bool = False, state: Any = None) -> dict[str, Any]:
        is_wrapped = isinstance(request, Request)
        parts = _parts(request.js_object if is_wrapped else request)
        if not isinstance(parts, str):
            scope = request_to_scope(request, env, ws=ws, state=state)
        else:
            method, scheme, path, query, *headers = parts.split("\n")
            pairs = iter([text.encode() for text in headers])
            scope = {
                "asgi": _VERSIONS,
                "headers": list(zip(pairs, pairs, strict=True)),
                "http_version": "1.1",
                "method": HTTPMethod[method] if is_wrapped else method,
                "scheme": scheme,
                "path": unquote(path),
                "raw_path": path.encode(),
                "query_string": query.encode(),
                "type": "websocket" if ws else "http",
                "env": env,
            }
            if state is not None:
                scope["state"] = dict(state)
        # ASGI gives a WebSocket's scope no method, and Litestar takes one that has it for an HTTP request.
        if ws:
            scope.pop("method", None)
        return scope

    return scope_of


_VERSIONS = {"spec_version": "2.0", "version": "3.0"}


def _quicker_headers(to_js_headers: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def headers_of(headers: Any) -> Any:
        if type(headers) is list:
            text = "\n".join([part for pair in headers for part in pair])
            # A name or value with a line of its own is an error, and told as one.
            if text.count("\n") == max(2 * len(headers) - 1, 0):
                return _headers(text)
        return to_js_headers(headers)

    return headers_of


def _beginning_at_once(begin: Callable[[Any], Any]) -> Callable[[Any], Any]:
    # Not before the foreign function interface, on which they stand.
    from asyncio import get_running_loop  # noqa: PLC0415

    from .eager_task import EagerTask  # noqa: PLC0415

    def begin_at_once(work: Any) -> Any:
        if type(work) is not CoroutineType:
            return begin(work)
        return EagerTask(work, get_running_loop())

    return begin_at_once
