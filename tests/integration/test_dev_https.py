"""``cwrangler dev --local-protocol https``: real clients, the certificate's life, and reloads."""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from peers import make_certificate

READY = re.compile(r"^\[wrangler:info\] Ready on https://localhost:\d+$")
UPDATED = r"^⎔ Local server updated and ready$"
HTTPS = ("--local-protocol", "https")

WORKER = """\
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if request.method == "POST":
            return Response(await request.bytes(), headers={"X-Url": request.url})
        return Response("VERSION " + request.url)
"""


@pytest.fixture
def directory(project) -> Path:
    made: Path = project("hello")
    write(made, "one")
    return made


def write(directory: Path, version: str) -> None:
    (directory / "src" / "entry.py").write_text(WORKER.replace("VERSION", version))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with nothing of ours but what has been compiled."""
    cache = tmp_path / "own-cache"
    shared = Path(os.environ["CWRANGLER_CACHE_DIR"])
    cache.mkdir()
    for name in ("code", "snapshots"):
        (shared / name).mkdir(parents=True, exist_ok=True)
        (cache / name).symlink_to(shared / name)
    return cache


def port_of(session) -> int:
    return int(session.url.rsplit(":", 1)[1])


def connect(session, certificate: Path) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=str(certificate))
    connection = http.client.HTTPSConnection("localhost", port_of(session), context=context, timeout=60)
    connection.connect()
    connection.auto_open = 0  # a dropped connection must be seen
    return connection


def ask(connection: http.client.HTTPSConnection, path: str = "/") -> str:
    connection.request("GET", path)
    return connection.getresponse().read().decode()


def test_clients_that_trust_the_certificate_are_served(directory, dev, cache):
    with dev(directory, *HTTPS, env={"CWRANGLER_CACHE_DIR": str(cache)}, wait_for=READY) as session:
        certificate = cache / "certificate" / "certificate.pem"
        assert (cache / "certificate" / "key.pem").stat().st_mode & 0o777 == 0o600
        for host in ("localhost", "127.0.0.1"):
            asked = subprocess.run(
                ["curl", "-sS", "--noproxy", "*", "--cacert", certificate,
                 f"https://{host}:{port_of(session)}/a?b"],
                capture_output=True, text=True, check=False,
            )
            assert asked.stdout == f"one https://{host}:{port_of(session)}/a?b", asked.stderr
        refused = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", f"https://localhost:{port_of(session)}/"],
            capture_output=True, text=True, check=False,
        )
        assert refused.returncode == 60, refused.stderr  # nobody was told to trust it
        connection = connect(session, certificate)
        body = os.urandom(3_000_000)
        connection.request("POST", "/echo", body=body)
        answer = connection.getresponse()
        assert answer.read() == body
        assert answer.headers["X-Url"].startswith("https://localhost:")
        connection.close()
        assert session.stop() == 0


def test_a_reload_drops_no_connection(directory, dev, cache):
    with dev(directory, *HTTPS, env={"CWRANGLER_CACHE_DIR": str(cache)}, wait_for=READY) as session:
        connection = connect(session, cache / "certificate" / "certificate.pem")
        assert ask(connection).startswith("one https://")
        write(directory, "two")
        session.wait_for_line(UPDATED)
        assert ask(connection).startswith("two https://")
        connection.close()


def test_plain_http_is_told_so(directory, dev):
    with dev(directory, *HTTPS, wait_for=READY) as session:
        with socket.create_connection(("127.0.0.1", port_of(session)), timeout=60) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while data := client.recv(4096):
                answer += data
        head, _, text = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert f"Content-Length: {len(text)}".encode() in head
        assert b"call it with https://" in text


def test_websockets_are_there(project, dev, cache):
    directory = project("hello")
    (directory / "src" / "entry.py").write_text(
        "from js import WebSocketPair\n"
        "from pyodide.ffi import create_proxy\n"
        "from workers import Response, WorkerEntrypoint\n\n\n"
        "class Default(WorkerEntrypoint):\n"
        "    async def fetch(self, request):\n"
        "        client, server = WebSocketPair.new().object_values()\n"
        "        server.accept()\n"
        "        server.send('hello')\n"
        "        return Response(None, status=101, web_socket=client)\n"
    )
    with dev(directory, *HTTPS, env={"CWRANGLER_CACHE_DIR": str(cache)}, wait_for=READY) as session:
        connection = connect(session, cache / "certificate" / "certificate.pem")
        client = connection.sock
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        received = b""
        while not received.endswith(b"\x81\x05hello"):  # one text frame
            data = client.recv(4096)
            assert data, received
            received += data
        assert received.startswith(b"HTTP/1.1 101 ")
        connection.close()


def test_the_certificate_is_kept_until_it_is_of_no_use(directory, dev, cache):
    folder = cache / "certificate"

    def certificate_of_a_session() -> bytes:
        with dev(directory, *HTTPS, env={"CWRANGLER_CACHE_DIR": str(cache)}, wait_for=READY) as session:
            connection = connect(session, folder / "certificate.pem")
            shown = connection.sock.getpeercert(binary_form=True)
            connection.close()
            return shown

    first = certificate_of_a_session()
    assert certificate_of_a_session() == first
    (folder / "key.pem").chmod(0o644)  # others may have read it
    second = certificate_of_a_session()
    assert second != first
    (folder / "certificate.pem").write_bytes(b"\xff\x00 not PEM")
    third = certificate_of_a_session()
    assert third != second
    ending = make_certificate(folder.parent)  # ends in two days
    shutil.copy(ending.certificate, folder / "certificate.pem")
    shutil.copy(ending.key, folder / "key.pem")
    (folder / "key.pem").chmod(0o600)
    fourth = certificate_of_a_session()
    assert fourth != ssl.PEM_cert_to_DER_cert(ending.certificate.read_text())
    text = subprocess.run(
        ["openssl", "x509", "-noout", "-text", "-checkend", str(300 * 86400)],
        input=ssl.DER_cert_to_PEM_cert(fourth), capture_output=True, text=True, check=True,
    ).stdout
    assert "DNS:localhost, DNS:*.localhost, IP Address:127.0.0.1" in text
    assert "CA:FALSE" in text


def test_a_certificate_of_ones_own(directory, dev, cwrangler, tmp_path):
    own = make_certificate(tmp_path)
    paths = ("--https-cert-path", str(own.certificate), "--https-key-path", str(own.key))
    with dev(directory, *HTTPS, *paths, wait_for=READY) as session:
        connection = connect(session, own.certificate)
        assert ask(connection).startswith("one https://localhost:")
        connection.close()
    half = cwrangler("dev", *HTTPS, *paths[:2], cwd=directory)
    assert half.returncode == 2
    assert "Must specify both certificate path and key path" in half.stderr
    missing = cwrangler("dev", *HTTPS, *paths[:3], "nowhere.pem", cwd=directory)
    assert missing.returncode == 1
    assert "Missing Custom Certificate Key at " in missing.stderr


def test_the_configuration_chooses_https(directory, dev):
    (directory / "wrangler.toml").unlink(missing_ok=True)
    settings = {
        "name": "secure",
        "main": "src/entry.py",
        "compatibility_date": "2026-10-01",
        "compatibility_flags": ["python_workers"],
        "dev": {"local_protocol": "https"},
    }
    (directory / "wrangler.jsonc").write_text(json.dumps(settings))
    with dev(directory, wait_for=READY):
        pass
