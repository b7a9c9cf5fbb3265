"""Finds a Worker's entry points and calls them; run by the host after the main module is imported."""

import signal
from asyncio import Task, current_task, get_event_loop
from collections.abc import Callable
from contextvars import copy_context
from functools import lru_cache, partial
from inspect import CO_VARARGS, isawaitable, isclass, unwrap
from types import CoroutineType, FunctionType, ModuleType
from typing import Any

import js
from _cloudflare.async_context import enter
from _cloudflare.eager_task import EagerTask
from _cloudflare.event_loop import enter_loop
from _cloudflare.json_values import json_value
from pyodide.code import relaxed_call
from pyodide.ffi import JsProxy, to_js
from workers import (
    DurableObject,
    Request,
    Response,
    WorkerEntrypoint,
    WorkflowEntrypoint,
    python_from_rpc,
    python_to_rpc,
)

try:
    from workers.rpc import _RpcStubWrapper as RpcStub
except ImportError:  # an older SDK
    RpcStub = None

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


def _public_names(cls: type, kind: type) -> list[str]:
    """Names of the public attributes of a kind, sorted."""
    return sorted(
        name
        for name in dir(cls)
        if not name.startswith("_") and isinstance(_raw_attribute(cls, name), kind)
    )


def collect_methods(cls: type) -> list[str]:
    """Names of the public methods, sorted: plain functions, no properties, static or class methods."""
    return _public_names(cls, FunctionType)


def collect_properties(cls: type) -> list[str]:
    """Names of the public properties, sorted."""
    return _public_names(cls, property)


def collect_entrypoint_classes(module: ModuleType) -> Any:
    """{kind: [{className, methodNames}, …]} of the module's public classes, as a JavaScript object."""
    names = getattr(module, "__all__", None)
    if names is None:
        names = [name for name in dir(module) if not name.startswith("_")]
    values = [getattr(module, name) for name in names]
    found = {
        kind: [
            {
                "className": value.__name__,
                "methodNames": collect_methods(value),
                "propertyNames": collect_properties(value),
            }
            for value in values
            if isclass(value) and issubclass(value, base) and value is not base
        ]
        for kind, base in _KINDS.items()
    }
    return to_js(found, dict_converter=js.Object.fromEntries)


class CpuLimitExceeded(BaseException):
    """Raised in code that has run for too long; it is ended soon if it goes on."""


def _exceed_cpu_limit(*_: Any) -> None:
    raise CpuLimitExceeded("Python Worker exceeded CPU time limit")


signal.signal(signal.SIGXCPU, _exceed_cpu_limit)


def _from_rpc(value: Any) -> Any:
    """An argument as Python code wants it; a function of the other side converts its own arguments."""
    converted = python_from_rpc(value)
    if RpcStub is not None and isinstance(converted, JsProxy) and callable(converted):
        return RpcStub(converted)
    return converted


def props_from_javascript(props: Any) -> Any:
    """What a handler finds in `ctx.props`."""
    return json_value(python_from_rpc(props))


def _instead_of(error: SystemExit | KeyboardInterrupt) -> RuntimeError:
    """What is raised for an exception that would end the event loop in the middle of a call, and with
    it the interpreter."""
    if isinstance(error, SystemExit):
        return RuntimeError(
            f"sys.exit({error.code!r}) was called: a Worker cannot exit, it serves until it is replaced"
        )
    return RuntimeError(
        "KeyboardInterrupt was raised, though there is no keyboard that could interrupt a Worker"
    )


async def _result_of(call: Callable[[], Any]) -> Any:
    try:
        result = call()
        # The first is what it mostly is, and quicker to see.
        is_waiting = type(result) is CoroutineType or isawaitable(result)
        return await result if is_waiting else result
    except (SystemExit, KeyboardInterrupt) as error:
        raise _instead_of(error) from error


@lru_cache(maxsize=256)
def _arity(function: FunctionType) -> tuple[int, int | None] | None:
    """How many positional arguments a function needs, and takes (None: any number).

    Nothing for one that needs keyword arguments as well, or says itself what its signature is.
    """
    # Not inspect.signature: it evaluates annotations, whose names may be there for type checkers only.
    inner = unwrap(function)
    if type(inner) is not FunctionType or hasattr(inner, "__signature__"):
        return None
    code = inner.__code__
    if code.co_kwonlyargcount > len(inner.__kwdefaults__ or ()):
        return None
    needs = code.co_argcount - len(inner.__defaults__ or ())
    return needs, None if code.co_flags & CO_VARARGS else code.co_argcount


def _fit(function: Any, args: tuple[Any, ...]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """A function, and those of the arguments that it takes.

    As `pyodide.code.relaxed_call`, which looks at the signature of each bound method anew: that took
    a third of the Python code of a small request. It is still asked where there is more to see than the
    number of arguments, and for its error when there are too few.
    """
    plain = getattr(function, "__func__", function)
    arity = _arity(plain) if type(plain) is FunctionType else None
    own = 0 if plain is function else 1  # a bound method brings its first
    if arity is None or len(args) + own < arity[0]:
        return partial(relaxed_call, function), args
    takes = arity[1]
    return function, args if takes is None else args[: takes - own]


def construct(scope: Any, constructor: Callable[..., Any], *args: Any) -> Any:
    """Makes an entry point's instance, in the host's scope of the event."""

    def make() -> Any:
        enter(scope)
        try:
            return constructor(*args)
        except (SystemExit, KeyboardInterrupt) as error:
            raise _instead_of(error) from error

    return copy_context().run(make)


async def call_converted(
    scope: Any,
    began: Callable[[Any], None] | None,
    relaxed: bool,
    instance: Any,
    name: str,
    *args: Any,
) -> Any:
    """Calls a method with arguments and result converted between JavaScript and Python.

    `scope`: the host's, of the event. `began`: gets the task that runs it. `relaxed`: arguments that
    the method does not take are dropped.
    """
    enter(scope)
    if began is not None:
        began(current_task())
    method = getattr(instance, name, None)
    if not callable(method):
        raise TypeError(f"Method {name} does not exist")
    if relaxed:
        method, args = _fit(method, args)
    call = partial(method, *[_from_rpc(arg) for arg in args])
    return python_to_rpc(await _result_of(call))


async def get_converted(scope: Any, instance: Any, name: str) -> Any:
    """The value of a property, converted for JavaScript; one that has to be waited for is waited for."""
    enter(scope)
    return python_to_rpc(await _result_of(partial(getattr, instance, name)))


async def call_raw(
    scope: Any, began: Callable[[Any], None] | None, handler: Any, *args: Any
) -> Any:
    """Calls a function with JavaScript's own arguments, as many as it takes."""
    enter(scope)
    if began is not None:
        began(current_task())
    call, taken = _fit(handler, args)
    return await _result_of(partial(call, *taken))


_requests: dict[int, Task] = {}
"""The tasks that answer, by the host's number of the request."""


def prepare_answers(host: Any, module: ModuleType, environment: Any) -> tuple[Any, Any]:
    """The functions that answer a request, and that cancel its task.

    `host.pending` is returned for an answer that comes later, with `host.succeeded(number, response)` or
    `host.failed(number, task)`.
    """
    pending, succeeded, failed = host.pending, host.succeeded, host.failed

    def settle(number: int, task: Task) -> None:
        if task.cancelled() or task.exception() is not None:
            failed(number, task)
        else:
            succeeded(number, task.result())

    def answer(
        scope: Any, number: int, entrypoint: str, method: str, context: Any, request: Any
    ) -> Any:
        loop = get_event_loop()
        enter_loop(loop)
        constructor = getattr(module, entrypoint, None)
        if constructor is None:
            raise TypeError(
                f"There is no '{entrypoint}' class defined in the Python Worker's main module"
            )
        task = EagerTask(
            _response(scope, number, constructor, method, (context, environment), request), loop
        )
        if task.done():
            return task.result()
        task.add_done_callback(partial(settle, number))
        return pending

    def cancel(number: int) -> None:
        if task := _requests.get(number):
            task.cancel()

    return to_js([answer, cancel], depth=1)


async def _response(
    scope: Any,
    number: int,
    constructor: Callable[..., Any],
    method: str,
    arguments: tuple[Any, Any],
    request: Any,
) -> Any:
    """Calls a handler of requests, as `call_converted` calls any method."""
    enter(scope)
    _requests[number] = current_task()
    try:
        handler = getattr(construct(scope, constructor, *arguments), method)
        # The places of env and ctx: a class has them as attributes.
        call, taken = _fit(handler, (Request(request), None, None))
        result = await _result_of(partial(call, *taken))
    finally:
        del _requests[number]
    # What it nearly always is needs not be looked at as closely as anything may be.
    if type(result) is Response:
        return result.js_object
    if isinstance(result, JsProxy) and getattr(result, "constructor", None) == _JS_RESPONSE:
        return result
    return python_to_rpc(result)


_JS_RESPONSE = js.Response
