"""Where the SDK and this runtime do not quite meet; run by the host after the main module is imported."""

import sys
from http import HTTPStatus
from inspect import signature
from typing import Any

from js import Object
from pyodide.ffi import JsProxy, to_js
from pyodide.http import pyfetch
from workers import FetchResponse, FormData, Request, Response, python_from_rpc

try:
    from pyodide.ffi import jsnull
except ImportError:  # in Python 3.12 it is None
    jsnull = None


def _none_for_null(value: Any) -> Any:
    return None if value is jsnull else value


async def _fetch_through(resource: Any, *, fetcher: Any = None, **options: Any) -> Any:
    """pyodide.http.pyfetch with the `fetcher` of later versions: a function in place of js.fetch."""
    if fetcher is None:
        return await pyfetch(resource, **options)
    return Response(await fetcher(resource, to_js(options, dict_converter=Object.fromEntries)))


# The SDK hands its bindings' fetch to pyfetch. Python 3.12's takes it for an option of the request.
_fetching = sys.modules["workers.fetch"]
if "fetcher" not in signature(pyfetch).parameters and hasattr(_fetching, "_pyfetch_patched"):
    _fetching._pyfetch_patched = _fetch_through

Request.cf = property(
    lambda request: python_from_rpc(request.js_object.cf),
    doc="What the network knows of the request: a dict whose keys are attributes as well, or None.",
)

# What is None in Python, but comes as JavaScript's null from the SDK.
Request.body = property(
    lambda request: _none_for_null(request.js_object.body),
    doc="The body as a JavaScript ReadableStream, or None.",
)
_form_value = FormData.__getitem__
FormData.__getitem__ = lambda form, key: _none_for_null(_form_value(form, key))

# The SDK makes it a bare JavaScript object, other than all its other ways to a Response.
_redirect = FetchResponse.redirect


def _redirect_to(url: str, status: HTTPStatus | int = HTTPStatus.FOUND) -> Response:
    response = _redirect(url, status)
    return Response(response) if isinstance(response, JsProxy) else response


FetchResponse.redirect = staticmethod(_redirect_to)
