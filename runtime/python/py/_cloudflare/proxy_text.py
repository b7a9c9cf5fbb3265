"""What a proxy shows as in JavaScript's log; ``js/proxy_text.js`` is the other side."""

from pyodide.ffi import JsDoubleProxy


def text(value: object) -> str:
    """Its ``repr()``. What ``create_proxy()`` made comes back as a proxy."""
    return repr(value.unwrap() if isinstance(value, JsDoubleProxy) else value)
