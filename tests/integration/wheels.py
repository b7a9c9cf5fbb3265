"""Packages made on the spot: wheels, source archives, and an index that serves them over HTTP."""

from __future__ import annotations

import base64
import hashlib
import http.server
import io
import re
import tarfile
import threading
import zipfile
from pathlib import Path


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    content: str = "",
    *,
    requires: tuple[str, ...] = (),
    tag: str = "py3-none-any",
    files: dict[str, str] | None = None,
) -> Path:
    """A wheel with one module of the package's name, or with ``files``."""
    folder.mkdir(exist_ok=True, parents=True)
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {entry}\n" for entry in requires)
    contents = {
        **(files or {f"{name}.py": content or f'version = "{version}"\n'}),
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    records = []
    for path, text in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        records.append(f"{path},sha256={digest.decode()},{len(text.encode())}")
    records.append(f"{info}/RECORD,,")
    wheel = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "\n".join(records) + "\n")
    return wheel


def make_sdist(folder: Path, name: str, version: str, files: dict[str, str]) -> Path:
    """A source archive; ``files`` has at least pyproject.toml or setup.py."""
    folder.mkdir(exist_ok=True, parents=True)
    archive = folder / f"{name}-{version}.tar.gz"
    contents = {
        "PKG-INFO": f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n",
        **files,
    }
    with tarfile.open(archive, "w:gz") as tar:
        for path, text in contents.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{path}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return archive


class PackageIndex:
    """Serves a folder of wheels and source archives as a simple index, until the ``with`` block ends.

    ``cut``       names of files whose transfer breaks off in the middle
    ``replaced``  files that are served with other bytes than the index promises, by name
    ``down``      every connection is closed without an answer
    ``requests``  what was asked for
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cut: set[str] = set()
        self.replaced: dict[str, bytes] = {}
        self.down = False
        self.requests: list[str] = []
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                index.requests.append(self.path)
                if index.down:
                    self.close_connection = True
                    return
                if self.path.startswith("/simple/"):
                    self.answer_page(self.path.strip("/").removeprefix("simple").strip("/"))
                else:
                    self.answer_file(self.path.strip("/").removeprefix("files/"))

            def do_HEAD(self) -> None:
                self.do_GET()

            def answer(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "max-age=0")
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            def answer_page(self, name: str) -> None:
                links = []
                for path in sorted(index.folder.iterdir()):
                    package = re.sub(r"[-_.]+", "-", path.name.split("-")[0]).lower()
                    if package == name:
                        digest = hashlib.sha256(path.read_bytes()).hexdigest()
                        # Metadata has a file of its own, as on the public index (PEP 658).
                        attribute = 'data-core-metadata="true"' if path.suffix == ".whl" else ""
                        links.append(
                            f'<a href="/files/{path.name}#sha256={digest}" {attribute}>{path.name}</a>'
                        )
                status = 200 if links else 404
                page = "<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>"
                self.answer(status, "text/html", page.encode())

            def answer_file(self, name: str) -> None:
                path = index.folder / name
                if name.endswith(".whl.metadata"):
                    with zipfile.ZipFile(index.folder / name.removesuffix(".metadata")) as wheel:
                        (member,) = [n for n in wheel.namelist() if n.endswith("/METADATA")]
                        self.answer(200, "text/plain", wheel.read(member))
                    return
                if not path.is_file():
                    self.answer(404, "text/plain", b"")
                    return
                body = index.replaced.get(name, path.read_bytes())
                if name in index.cut and self.command == "GET":
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body[: len(body) // 2])
                    self.close_connection = True
                    return
                self.answer(200, "application/octet-stream", body)

            def log_message(self, *_: object) -> None:
                """Tests look at what was installed, not at a log."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple"

    def __enter__(self) -> PackageIndex:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
