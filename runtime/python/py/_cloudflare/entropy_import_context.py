"""What the standard library draws from chance when it is imported, and what is done about it.

The counts are exact: a module that draws less than it is allowed makes `allow_bad_entropy_calls` raise,
so that a change in the library is noticed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from .allow_entropy import allow_bad_entropy_calls, in_request_context, is_bad_entropy_enabled
from .import_patch_manager import (
    block_calls,
    register_after_snapshot,
    register_before_first_request,
    register_exec_patch,
)

_RANDOM_SEED_CALLS = 10  # 2496 bytes in pieces of at most 256
_random_state: Any = None
_random_name_sequence: Any = None


@register_exec_patch("random")
@contextmanager
def random_context(module: ModuleType) -> Iterator[None]:
    """`random` seeds its shared generator."""
    global _random_state  # noqa: PLW0603
    with allow_bad_entropy_calls(_RANDOM_SEED_CALLS):
        yield
    _random_state = module.getstate()
    block_calls(module, allowlist=("Random", "SystemRandom"))


@register_after_snapshot("random")
def random_after_snapshot(module: ModuleType) -> None:
    """The shared generator must be where its import left it: nobody has drawn from it."""
    drawn = module.random()
    module.setstate(_random_state)
    if drawn != module.random():
        raise RuntimeError("random seed in bad state")
    module.setstate(_random_state)


@register_before_first_request("random")
def random_before_first_request(module: ModuleType) -> None:
    """Real randomness at last."""
    module.seed()


@register_exec_patch("_random")
@contextmanager
def c_random_context(module: ModuleType) -> Iterator[None]:
    """`Random()` without a seed would get a constant one at the top level."""
    yield
    original = module.Random

    class Random(original):  # type: ignore[misc, valid-type]
        def seed(self, a: Any = None, *args: Any) -> None:
            if a is None and not (in_request_context() or is_bad_entropy_enabled()):
                raise OSError(29, "Cannot get entropy outside of request context")
            super().seed(a, *args)

    Random.__module__ = original.__module__
    Random.__qualname__ = original.__qualname__
    module.Random = Random


class _TopLevelNames:
    """Temporary file names of the top level: eight characters, the same each time."""

    def __init__(self) -> None:
        self._next = 0

    def __iter__(self) -> "_TopLevelNames":
        return self

    def __next__(self) -> str:
        self._next += 1
        return f"{self._next:08d}"


@register_exec_patch("tempfile")
@contextmanager
def tempfile_context(module: ModuleType) -> Iterator[None]:
    """`tempfile` names files by chance, also the one that it tries folders with."""
    global _random_name_sequence  # noqa: PLW0603
    yield
    _random_name_sequence = module._RandomNameSequence
    module._RandomNameSequence = _TopLevelNames


@register_before_first_request("tempfile")
def tempfile_before_first_request(module: ModuleType) -> None:
    """From now on names are random: it makes a new sequence when it has none."""
    module._RandomNameSequence = _random_name_sequence
    module._name_sequence = None


@register_exec_patch("multiprocessing.process")
@contextmanager
def multiprocessing_context(module: ModuleType) -> Iterator[None]:
    """The authentication key of the main process, which nothing on Workers ever uses."""
    with allow_bad_entropy_calls(1):
        yield
