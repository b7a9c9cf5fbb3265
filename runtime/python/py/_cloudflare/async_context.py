"""Which event a Python task belongs to: an object of the host, in a context variable.

A task starts with a copy of the variables of the code that started it. So what a handler starts knows
the handler's event, and tasks of other events that run in between do not.
"""

from contextvars import Context, ContextVar
from typing import Any

_scope: ContextVar[Any] = ContextVar("scope", default=None)


def current() -> Any:
    """The host's object of the running task, if it has one."""
    return _scope.get()


def enter(scope: Any) -> None:
    """Puts the host's object in force for the running task and what it starts from now on."""
    _scope.set(scope)


def scope_of(context: Context) -> Any:
    """What ``current()`` gives in code that runs with these variables."""
    return context.get(_scope)
