"""An HTTP/2 server over TLS that tells what it was asked."""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import Iterator

import h2.config
import h2.connection
import h2.events
from peers import Certificate, Peer, over_tls, serving


class _Connection:
    """One connection: answers each request when it is whole, in JSON."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._http2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self._requests: dict[int, dict[str, str]] = {}
        self._received: dict[int, int] = {}

    def serve(self, connection: ssl.SSLSocket) -> None:
        assert connection.selected_alpn_protocol() == "h2"
        self._http2.initiate_connection()
        connection.sendall(self._http2.data_to_send())
        while data := connection.recv(65536):
            for event in self._http2.receive_data(data):
                self._handle(event)
            connection.sendall(self._http2.data_to_send())

    def _handle(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._requests[event.stream_id] = {
                name.decode(): value.decode() for name, value in event.headers}
            self._received[event.stream_id] = 0
        elif isinstance(event, h2.events.DataReceived):
            self._received[event.stream_id] += len(event.data)
            self._http2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self._answer(event.stream_id)

    def _answer(self, stream: int) -> None:
        request = self._requests.pop(stream)
        told = json.dumps({
            "connection": self._number, "method": request[":method"], "path": request[":path"],
            "length": request.get("content-length"), "received": self._received.pop(stream),
        })
        self._http2.send_headers(stream, [(":status", "200"), ("content-type", "application/json")])
        self._http2.send_data(stream, told.encode(), end_stream=True)


@contextlib.contextmanager
def serving_http2(certificate: Certificate) -> Iterator[Peer]:
    context = certificate.server_context()
    context.set_alpn_protocols(["h2"])
    connections = 0

    def serve(connection: ssl.SSLSocket) -> None:
        nonlocal connections
        connections += 1
        _Connection(connections).serve(connection)

    with serving(over_tls(context, serve)) as peer:
        yield peer
