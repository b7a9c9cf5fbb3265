"""What the runtime gives the SDK's ASGI adapter is what its own functions would have made."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from runtime_process import Runtime, running, worker_config

WORKER = """
    import importlib.util, json
    import workers.asgi as quick
    import workers.utils as quick_utils
    from workers import Request, Response, WorkerEntrypoint
    import js

    # The SDK's file under a name that the runtime does not know.
    def once_more(module):
        name = module.__name__ + "_once_more"
        spec = importlib.util.spec_from_file_location(name, module.__file__)
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made

    plain = once_more(quick)
    plain_utils = once_more(quick_utils)
    plain._to_js_headers = plain_utils._to_js_headers
    BODIES = [b"", bytes(range(256)), b"x" * 100_000, bytearray(b"of bytes"), "text", None]

    async def content(utils, body):
        try:
            with utils._get_js_body(body) as made:
                response = js.Response.new(made)
            return (await response.arrayBuffer()).to_bytes().hex()
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    def typed(value):
        if isinstance(value, dict):
            return {key: typed(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [type(value).__name__, *map(typed, value)]
        return f"{type(value).__name__} {value!r}"

    def outcome(call):
        try:
            return call()
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    def headers_of(asgi, headers):
        made = asgi._to_js_headers(headers)
        return sorted([list(pair) for pair in made]), list(made.getSetCookie())

    HEADERS = [
        [],
        [("content-type", "text/plain")],
        [("Set-Cookie", "a=1"), ("set-cookie", "b=2; Path=/"), ("x", "")],
        [("x-twice", "1"), ("x-twice", "2"), ("x-latin", "caf\\u00e9")],
        [("bad name", "x")],
        [("x", "two\\nlines")],
        [("x", "one", "too many")],
        {"x-of": "a dict", "x-second": "2"},
        {"x-number": 5, "x-none": None},
        [["x-list", "in a list"]],
        {"x": "two\\nlines"},
        "no headers",
        None,
    ]

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            env = "the environment"
            found = []
            for asgi, utils in ((plain, plain_utils), (quick, quick_utils)):
                made = []
                message = utils._js_headers_to_http_message(request.js_object.headers)
                made.append([list(pair) for pair in message.items()])
                made.append([await content(utils, body) for body in BODIES])
                for received in (request, request.js_object):
                    scope = outcome(lambda: asgi.request_to_scope(received, env, state={"a": 1}))
                    made.append(typed(scope))
                    made.append(typed(outcome(lambda: asgi.request_to_scope(received, env))))
                made.append([outcome(lambda: headers_of(asgi, headers)) for headers in HEADERS])
                found.append(made)
            changed = [
                name
                for names, one, other in (
                    (("request_to_scope", "_to_js_headers", "create_task", "ensure_future"), plain, quick),
                    (("_get_js_body", "_js_headers_to_http_message"), plain_utils, quick_utils),
                )
                for name in names
                if getattr(one, name).__code__ is getattr(other, name).__code__
            ]
            return Response(json.dumps({"plain": found[0], "quick": found[1], "unchanged": changed}))
"""


@pytest.fixture(scope="module", params=["3.12", "3.13", "3.14"])
def runtime(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    source = tmp_path_factory.mktemp("src")
    (source / "entry.py").write_text(dedent(WORKER))
    with running() as started:
        started.load(worker_config(source) | {"python_version": request.param})
        started.wait_for("loaded")
        yield started


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", []),
        ("POST", "/a%20b/%E2%82%AC?q=%41&q=b+c", [("Content-Length", "0")]),
        ("DELETE", "/a/../b//c/?", [("X-Twice", "1"), ("B", "2"), ("x-twice", "3"), ("A", " padded ")]),
        ("GET", "/?=&&", [("X-Latin", "caf\u00e9"), ("Cookie", "a=1; b=2"), ("Empty", "")]),
        ("PROPFIND", "/unusual", []),
    ],
)
def test_a_scope_is_what_the_sdk_would_make(
    runtime: Runtime, method: str, path: str, headers: list[tuple[str, str]]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", runtime.port)
    connection.putrequest(method, path)
    for name, value in headers:
        connection.putheader(name, value.encode("latin-1"))
    connection.endheaders()
    found = json.loads(connection.getresponse().read())
    connection.close()
    assert found["quick"] == found["plain"]
    assert found["unchanged"] == []


CONVERSIONS = """
    import importlib.util, json
    import workers.rpc as quick
    from pyodide.code import run_js
    from workers import Response, WorkerEntrypoint

    spec = importlib.util.spec_from_file_location("workers.rpc_once_more", quick.__file__)
    plain = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plain)

    FROM = [
        "({a: 1, b: 'text', c: null, d: [1, {e: null}], f: undefined})", "[1, null, 'x', [2]]", "null",
        "undefined", "5", "1.5", "'text'", "true", "new Map([['a', null], ['b', {c: 1}]])", "new Set([1, 2])",
        "new Date(0)", "new Error('of JavaScript')", "new Uint8Array([1, 2])", "new ArrayBuffer(2)",
        "/x/", "(a) => a", "Symbol.iterator", "10n", "new Response('x')", "new Request('http://a.example/')",
        "new FormData()", "new Blob(['x'])", "Object.create(null)", "new (class Thing { a = 1 })()",
        "({constructor: {name: 'Object'}, a: new Date(1000)})", "({constructor: null})", "new Number(4)",
        "({then: 1})", "new (class TestController {})()",
    ]
    TO = ["text", 5, 2**60, 1.5, True, False, None, [1, None], {"a": None, "b": [1]}, (1, 2), b"x",
          bytearray(b"x"), {1, 2}, Exception("of Python"), type("Text", (str,), {})("sub"), object]

    def shown(value):
        if isinstance(value, dict):
            return [type(value).__name__, {str(key): shown(item) for key, item in value.items()}]
        if isinstance(value, (list, tuple, set)):
            return [type(value).__name__, *map(shown, value)]
        name = type(value).__name__
        return f"{name} {value}" if name in ("str", "int", "float", "bool", "datetime", "JsBigInt") else name

    def outcome(call):
        try:
            return shown(call())
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            describe = run_js("(value) => `${typeof value} ${value?.constructor?.name} ${String(value)}`")
            found = {}
            for name, rpc in (("plain", plain), ("quick", quick)):
                values = [run_js(f"({text})") for text in FROM]
                found[name] = [
                    [outcome(lambda: rpc.python_from_rpc(value)) for value in values],
                    [outcome(lambda: describe(rpc.python_to_rpc(value))) for value in TO],
                ]
            found["unchanged"] = [
                name for name in ("python_from_rpc", "python_to_rpc")
                if getattr(plain, name).__code__ is getattr(quick, name).__code__
            ]
            return Response(json.dumps(found))
"""


@pytest.mark.parametrize("python", ["3.12", "3.13", "3.14"])
def test_values_of_bindings_are_what_the_sdk_would_make(tmp_path: Path, python: str) -> None:
    (tmp_path / "entry.py").write_text(dedent(CONVERSIONS))
    with running() as runtime:
        runtime.load(worker_config(tmp_path) | {"python_version": python})
        runtime.wait_for("loaded")
        status, text = runtime.get("/")
        assert status == 200, text
        found = json.loads(text)
        assert found["quick"] == found["plain"]
        assert found["unchanged"] == []
