"""The SDK's bindings with fewer crossings between the languages.

Its wrapper of a binding asks a JavaScript object for its constructor's name some twenty times for each
call. Here one question tells what kind of object it is; what is not one of the frequent kinds goes the
SDK's own way.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

_kind: Callable[[Any], str | None]

# What can be awaited: js/sdk_requests.js calls it "then", except for what is of the other side.
_AWAITED = frozenset({"then", "RpcPromise", "RpcProperty"})
_PLAIN = "Object"

# Objects of bindings, which stay what they are and are wrapped as the bindings themselves.
_WRAPPED = frozenset(
    {"D1DatabaseSession", "D1PreparedStatement", "R2MultipartUpload", "R2Object", "R2ObjectBody"}
)

# Passed to JavaScript as they are. Exactly these: a subclass may be anything.
_UNCHANGED = frozenset({str, int, float, bool})


def install(host: Any) -> None:
    """`host`: js/sdk_requests.js says what it is."""
    global _kind  # noqa: PLW0603
    _kind = host.kind


def kind_of(rpc: ModuleType, value: Any) -> str | None:
    """The name of a JavaScript object's class; nothing for Python's own values."""
    return _kind(value) if isinstance(value, rpc.JsProxy) else None


def quicken(rpc: ModuleType) -> None:
    """Replaces functions of the module `workers.rpc`, before the rest of the SDK uses them."""
    _quicken_conversions(rpc)
    _quicken_calls(rpc)


def _quicken_conversions(rpc: ModuleType) -> None:
    to_rpc = rpc.python_to_rpc
    from_rpc = rpc.python_from_rpc

    def python_to_rpc(value: Any) -> Any:
        return value if type(value) in _UNCHANGED else to_rpc(value)

    def python_from_rpc(obj: Any) -> Any:
        if type(obj) in _UNCHANGED:
            return obj
        if kind_of(rpc, obj) != _PLAIN:
            return from_rpc(obj)
        converted = obj.to_py(default_converter=rpc._python_from_rpc_default_converter)
        return rpc._replace_jsnull_with_none(converted)

    python_to_rpc.__doc__ = to_rpc.__doc__
    python_from_rpc.__doc__ = from_rpc.__doc__
    rpc.python_to_rpc = python_to_rpc
    rpc.python_from_rpc = python_from_rpc


def _quicken_calls(rpc: ModuleType) -> None:
    wrapper = rpc._BindingWrapper
    convert = wrapper._convert_result

    def convert_result(self: Any, result: Any) -> Any:
        return self.__class__(result) if kind_of(rpc, result) in _WRAPPED else convert(self, result)

    def invoke(self: Any, function: Any, args: Any, kwargs: Any) -> Any:
        js_args, js_kwargs = self._convert_args(args, kwargs)
        result = function(*js_args, **js_kwargs)
        if type(result) in _UNCHANGED:
            return result
        kind = kind_of(rpc, result)
        # The foreign function interface makes a future of a promise.
        if kind in _AWAITED or (kind is None and hasattr(result, "then") and callable(result.then)):

            async def await_and_convert() -> Any:
                return self._convert_result(await result)

            return await_and_convert()
        return self.__class__(result) if kind in _WRAPPED else convert(self, result)

    wrapper._convert_result = convert_result
    wrapper._conver_and_invoke = invoke
