"""Whether code may draw random numbers now, and how many times.

The host's random source reads one byte of this module: how many draws of the top level it is to answer
with a constant. The byte lives in linear memory, at an address that the host learns at boot.
"""

import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager

_EIO = 29  # what Emscripten's getentropy gives when it fails

_budget = array("b", [0])
_request_phase = False


def get_bad_entropy_flag() -> None:
    """Writes the address of the budget's byte to stderr, where the host can read it before the foreign
    function interface is up."""
    print(_budget.buffer_info()[0], file=sys.stderr)


def is_bad_entropy_enabled() -> bool:
    """True while some draws are left that get a constant instead of random bytes."""
    return _budget[0] > 0


def in_request_context() -> bool:
    """True from the first request on."""
    return _request_phase


def _set_in_request_context() -> None:
    global _request_phase  # noqa: PLW0603
    _request_phase = True


def raise_unless_entropy_allowed() -> None:
    """Raises OSError at the top level, unless the budget has draws left."""
    if not (_request_phase or is_bad_entropy_enabled()):
        raise OSError(_EIO, "Cannot get entropy outside of request context")


@contextmanager
def allow_bad_entropy_calls(n: int) -> Iterator[None]:
    """Answers the next `n` draws within the block with a constant.

    In the request phase nothing is counted: randomness is real then.
    """
    if _request_phase:
        yield
        return
    before = _budget[0]
    _budget[0] = n
    try:
        yield
        left = _budget[0]
    finally:
        _budget[0] = before
    if left > 0:
        raise RuntimeError(f"{left} unexpected leftover getentropy calls ")
