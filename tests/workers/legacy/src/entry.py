"""A Worker from before classes: module-level handlers and raw JavaScript objects."""

from js import URL, Headers, Object, Response, console
from pyodide.ffi import to_js


async def on_fetch(request, env):
    url = URL.new(request.url)
    if url.pathname == "/old":
        return Response.redirect(url.origin, 307)
    if url.pathname == "/pairs":
        headers = Headers.new({"content-type": "application/json", "x-a": "1"}.items())
        return Response.new('{"ok":true}', headers=headers, status=201)
    if url.pathname == "/log":
        console.log(to_js({"a": [1, 2]}, dict_converter=Object.fromEntries))
        return Response.new("logged")
    if url.pathname == "/echo":
        return Response.new(await request.text(), headers={"x-method": request.method}.items())
    return Response.new("Hello from on_fetch")
