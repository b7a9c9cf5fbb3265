// The peer "Node + Pyodide": an HTTP server in Node that asks a Python function for each answer.
// usage: node node_pyodide.mjs PORT PYODIDE_FOLDER
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const [port, folder] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ indexURL: folder });
const handle = pyodide.runPython(`
async def handle(method, url):
    return "Hello world!"
handle
`);
createServer(async (request, response) => {
  const body = await handle(request.method, request.url);
  response.writeHead(200, { 'content-type': 'text/plain;charset=UTF-8' }).end(body);
}).listen(Number(port), '127.0.0.1');
