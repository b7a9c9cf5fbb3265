"""Flask over WSGI: templates, bodies both ways, cookies, files."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask, Response, make_response, render_template, request, send_file

SITE = Path(__file__).parent / "site_files"

app = Flask(__name__, template_folder=str(SITE), static_folder=str(SITE),
            static_url_path="/flask/static")
closed: list[str] = []


@app.get("/flask/hello/<name>")
def hello(name: str) -> str:
    return render_template("page.html", name=name)


@app.get("/flask/env")
def env() -> str:
    return request.environ["workers.env"].MESSAGE


@app.post("/flask/orders")
def orders() -> dict[str, Any]:
    return {"order": request.json, "query": request.args["q"]}


@app.post("/flask/upload")
def upload() -> dict[str, Any]:
    file = request.files["file"]
    return {"note": request.form["note"], "name": file.filename, "size": len(file.read())}


@app.post("/flask/length")
def length() -> dict[str, int]:
    total = 0
    while chunk := request.stream.read(64 << 10):
        total += len(chunk)
    return {"total": total}


@app.get("/flask/stream")
def stream() -> Response:
    def parts() -> Iterator[bytes]:
        for number in range(3):
            time.sleep(0.01)
            yield b"%d\n" % number

    response = Response(parts(), mimetype="text/plain")
    response.call_on_close(lambda: closed.append("stream"))
    return response


@app.get("/flask/closed")
def get_closed() -> list[str]:
    return closed


@app.get("/flask/cookies")
def cookies() -> Response:
    response = make_response("two cookies")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


@app.get("/flask/file")
def file() -> Response:
    return send_file(SITE / "page.html")


@app.get("/flask/fails")
def fails() -> str:
    raise ValueError("as asked")
