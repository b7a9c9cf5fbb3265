"""A connection of `cloudflare:sockets` as a transport of asyncio.

Pyodide's event loop has no TLS of its own; the platform's sockets have. What reads or writes through a
transport needs to know nothing of that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import JsException, to_js

# Bytes that wait to be sent before the protocol is asked to stop, and at which it may go on.
_HIGH_WATER = 65536
_LOW_WATER = 16384


class SocketTransport(asyncio.Transport):
    """Over an open socket. The protocol hears of it at once."""

    def __init__(self, socket: Any, protocol: asyncio.Protocol, peer: tuple[str, int]) -> None:
        super().__init__({"peername": peer})
        self._socket = socket
        self._reader = socket.readable.getReader()
        self._writer = socket.writable.getWriter()
        self._protocol = protocol
        self._unsent = bytearray()
        self._sending = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()
        self._paused = False
        self._closing = False
        self._lost = False
        self._loop = asyncio.get_running_loop()
        protocol.connection_made(self)
        self._tasks = [
            self._loop.create_task(self._read()),
            self._loop.create_task(self._write()),
        ]

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol  # type: ignore[assignment]

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self._reading.clear()

    def resume_reading(self) -> None:
        self._reading.set()

    def is_reading(self) -> bool:
        return self._reading.is_set()

    def get_write_buffer_size(self) -> int:
        return len(self._unsent)

    def can_write_eof(self) -> bool:
        return False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._lost:
            return
        self._unsent += data
        self._sending.set()
        if len(self._unsent) > _HIGH_WATER and not self._paused:
            self._paused = True
            self._protocol.pause_writing()

    def close(self) -> None:
        """Closes the connection once everything is sent."""
        self._closing = True
        self._sending.set()

    def abort(self) -> None:
        """Drops the connection."""
        self._unsent.clear()
        self._end(None)

    async def _read(self) -> None:
        try:
            while True:
                await self._reading.wait()
                part = await self._reader.read()
                if self._closing:
                    return
                if part.done:
                    if not self._protocol.eof_received():
                        self.close()
                    return
                self._protocol.data_received(part.value.to_bytes())
        except JsException as error:
            self._end(None if self._closing else ConnectionError(str(error)))

    async def _write(self) -> None:
        try:
            while self._unsent or not self._closing:
                await self._sending.wait()
                self._sending.clear()
                while self._unsent:
                    data = to_js(bytes(self._unsent))
                    self._unsent.clear()
                    await self._writer.write(data)
                    if self._paused and len(self._unsent) <= _LOW_WATER:
                        self._paused = False
                        self._protocol.resume_writing()
            self._end(None)
        except JsException as error:
            self._end(ConnectionError(str(error)))

    def _end(self, error: Exception | None) -> None:
        if self._lost:
            return
        self._lost = self._closing = True
        self._reading.set()
        self._socket.close()
        self._loop.call_soon(self._protocol.connection_lost, error)
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()


async def open_connection(
    factory: Callable[[], asyncio.Protocol], host: str, port: int, tls: bool
) -> tuple[SocketTransport, asyncio.Protocol]:
    """Connects to a host, with TLS if asked for. Raises OSError when that is not possible."""
    # The module is not there yet when patches are registered.
    from _pyodide_entrypoint_helper import cloudflareSocketsModule  # noqa: PLC0415

    address = js.Object.fromEntries(to_js([["hostname", host], ["port", port]]))
    options = js.Object.fromEntries(to_js([["secureTransport", "on" if tls else "off"]]))
    socket = cloudflareSocketsModule.connect(address, options)
    try:
        await socket.opened
    except JsException as error:
        raise ConnectionError(str(error)) from error
    except asyncio.CancelledError:
        socket.close()
        raise
    protocol = factory()
    return SocketTransport(socket, protocol, (host, port)), protocol
