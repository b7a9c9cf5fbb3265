"""Makes other Workers while it runs, and says what came of it."""

import asyncio
import json

import js
from pyodide.ffi import JsException, to_js
from workers import Response, WorkerEntrypoint

PYTHON = {"compatibilityDate": "2026-06-01", "compatibilityFlags": ["python_workers"]}
JAVASCRIPT = {"compatibilityDate": "2026-06-01"}

CHILD = '''
import asyncio, sys, zlib
from importlib import resources
from pathlib import Path
import js
import library
from workers import Response, WorkerEntrypoint, env, wait_until

MODE = env.MODE
requests = 0

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        global requests
        requests += 1
        path = request.url.rpartition("/")[2].rpartition("?")[2]
        if path == "count":
            return Response(str(requests))
        if path == "fail":
            return library.fail()
        if path == "later":
            wait_until(library.later())
            return Response("soon")
        if path == "body":
            size = crc = 0
            async for piece in request.body:
                data = piece.to_bytes()
                size += len(data)
                crc = zlib.crc32(data, crc)
            return Response(f"{size} {crc}")
        if path == "stream":
            return Response(library.numbers())
        if path == "socket":
            client, server = js.WebSocketPair.new().object_values()
            server.accept()
            server.binaryType = "arraybuffer"
            server.send("hello from the child")
            server.addEventListener("message", library.echo(server))
            return Response(None, status=101, web_socket=client)
        if path == "network":
            return await js.fetch("http://api.example/")
        return Response(f"{request.method} {request.headers['x-test']} {await request.text()}",
                        status=201, headers={"x-mode": MODE})

    async def double(self, value):
        return {"doubled": value * 2, "mode": self.env.MODE}

    async def call(self, function):
        return await function(20)

    async def ask_parent(self):
        return await self.env.PARENT.secret("child")

    def files(self):
        folder = Path(__file__).parent
        return [(folder / "note.txt").read_text(), (folder / "bytes.bin").read_bytes(),
                (folder / "data.json").read_text(), library.__file__]

    def loop(self):
        while True:
            pass

    def stubborn(self):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass

    def exit(self):
        import os
        os._exit(3)

class Other(WorkerEntrypoint):
    def who(self):
        return f"Other for {self.ctx.props.user}"
'''

LIBRARY = '''
import asyncio
import js
from pyodide.ffi import create_proxy

def fail():
    raise LookupError("not in the child")

def echo(server):
    def answer(event):
        if event.data == "bye":
            server.close(3001, "as asked")
        elif isinstance(event.data, str):
            server.send("echo " + event.data)
        else:
            server.send(event.data)
    return create_proxy(answer)

async def later():
    await asyncio.sleep(0.1)
    print("the child's task is over")

def numbers():
    sent = 0
    async def pull(controller):
        nonlocal sent
        sent += 1
        if sent > 2000:
            controller.close()
            return
        controller.enqueue(js.Uint8Array.new(65536))
    return js.ReadableStream.new(pull=create_proxy(pull))
'''

ECHO = '''
import {WorkerEntrypoint} from 'cloudflare:workers';
import {greeting} from './greeting.js';
export default {
  async fetch(request, env) {
    if (request.url.endsWith('/slow')) await env.WAIT();
    return new Response(`${greeting} ${env.NAME}`);
  },
  async queue({queue, messages, metadata}) {
    messages[0].ack();
    messages[1].retry({delaySeconds: metadata.metrics.backlogCount});
    throw new Error(`${queue}: ${messages.map(({body, attempts}) => body + attempts)}`);
  },
};
export class Sum extends WorkerEntrypoint {
  add(a, b) { return a + b; }
}
'''


def code(environment, **more):
    """The code of the Python child, as a Python object: nothing has to be converted by hand."""
    return {
        **PYTHON,
        "mainModule": "entry.py",
        "modules": {
            "entry.py": CHILD,
            "library.py": {"py": LIBRARY},
            "note.txt": {"text": "a note"},
            "bytes.bin": {"data": b"\x00\xff"},
            "data.json": {"json": {"a": 1}},
        },
        "env": environment,
        **more,
    }


def javascript(name, wait=None):
    modules = {"main.js": ECHO, "greeting.js": "export const greeting = 'Hello';"}
    return {**JAVASCRIPT, "mainModule": "main.js", "modules": modules,
            "env": {"NAME": name, "WAIT": wait}}


async def error_of(awaitable):
    try:
        await awaitable
    except (JsException, Exception) as error:
        return str(error)
    return "nothing was raised"


class Parent(WorkerEntrypoint):
    """What children may use of this Worker."""

    async def fetch(self, request):
        return Response(f"the parent answers for {request.url}")

    def secret(self, who):
        return f"a secret for {who}"


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        action = request.url.split("/")[3].partition("?")[0]
        return await getattr(self, action)(request)

    def child(self, mode="plain", **more):
        environment = {"MODE": mode, "PARENT": self.env.PARENT}
        return self.env.LOADER.get(f"child {mode}", lambda: code(environment, **more))

    async def passes(self, request):
        return await self.child().getEntrypoint().fetch(request.js_object)

    async def calls(self, request):
        entrypoint = self.child().getEntrypoint()
        other = self.child().getEntrypoint("Other", props={"user": "me"})

        async def add_one(value):
            return value + 1

        files = await entrypoint.files()
        return Response.json([
            (await entrypoint.double(21)).to_py(),
            await entrypoint.call(add_one),
            await entrypoint.ask_parent(),
            await other.who(),
            [files[0], list(files[1].to_bytes()), files[2], files[3]],
        ])

    async def errors(self, request):
        load = self.env.LOADER.load
        entrypoint = self.child().getEntrypoint()

        def broken():
            raise RuntimeError("no code today")

        def start(source, **more):
            worker = {**PYTHON, "mainModule": "entry.py", "modules": {"entry.py": source}, **more}
            return error_of(load(worker).getEntrypoint().anything())

        return Response.json({
            "raised": await error_of(entrypoint.fetch("http://child/fail")),
            "unknown": await error_of(entrypoint.nothing()),
            "syntax": await start("def broken(:\n"),
            "import": await start("import nothing_of_the_kind\n"),
            "flag": await start("", compatibilityFlags=[]),
            "date": await start("", compatibilityDate="yesterday"),
            "main": await start("", mainModule="other.py"),
            "module": await start("", modules={"entry.py": "", "a.txt": "what is it"}),
            "callback": await error_of(
                self.env.LOADER.get("broken", broken).getEntrypoint().anything()),
        })

    async def streams(self, request):
        answer = await self.child().getEntrypoint().fetch("http://child/stream")
        return Response(answer.body)

    async def network(self, request):
        inherited = self.child().getEntrypoint()
        blocked = self.child("blocked", globalOutbound=None).getEntrypoint()
        intercepted = self.child("intercepted", globalOutbound=self.env.PARENT).getEntrypoint()
        url = "http://child/network"
        return Response.json([
            await (await inherited.fetch(url)).text(),
            await error_of(blocked.fetch(url)),
            await (await intercepted.fetch(url)).text(),
        ])

    async def consumer(self, request):
        """A batch, as a queue would hand it to a child of JavaScript."""
        entrypoint = self.env.LOADER.get("javascript", lambda: javascript("world")).getEntrypoint()
        messages = [{"id": name, "timestamp": js.Date.new(0), "body": name, "attempts": 1}
                    for name in ("a", "b", "c")]
        metadata = {"metrics": {"backlogCount": 7, "backlogBytes": 3}}
        return Response.json(await entrypoint.queue("jobs", messages, metadata))

    async def javascript(self, request):
        worker = self.env.LOADER.get("javascript", lambda: javascript("world"))
        answer = await worker.getEntrypoint().fetch("http://child/")
        return Response.json([await answer.text(), await worker.getEntrypoint("Sum").add(1, 2),
                              await error_of(worker.getEntrypoint("None").add(1, 2))])

    async def full(self, request):
        """As many as there may be are busy; then they are idle and make room."""
        opened = asyncio.Event()

        async def wait():
            await opened.wait()

        get = self.env.LOADER.get
        entrypoints = [get(f"busy {n}", lambda n=n: javascript(n, wait)).getEntrypoint()
                       for n in range(3)]
        slow = [asyncio.ensure_future(entrypoint.fetch("http://child/slow"))
                for entrypoint in entrypoints[:2]]
        await asyncio.sleep(0.5)
        refused = await error_of(entrypoints[2].fetch("http://child/"))
        opened.set()
        answers = [await (await answer).text() for answer in slow]
        answers += [await (await entrypoint.fetch("http://child/")).text()
                    for entrypoint in reversed(entrypoints)]
        return Response.json([refused, answers])

    async def survives(self, request):
        """Children that come to a bad end, and what is there afterwards."""
        entrypoint = self.child().getEntrypoint()
        before = await (await entrypoint.fetch("http://child/count")).text()
        looped = await error_of(entrypoint.loop())
        still = await (await entrypoint.fetch("http://child/count")).text()
        stubborn = await error_of(entrypoint.stubborn())
        exited = await error_of(entrypoint.exit())
        after = await (await entrypoint.fetch("http://child/count")).text()
        return Response.json([int(still) - int(before), looped, stubborn, exited, int(after)])

    async def later(self, request):
        return await self.child().getEntrypoint().fetch("http://child/later")
