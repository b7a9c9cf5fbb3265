"""Where a value of Python is meant, none of JavaScript's comes: neither an object nor its null."""

import datetime
from http.client import HTTPMessage

import js
from pyodide.ffi import JsProxy
from workers import Blob, File, FormData, Request, Response, import_from_javascript

from expect import equal, python_type

try:
    from pyodide.ffi import jsnull
except ImportError:
    jsnull = object()

EPOCH = datetime.datetime.fromtimestamp(0)


def javascript_in(value, path="it"):
    """Where in a value there is one of JavaScript's, if there is."""
    if isinstance(value, JsProxy) or value is jsnull:
        return path
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, (list, tuple, set)):
        parts = list(enumerate(value))
    else:
        parts = []
    found = (javascript_in(part, f"{path}[{name!r}]") for name, part in parts)
    return next((place for place in found if place), None)


def pythonic(value, expected):
    equal(javascript_in(value), None)
    equal(value, expected)


async def check_props(worker):
    props, seen = await worker.env.NAMED.props()
    pythonic(props, {"tier": "gold", "limits": [1, {"none": None}]})
    equal(seen, ["dict", "gold", True, ["limits", "tier"], True])


def check_props_of_what_comes_from_outside(worker):
    python_type(worker.ctx.props, dict)
    pythonic(worker.ctx.props, {})


def check_the_environment(worker):
    for name in ("GREETING", "SETTINGS", "LIST", "NUMBER", "FLAG", "NOTHING"):
        equal(javascript_in(getattr(worker.env, name), name), None)


def check_a_request(worker):
    request = Request("http://inside/?a=1", method="POST", body="text", headers={"x-a": "1"})
    python_type(request.headers, HTTPMessage)
    for name in ("method", "url", "redirect", "body_used", "cf"):
        equal(javascript_in(getattr(request, name), name), None)
    equal(Request("http://inside/").body, None)
    equal(Request("http://inside/").cf, None)


async def check_what_is_in_a_request(worker):
    def request():
        return Request("http://inside/", method="POST", body='{"a": [null]}')

    pythonic(await request().json(), {"a": [None]})
    pythonic(await request().text(), '{"a": [null]}')
    pythonic(await request().bytes(), b'{"a": [null]}')
    python_type(await request().blob(), Blob)


async def check_a_response(worker):
    response = Response.from_json({"a": None}, headers={"x-a": "1"})
    python_type(response.headers, HTTPMessage)
    for name in ("status", "status_text", "ok", "url", "redirected", "type"):
        equal(javascript_in(getattr(response, name), name), None)
    pythonic(await response.clone().json(), {"a": None})
    equal(Response(None, status=204).body, None)
    python_type(await Response(b"12").blob(), Blob)
    pythonic(await Response(b"12").bytes(), b"12")


def check_a_redirect(worker):
    redirect = Response.redirect("http://inside/there", 301)
    python_type(redirect, Response)
    equal((redirect.status, redirect.headers["location"]), (301, "http://inside/there"))
    equal(Response.redirect("http://inside/there").status, 302)


async def check_a_response_of_another_entry_point(worker):
    response = await worker.env.NAMED.fetch("http://inside/")
    python_type(response, Response)
    python_type(response.headers, HTTPMessage)


async def check_form_data(worker):
    form = FormData({"text": "a", "blob": Blob(["b"]), "file": File(["c"], "c.txt")})
    request = Request("http://inside/", method="POST", body=form)
    for data in (form, await request.form_data()):
        pythonic(data["text"], "a")
        python_type(data["file"], File)
        pythonic(await data["file"].bytes(), b"c")
        for value in data.values():
            assert not isinstance(value, JsProxy), value
        pythonic(list(data.keys()), ["text", "blob", "file"])
        equal([name for name, value in data.items() if isinstance(value, JsProxy)], [])
        pythonic(data.get_all("text"), ["a"])
        # As the SDK has it there is no KeyError.
        equal(data["missing"], None)


async def check_values_of_javascript_over_rpc(worker):
    module = import_from_javascript("./javascript/values.mjs")
    values = await worker.env.NAMED.echo(module.Values.new())
    # Names that are a dict's own methods would hide the keys.
    found = await values.all()
    equal(javascript_in(found), None)
    equal((found["nothing"], found["missing"], found["list"]), (None, None, [None, [None]]))
    equal((found["map"], found["set"], found["big"]), ({"key": None}, {None, 1}, 2**60))
    equal((found["date"], found["dates"]), (EPOCH, [EPOCH]))
    equal(bytes(found["bytes"]), b"\1\2")
    equal(str(found["error"]), "Error: told")
    for name in found:
        equal(javascript_in(await values.each(name), name), None)


async def check_pythons_values_go_to_javascript(worker):
    """As an argument and as a variable for a while: `to_js` is not needed."""
    kinds = import_from_javascript("./javascript/counters.mjs")
    counter = await worker.env.NAMED.echo(kinds.Counter.new(1))
    equal(await counter.increment(2), 3)
    equal(await worker.env.NAMED.echo({"none": None, "when": [EPOCH]}), {"none": None, "when": [EPOCH]})
    equal(js.JSON.stringify(worker.env._env.SETTINGS), '{"deep":[1,{"x":null}]}')
