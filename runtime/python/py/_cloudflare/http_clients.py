"""HTTP clients of PyPI that cannot do TLS in Pyodide on their own: httpx's AsyncClient, and aiohttp's.

asyncio has no TLS in Pyodide, so `httpx.AsyncClient` fails for https. Its transport is replaced by one
over the platform's `fetch()`, which also keeps connections and speaks HTTP/2. Redirects stay httpx's.
`httpx.Client` is left alone: it blocks on Python's own sockets, where TLS works (3.14).

aiohttp's connections are made over the platform's sockets; everything above them stays aiohttp's.

Like every import patch it holds for imports at the top level of the Worker.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from .import_patch_manager import register_exec_patch

# fetch() sets these itself, or has dealt with them: a response's content comes decoded.
_NOT_SENT = {b"connection", b"content-length", b"host", b"transfer-encoding", b"accept-encoding"}
_NOT_RECEIVED = {"content-encoding", "content-length", "transfer-encoding"}


@register_exec_patch("httpx._transports.default")
@contextmanager
def fetch_transport(module: ModuleType) -> Iterator[None]:
    """Replaces `AsyncHTTPTransport` before the rest of httpx imports it."""
    yield
    module.AsyncHTTPTransport = _make_transport(module)


@register_exec_patch("aiohttp.connector")
@contextmanager
def aiohttp_connections(module: ModuleType) -> Iterator[None]:
    """Replaces the one method of `TCPConnector` that makes connections.

    The platform resolves the host and checks its certificate: a session's resolver and its `ssl` options
    are not asked.
    """
    yield

    async def create_direct_connection(
        self: Any,
        req: Any,
        traces: Any,  # noqa: ARG001  (of steps that the platform takes)
        timeout: Any,
        *,
        client_error: type[Exception] = module.ClientConnectorError,
    ) -> Any:
        # It needs modules that are not there yet when the patches are registered.
        from .socket_transport import open_connection  # noqa: PLC0415

        limit = module.ceil_timeout(timeout.sock_connect, ceil_threshold=timeout.ceil_threshold)
        try:
            async with limit:
                return await open_connection(
                    self._factory, req.url.raw_host, req.port, req.is_ssl()
                )
        except TimeoutError:
            raise
        except OSError as error:
            raise client_error(req.connection_key, error) from error

    module.TCPConnector._create_direct_connection = create_direct_connection


def _make_transport(httpx: ModuleType) -> type:
    class Body(httpx.AsyncByteStream):  # type: ignore[misc, name-defined]
        """A response's body, read as it is asked for."""

        def __init__(self, reader: Any) -> None:
            self._reader = reader

        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                try:
                    part = await self._reader.read()
                except Exception as error:
                    raise httpx.ReadError(str(error)) from error
                if part.done:
                    return
                yield part.value.to_bytes()

        async def aclose(self) -> None:
            await self._reader.cancel()

    class AsyncHTTPTransport(httpx.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        """httpx's transport over fetch(). Certificates, proxies and limits are the platform's."""

        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        async def handle_async_request(self, request: Any) -> Any:
            # Neither is there yet when the patches are registered.
            import asyncio  # noqa: PLC0415

            import js  # noqa: PLC0415
            from pyodide.ffi import to_js  # noqa: PLC0415

            content = b"".join([part async for part in request.stream])
            abort = js.AbortController.new()
            headers = [
                [name.decode("latin-1"), value.decode("latin-1")]
                for name, value in request.headers.raw
                if name.lower() not in _NOT_SENT
            ]
            options: dict[str, Any] = {
                "method": request.method,
                "headers": headers,
                "redirect": "manual",
                "signal": abort.signal,
            }
            if content:
                options["body"] = content
            fetching = js.fetch(
                str(request.url), to_js(options, dict_converter=js.Object.fromEntries)
            )
            timeouts = request.extensions.get("timeout", {})
            try:
                answer = await asyncio.wait_for(fetching, timeouts.get("read"))
            except asyncio.TimeoutError as error:  # noqa: UP041  (3.12's is the same, spelled so)
                abort.abort()
                raise httpx.ReadTimeout(f"no answer in {timeouts.get('read')} s") from error
            except Exception as error:
                raise httpx.ConnectError(str(error)) from error
            return httpx.Response(
                status_code=answer.status,
                headers=[
                    (name, value)
                    for name, value in answer.headers
                    if name.lower() not in _NOT_RECEIVED
                ],
                stream=Body(answer.body.getReader()) if answer.body else None,
                extensions={"reason_phrase": answer.statusText.encode("latin-1", "replace")},
            )

    return AsyncHTTPTransport
