"""The SDK with fewer crossings between the languages, and fewer turns of the event loop.

Its own code runs; what it calls is quicker:

- Headers go as one text, and come as one; the SDK passes the pairs one by one.
- Bytes are copied from where they are, without a proxy of them and a view through it.
- The scope of an ASGI request, made of some twenty attributes of JavaScript objects, comes in one text.
- The tasks of the ASGI adapter begin at once. Without need to wait, all of a request is over in the turn
  that it began in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http import HTTPMethod
from types import CoroutineType, ModuleType
from typing import Any
from urllib.parse import unquote

from .import_patch_manager import register_exec_patch

_parts: Callable[[Any], str | None]
_headers: Callable[[str], Any]
_header_text: Callable[[Any], str | None]
_bytes: Callable[[int, int], Any]
_held: list[Any] = []

# Where the content of a bytes object begins: its basic size counts the zero at the end.
_CONTENT = bytes.__basicsize__ - 1


def install(host: Any) -> None:
    """The functions of `host`: js/sdk_requests.js says what they are."""
    global _parts, _headers, _header_text, _bytes  # noqa: PLW0603
    _parts, _headers, _header_text, _bytes = host.parts, host.headers, host.headerText, host.bytes


def _replace(module: ModuleType, replacements: dict[str, Callable[[Any], Any]]) -> None:
    """Replaces functions of a module, where it has them, by what is made of them."""
    for name, replaced in replacements.items():
        if hasattr(module, name):
            setattr(module, name, replaced(getattr(module, name)))


@register_exec_patch("workers.utils")
@contextmanager
def utils_context(utils: ModuleType) -> Iterator[None]:
    """Before the SDK's other modules import them from there."""
    yield
    _replace(
        utils,
        {
            "_to_js_headers": _quicker_headers,
            "_js_headers_to_http_message": _quicker_message,
            "_get_js_body": _quicker_body,
        },
    )


@register_exec_patch("workers.asgi")
@contextmanager
def asgi_context(asgi: ModuleType) -> Iterator[None]:
    """Replaces what the adapter calls."""
    import js  # noqa: PLC0415  (the foreign function interface comes after this package)

    # The adapter looks these up for each request; an object that nobody holds gets a new proxy each time.
    _held.extend((js.Response, js.TransformStream))
    yield
    _replace(
        asgi,
        {
            "request_to_scope": _quicker_scope,
            "create_task": _beginning_at_once,
            "ensure_future": _beginning_at_once,
        },
    )


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
        pairs = headers.items() if type(headers) is dict else headers
        if type(headers) in (dict, list):
            parts = [part for pair in pairs for part in pair]
            # Others are converted by JavaScript. A name or value of two lines is an error, and told as one.
            if len(parts) == 2 * len(pairs) and all(
                type(part) is str and "\n" not in part for part in parts
            ):
                return _headers("\n".join(parts))
        return to_js_headers(headers)

    return headers_of


class _Pairs(list[tuple[str, str]]):
    """JavaScript's headers, as far as the SDK asks them."""

    def __init__(self, text: str) -> None:
        lines = iter(text.split("\n"))
        super().__init__(zip(lines, lines, strict=True) if text else ())

    def getSetCookie(self) -> list[str]:  # noqa: N802
        return [value for name, value in self if name == "set-cookie"]


def _quicker_message(to_message: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def message_of(headers: Any) -> Any:
        text = _header_text(headers)
        return to_message(_Pairs(text) if isinstance(text, str) else headers)

    return message_of


def _quicker_body(get_js_body: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def body_of(body: Any) -> Any:
        if type(body) is bytes:
            return nullcontext(_bytes(id(body) + _CONTENT, len(body)))
        return get_js_body(body)

    return body_of


def _beginning_at_once(begin: Callable[[Any], Any]) -> Callable[[Any], Any]:
    # Not before the foreign function interface, on which they stand.
    from asyncio import get_running_loop  # noqa: PLC0415

    from .eager_task import EagerTask  # noqa: PLC0415

    def begin_at_once(work: Any) -> Any:
        if type(work) is not CoroutineType:
            return begin(work)
        return EagerTask(work, get_running_loop())

    return begin_at_once
