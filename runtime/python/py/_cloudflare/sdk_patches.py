"""What this runtime adds to the SDK's bindings, as the SDK is imported.

- `workers.env` follows `patch_env` and `withEnv` although the SDK keeps what it has looked up once.
- A variable that is JSON is a dict or a list, not a JavaScript object.
- The answer of a call over RPC can be gone on from before it is there: `await env.A.first().second()`.
- JavaScript's null is None in sets and tuples as well, not only in lists and dicts.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from . import sdk_bindings
from .import_patch_manager import register_exec_patch
from .json_values import json_value


@register_exec_patch("workers.rpc")
@contextmanager
def rpc_context(module: ModuleType) -> Iterator[None]:
    """Patches the classes before the rest of the SDK uses them."""
    yield
    if hasattr(module, "_EnvWrapper"):
        _patch_environment(module)
    if hasattr(module, "_BindingWrapper"):
        sdk_bindings.quicken(module)
        _patch_calls(module)
    if hasattr(module, "_replace_jsnull_with_none"):
        _patch_nulls(module)


def _patch_environment(rpc: ModuleType) -> None:
    # The host registers it after the first modules are imported.
    from _pyodide_entrypoint_helper import cloudflareWorkersModule  # noqa: PLC0415

    live = cloudflareWorkersModule.env
    wrapper = rpc._EnvWrapper
    wrap = wrapper._getattr_helper

    def wrapped(self: Any, name: str) -> Any:
        value = wrap(self, name)
        if value is rpc.jsnull:
            return None
        if sdk_bindings.kind_of(rpc, value) in ("Array", "Object"):
            return json_value(rpc.python_from_rpc(value))
        return value

    def look_up(self: Any, name: str) -> Any:
        if self._env != live:
            result = wrapped(self, name)
            setattr(self, name, result)
            return result
        # One wrapper for each value that the name has had last.
        binding = getattr(live, name)
        known = self.__dict__.setdefault("_known", {})
        if name not in known or known[name][0] != binding:
            known[name] = (binding, wrapped(self, name))
        return known[name][1]

    wrapper._getattr_helper = wrapped
    wrapper.__getattr__ = look_up


class _Pipelined:
    """Something of the other side: `_remote`, whose members are there before its value is."""

    def __init__(self, wrapper: Any, remote: Any) -> None:
        self._wrapper = wrapper
        self._remote = remote

    def __getattr__(self, name: str) -> _Member:
        if name.startswith("__"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return _Member(self._wrapper, getattr(self._remote, name))


class _Member(_Pipelined):
    """A method to be called, or a property to be awaited."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._wrapper._conver_and_invoke(self._remote, args, kwargs)

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._value().__await__()

    async def _value(self) -> Any:
        return self._wrapper._convert_result(await self._remote)


class _Call(_Pipelined, Coroutine[Any, Any, Any]):
    """The answer of a call: the SDK's coroutine, and more."""

    def __init__(self, wrapper: Any, remote: Any, answer: Coroutine[Any, Any, Any]) -> None:
        super().__init__(wrapper, remote)
        self._answer = answer
        self._gone_on = False

    def __getattr__(self, name: str) -> _Member:
        member = super().__getattr__(name)
        self._gone_on = True
        return member

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._answer.__await__()

    def send(self, value: Any) -> Any:
        return self._answer.send(value)

    def throw(self, *error: Any) -> Any:
        return self._answer.throw(*error)

    def close(self) -> None:
        self._answer.close()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._gone_on = True
        return self._wrapper._conver_and_invoke(self._remote, args, kwargs)

    def __del__(self) -> None:
        # Else Python warns that the answer itself was not awaited.
        if self._gone_on:
            self._answer.close()


def _patch_calls(rpc: ModuleType) -> None:
    from _cloudflare_rpc import begin  # noqa: PLC0415  (a module of the host, as above)

    wrapper = rpc._BindingWrapper
    invoke = wrapper._conver_and_invoke

    def invoke_pipelined(self: Any, function: Any, args: Any, kwargs: Any) -> Any:
        if sdk_bindings.kind_of(rpc, function) not in ("RpcPromise", "RpcProperty"):
            return invoke(self, function, args, kwargs)
        js_args, js_kwargs = self._convert_args(args, kwargs)
        promise = begin(function, *js_args, **js_kwargs).promise

        async def answer() -> Any:
            return self._convert_result(await promise)

        return _Call(self, promise, answer())

    def get_pipelined(self: Any, name: str) -> Any:
        attribute = getattr(self._binding, name)
        if sdk_bindings.kind_of(rpc, attribute) == "RpcProperty":
            return _Member(self, attribute)
        if not callable(attribute):
            return self._convert_result(attribute)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._conver_and_invoke(attribute, args, kwargs)

        return call

    wrapper._conver_and_invoke = invoke_pipelined
    wrapper._getattr_helper = get_pipelined


def _patch_nulls(rpc: ModuleType) -> None:
    replace = rpc._replace_jsnull_with_none

    def replace_everywhere(value: Any) -> Any:
        if isinstance(value, (set, tuple)):
            return type(value)(replace_everywhere(item) for item in value)
        return replace(value)

    # It calls itself by this name.
    rpc._replace_jsnull_with_none = replace_everywhere
