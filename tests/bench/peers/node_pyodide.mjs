// The peer "Node + Pyodide": an HTTP server in Node that asks Python for each answer.
// usage: node node_pyodide.mjs PORT PYODIDE_FOLDER [PACKAGES_FOLDER]
// With packages, those of a synced Worker, it serves fastapi_app.py beside this file; else a hello.
import { createServer } from 'node:http';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [port, folder, packages] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ indexURL: folder });

const HELLO = `
async def handle(method, path):
    return 200, "text/plain;charset=UTF-8", "Hello world!"
handle
`;

const FASTAPI = `
import sys
sys.path[:0] = ["/packages", "/app"]
from fastapi_app import app

async def handle(method, path):
    status, kind, parts = 500, "text/plain", []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        nonlocal status, kind
        if message["type"] == "http.response.start":
            status = message["status"]
            kind = dict(message["headers"]).get(b"content-type", b"text/plain").decode()
        else:
            parts.append(message.get("body", b""))
    await app({"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
               "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
               "root_path": "", "headers": [], "client": ("127.0.0.1", 0),
               "server": ("127.0.0.1", 80)}, receive, send)
    return status, kind, b"".join(parts).decode()
handle
`;

/** Makes a folder of the host visible to Python. */
function mount(place, root) {
  pyodide.FS.mkdir(place);
  pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root }, place);
}

if (packages !== undefined) {
  mount('/packages', packages);
  mount('/app', dirname(fileURLToPath(import.meta.url)));
}
const handle = pyodide.runPython(packages === undefined ? HELLO : FASTAPI);
createServer(async (request, response) => {
  const answer = await handle(request.method, request.url);
  const [status, kind, body] = answer.toJs();
  answer.destroy();
  response.writeHead(status, { 'content-type': kind }).end(body);
}).listen(Number(port), '127.0.0.1');
