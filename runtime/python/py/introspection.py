"""Finds a Worker's entry points and calls them; run by the host after the main module is imported."""

from collections.abc import Awaitable
from inspect import isawaitable, isclass
from types import FunctionType, ModuleType
from typing import Any

import js
from pyodide.code import relaxed_call
from pyodide.ffi import to_js
from workers import (
    DurableObject,
    WorkerEntrypoint,
    WorkflowEntrypoint,
    python_from_rpc,
    python_to_rpc,
)

_KINDS = {
    "durableObjects": DurableObject,
    "workerEntrypoints": WorkerEntrypoint,
    "workflowEntrypoints": WorkflowEntrypoint,
}


def _raw_attribute(cls: type, name: str) -> Any:
    """The attribute as the class holds it: no descriptor is called."""
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


def collect_methods(cls: type) -> list[str]:
    """Names of the public methods, sorted: plain functions, no properties, static or class methods."""
    return sorted(
        name
        for name in dir(cls)
        if not name.startswith("_") and isinstance(_raw_attribute(cls, name), FunctionType)
    )


def collect_entrypoint_classes(module: ModuleType) -> Any:
    """{kind: [{className, methodNames}, …]} of the module's public classes, as a JavaScript object."""
    names = getattr(module, "__all__", None)
    if names is None:
        names = [name for name in dir(module) if not name.startswith("_")]
    values = [getattr(module, name) for name in names]
    found = {
        kind: [
            {"className": value.__name__, "methodNames": collect_methods(value)}
            for value in values
            if isclass(value) and issubclass(value, base) and value is not base
        ]
        for kind, base in _KINDS.items()
    }
    return to_js(found, dict_converter=js.Object.fromEntries)


async def wrapper_func(relaxed: bool, instance: Any, name: str, *args: Any) -> Any:
    """Calls a method with arguments and result converted between JavaScript and Python.

    `relaxed`: arguments that the method does not take are dropped.
    """
    method = getattr(instance, name, None)
    if not callable(method):
        raise TypeError(f"Method {name} does not exist")
    converted = [python_from_rpc(arg) for arg in args]
    result: Any | Awaitable[Any]
    try:
        result = relaxed_call(method, *converted) if relaxed else method(*converted)
        if isawaitable(result):
            result = await result
    except SystemExit as exit:
        # Left alone it would end the event loop in the middle of a call, and with it the interpreter.
        raise RuntimeError(
            f"sys.exit({exit.code!r}) was called: a Worker cannot exit, it serves until it is replaced"
        ) from exit
    return python_to_rpc(result)
