"""Measures cwrangler and its peers in one run and prints one table. See README.md."""

import argparse
import functools
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import crypto
import instances
import stores
import web
from measure import BUILD, Load, Running, Server, load, pss_mb

PEERS = Path(__file__).resolve().parent / "peers"
CONNECTIONS = (1, 32)


@dataclass
class Row:
    """One line of the table. Figures that were not measured are not in it."""

    name: str
    peer: str
    """The row that its figures are divided by; empty for a peer that has none."""
    figures: dict[str, float]


# The figures of a row, and how each is shown.
COLUMNS = {
    "first_ms": ("first 200, ms", 0),
    "rate_1": ("req/s at 1", 0),
    "rate_32": ("req/s at 32", 0),
    "cpu_us_1": ("CPU µs at 1", 0),
    "cpu_us_32": ("CPU µs at 32", 0),
    "p50_us_32": ("p50 µs at 32", 0),
    "p99_us_32": ("p99 µs at 32", 0),
    "pss_mb": ("PSS, MB", 0),
    "call_us": ("one call, µs", 2),
}


def measure(server: Server, peer: str, starts: int, seconds: float) -> Row:
    times = []
    for number in range(starts):
        running = Running(server)
        times.append(running.first_ms)
        if server.only_starts or number + 1 < starts:
            running.stop()
    figures = {"first_ms": statistics.median(times)}
    if server.only_starts:
        return Row(server.name, peer, figures)
    try:
        load(running, 32, seconds)  # warm-up: V8 and Python adapt to what is hot
        for connections in CONNECTIONS:
            result: Load = load(running, connections, seconds)
            for name, value in asdict(result).items():
                figures[f"{name}_{connections}"] = value
        figures["pss_mb"] = pss_mb(running.process.pid)
        return Row(server.name, peer, figures)
    finally:
        running.stop()



def cwrangler(*options: str) -> Callable[[int], list[str]]:
    program = str(BUILD / "bin" / "cwrangler")
    return lambda port: [program, "dev", "--ip", "127.0.0.1", "--port", str(port), *options]


def make_project(scratch: Path, template: str) -> Path:
    """A project, synced: `hello` and `busy` of the template hello, or `fastapi`."""
    program = str(BUILD / "bin" / "cwrangler")
    folder = scratch / template
    subprocess.run([program, "init", str(folder), "--template",
                    "fastapi" if template == "fastapi" else "hello"], check=True, capture_output=True)
    if template == "busy":
        (folder / "src" / "entry.py").write_text((PEERS / "busy_worker.py").read_text())
    if template == "fastapi":
        source = (PEERS / "fastapi_app.py").read_text()
        (folder / "src" / "entry.py").write_text(
            source
            + "\n\nimport asgi\nfrom workers import WorkerEntrypoint\n\n\n"
            + "class Default(WorkerEntrypoint):\n"
            + "    async def fetch(self, request):\n"
            + "        return await asgi.fetch(app, request.js_object, self.env)\n"
        )
    subprocess.run([program, "sync"], cwd=folder, check=True, capture_output=True)
    return folder


def uvicorn(app: str) -> Callable[[int], list[str]]:
    return lambda port: [
        str(Path(sys.executable).parent / "uvicorn"), app, "--app-dir", str(PEERS),
        "--port", str(port), "--loop", "uvloop", "--http", "httptools",
        "--log-level", "warning",
    ]


def pyodide_folder() -> Path | None:
    """npm's pyodide of Python 3.14 in the build tree."""
    for module in BUILD.glob("**/node_modules/*/pyodide.mjs"):
        if json.loads((module.parent / "package.json").read_text())["version"].startswith("314"):
            return module.parent
    return None


def node_problem() -> str:
    """Why there can be no Node + Pyodide; empty when there can."""
    if shutil.which("node") is None:
        return "there is no Node"
    return "" if pyodide_folder() else "npm's pyodide is not in the build tree"


def node_pyodide(modules: Path | None = None) -> Callable[[int], list[str]]:
    program = str(PEERS / "node_pyodide.mjs")
    return lambda port: ["node", program, str(port), str(pyodide_folder()),
                         *([str(modules)] if modules else [])]


NODE_HELLO = "Node + Pyodide, hello"
NODE_FASTAPI = "Node + Pyodide, FastAPI"
UVICORN_HELLO = "uvicorn (native CPython), hello"
UVICORN_FASTAPI = "uvicorn (native CPython), FastAPI"

Measuring = Callable[[int, float], Row]


def rows(scratch: Path) -> dict[str, Measuring]:
    """What makes each row, given starts and seconds; peers first."""
    has_node = not node_problem()
    if not has_node:
        print(f"{node_problem()}: Node + Pyodide is left out, uvicorn takes its place")
    hello, fastapi = make_project(scratch, "hello"), make_project(scratch, "fastapi")
    hello_peer = NODE_HELLO if has_node else UVICORN_HELLO
    fastapi_peer = NODE_FASTAPI if has_node else UVICORN_FASTAPI
    found: dict[str, Measuring] = {}

    def add(server: Server, peer: str) -> None:
        found[server.name] = lambda starts, seconds: measure(server, peer, starts, seconds)

    if has_node:
        add(Server(NODE_HELLO, node_pyodide()), "")
        add(Server(NODE_FASTAPI, node_pyodide(fastapi / "python_modules"), "/items/42"), "")
    add(Server(UVICORN_HELLO, uvicorn("hello_app:app")), NODE_HELLO if has_node else "")
    add(Server(UVICORN_FASTAPI, uvicorn("fastapi_app:app"), "/items/42"),
        NODE_FASTAPI if has_node else "")
    add(Server("cwrangler dev, hello", cwrangler(), folder=hello), hello_peer)
    add(Server("cwrangler dev, FastAPI", cwrangler(), "/items/42", fastapi), fastapi_peer)
    add(Server("cwrangler dev, FastAPI, against uvicorn", cwrangler(), "/items/42", fastapi),
        UVICORN_FASTAPI)
    add(Server("cwrangler dev, FastAPI, first ever", cwrangler(), "/items/42", fastapi,
               only_starts=True, own_cache=True), fastapi_peer)
    one = "cwrangler dev, busy with Python"
    busy = make_project(scratch, "busy")
    add(Server(one, cwrangler(), folder=busy), "")
    add(Server(f"{one}, two instances", cwrangler("--instances", "2"), folder=busy), one)
    for kind, project, path in (("hello", hello, "/"), ("FastAPI", fastapi, "/items/42")):
        native = UVICORN_HELLO if kind == "hello" else UVICORN_FASTAPI
        _add_instances(found, kind, native, project, path)
    _add_stores(found)
    if shutil.which("node"):
        _add_web(found)
        _add_crypto(found)
    return found


def _add_instances(
    found: dict[str, Measuring], kind: str, peer: str, project: Path, path: str
) -> None:
    """Rows of an instance in a process that runs already."""
    for title, milliseconds in (
        ("a new instance in a running process", instances.new_instance_ms),
        ("an edit, in a running process", instances.edited_ms),
        ("a ready instance's first answer", instances.first_answer_ms),
    ):
        name = f"{title}, {kind}"
        found[name] = lambda starts, _, name=name, milliseconds=milliseconds: Row(
            name, peer, {"first_ms": milliseconds(project, path, 4 * starts)})
    name = f"one more instance, {kind}"
    found[name] = lambda starts, _: Row(
        name, peer, {"pss_mb": instances.further_instance_mb(project, path, 2 * starts, 30)})


def _add_stores(found: dict[str, Measuring]) -> None:
    """Rows of one operation of a store, called by a Worker."""
    select = "CPython's sqlite3, point select"
    insert = "CPython's sqlite3, flushed insert"
    found[select] = lambda *_: Row(select, "", {"cpu_us_1": stores.native_select_us()})
    found[insert] = lambda *_: Row(insert, "", {"cpu_us_1": stores.native_insert_us()})
    operations = (
        ("KV get", "get", select), ("D1 point select", "select", select),
        ("queue send", "send", insert),
    )
    for title, operation, peer in operations:
        for language in ("Python", "JavaScript"):
            name = f"{title}, from {language}"
            found[name] = lambda *_, name=name, language=language, operation=operation, peer=peer: Row(
                name, peer, {"cpu_us_1": stores.cpu_us(language.lower(), operation)})


def _add_web(found: dict[str, Measuring]) -> None:
    """Rows of the web platform's pieces, each beside Node's; all are measured when the first is wanted."""
    pieces = functools.cache(lambda: {piece.name: piece for piece in web.pieces(rounds=5)})
    for name in [*web.AIMS, *web.OTHERS]:
        peer = f"Node, {name}"
        if name != web.CONTEXT:
            found[peer] = lambda *_, name=name, peer=peer: Row(
                peer, "", {"call_us": pieces()[name].node_microseconds})
        found[f"web: {name}"] = lambda *_, name=name, peer=peer: Row(
            f"web: {name}", peer, {"call_us": pieces()[name].microseconds})


def _add_crypto(found: dict[str, Measuring]) -> None:
    """Rows of crypto.subtle, each beside OpenSSL itself; all are measured when the first is wanted."""
    pieces = functools.cache(lambda: {piece.name: piece for piece in crypto.pieces(rounds=5)})
    for name in crypto.PIECES:
        peer = f"OpenSSL in place, {name}"
        found[peer] = lambda *_, name=name, peer=peer: Row(
            peer, "", {"call_us": pieces()[name].openssl_microseconds})
        found[f"crypto: {name}"] = lambda *_, name=name, peer=peer: Row(
            f"crypto: {name}", peer, {"call_us": pieces()[name].microseconds})


def cell(row: Row, column: str, measured: dict[str, Row]) -> str:
    """A figure, and its ratio to the peer's."""
    if column not in row.figures:
        return ""
    value = row.figures[column]
    text = f"{value:.{COLUMNS[column][1]}f}"
    peer = measured.get(row.peer)
    if peer is None or not peer.figures.get(column):
        return text
    return f"{value / peer.figures[column]:.2g}× ({text})"


def table_json(measured: dict[str, Row]) -> dict[str, object]:
    """The same for programs: figures, and ratios to the peer of the row."""
    lines = []
    for row in measured.values():
        peer = measured.get(row.peer)
        ratios = {} if peer is None else {
            name: value / peer.figures[name]
            for name, value in row.figures.items() if peer.figures.get(name)
        }
        lines.append({"name": row.name, "peer": row.peer if peer else None,
                      "figures": row.figures, "ratios": ratios})
    return {"rows": lines}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("--quick", action="store_true", help="one start, short loads")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and ratios there")
    parser.add_argument("names", nargs="*", help="only rows whose name contains one of these")
    options = parser.parse_args()
    starts, seconds = (1, 2) if options.quick else (5, 5)

    with tempfile.TemporaryDirectory() as folder:
        chosen = {name: measuring for name, measuring in rows(Path(folder)).items()
                  if not options.names or any(word in name for word in options.names)}
        if options.list:
            print("\n".join(chosen))
            return 0
        print("| server | " + " | ".join(title for title, _ in COLUMNS.values()) + " |")
        print("|---" * (len(COLUMNS) + 1) + "|")
        measured: dict[str, Row] = {}
        failed = False
        for name, measuring in chosen.items():
            try:
                row = measured[name] = measuring(starts, seconds)
            except (RuntimeError, AssertionError) as problem:
                print(f"| {name} | {problem} |" + " |" * (len(COLUMNS) - 1))
                failed = True
                continue
            cells = [cell(row, column, measured) for column in COLUMNS]
            print("| " + " | ".join([name, *cells]) + " |", flush=True)
    print("\nN× (figure): N times the peer's. The peer is Node + Pyodide with the same application, or as "
          "the name says.")
    if options.json:
        options.json.write_text(json.dumps(table_json(measured), indent=2) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
