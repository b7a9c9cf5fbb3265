"""Handlers as functions. Messages are in V8's format, which is the default of this date."""

from js import Object, Response
from pyodide.ffi import to_js


async def on_fetch(request, env):
    await env.JOBS.send(to_js({"url": request.url}, dict_converter=Object.fromEntries))
    return Response.new("", status=201)


async def on_queue(batch, env):
    message = batch.messages[0]
    url = message.body.url
    print(f"queue: {batch.queue}, {len(batch.messages)} message: {url}, attempt {message.attempts}")
