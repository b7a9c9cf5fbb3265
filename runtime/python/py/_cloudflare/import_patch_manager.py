"""Patches that are applied while a module is imported at the top level.

A finder in front of `sys.meta_path` claims the registered names only. It lets the other finders find
the module and wraps its loader, so that a context manager surrounds the creation or the execution of
the module. The finder is removed before the first request: what is imported later is not patched.
"""

import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

type_of_patch = Callable[[Any], AbstractContextManager[Any]]
type_of_handler = Callable[[ModuleType], Any]

_exec_patches: dict[str, list[type_of_patch]] = {}
_create_patches: dict[str, list[type_of_patch]] = {}
_before_first_request: dict[str, list[type_of_handler]] = {}
_after_snapshot: dict[str, list[type_of_handler]] = {}

# What is to be called, for modules that were executed under a patch: (handler, module).
before_first_request_handlers: list[tuple[type_of_handler, ModuleType]] = []
after_snapshot_handlers: list[tuple[type_of_handler, ModuleType]] = []


def _registrar(registry: dict[str, list[Any]]) -> Callable[..., Any]:
    def register(name: str, function: Any = None) -> Any:
        """Registers for the module `name`; with one argument, as a decorator that may be stacked."""

        def add(added: Any) -> Any:
            registry.setdefault(name, []).append(added)
            return added

        return add if function is None else add(function)

    return register


register_exec_patch = _registrar(_exec_patches)
register_create_patch = _registrar(_create_patches)
register_before_first_request = _registrar(_before_first_request)
register_after_snapshot = _registrar(_after_snapshot)


class _PatchedLoader:
    """A module's loader, with the registered patches around it."""

    def __init__(self, loader: Any, name: str) -> None:
        self._loader = loader
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._loader, attribute)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        with ExitStack() as stack:
            for patch in _create_patches.get(self._name, ()):
                stack.enter_context(patch(spec))
            return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        with ExitStack() as stack:
            for patch in _exec_patches.get(self._name, ()):
                stack.enter_context(patch(module))
            self._loader.exec_module(module)
        for handler in _before_first_request.get(self._name, ()):
            before_first_request_handlers.append((handler, module))
        for handler in _after_snapshot.get(self._name, ()):
            after_snapshot_handlers.append((handler, module))


class _PatchFinder:
    """Finds only what a patch is registered for."""

    def find_spec(
        self,
        fullname: str,
        path: Iterable[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if not any(
            fullname in registry
            for registry in (
                _exec_patches,
                _create_patches,
                _before_first_request,
                _after_snapshot,
            )
        ):
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is None:
                continue
            if spec.loader is not None:
                spec.loader = _PatchedLoader(spec.loader, fullname)
            return spec
        return None


_finder = _PatchFinder()


def install_import_patch_manager() -> None:
    """Patches imports from now on."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def remove_import_patch_manager() -> None:
    """Patches no more imports, and lets all calls through that `block_calls` held back."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for blocked in _blocked:
        _unblock(blocked)
    _blocked.clear()


class BlockedCalls:
    """Stands for a module whose functions must not be called before the first request."""

    def __init__(self, module: ModuleType, allowlist: Iterable[str]) -> None:
        super().__setattr__("_module", module)
        super().__setattr__("_allowlist", frozenset(allowlist))
        super().__setattr__("_blocking", True)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        if not self._blocking or not callable(value) or name in self._allowlist:
            return value

        def blocked(*args: Any, **kwargs: Any) -> Any:
            if self._blocking:
                raise RuntimeError(
                    f"Cannot use {self._module.__name__}.{name}() outside of request context"
                )
            return value(*args, **kwargs)

        return blocked

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._module, name)

    def __dir__(self) -> list[str]:
        return dir(self._module)


_blocked: list[BlockedCalls] = []


def block_calls(module: ModuleType, allowlist: Iterable[str] = ()) -> None:
    """Refuses calls of the module's functions until the first request, the allowed names excepted."""
    blocked = BlockedCalls(module, allowlist)
    _blocked.append(blocked)
    sys.modules[module.__name__] = blocked  # type: ignore[assignment]


def _unblock(blocked: BlockedCalls) -> None:
    object.__setattr__(blocked, "_blocking", False)
    module = blocked._module
    if sys.modules.get(module.__name__) is blocked:
        sys.modules[module.__name__] = module
