"""Whether an interpreter that goes on from a memory snapshot is in the state that a start leaves behind.

The snapshot's digests say that its bytes are those that were written. This says that they were worth
writing, and that they fit the code around them: it is one call, of a few microseconds.
"""

import os

from . import allow_entropy
from .entropy_patches import _guarded_urandom

_TEXT = "a text whose hash depends on the seed that all instances have"
_HASH = hash(_TEXT)


def check() -> None:
    """Raises RuntimeError when the interpreter must not be used."""
    # Strings are found in dictionaries by the hash that they had.
    # A new string: the hash of that one is kept in it.
    if hash("".join([_TEXT[:1], _TEXT[1:]])) != _HASH:
        raise RuntimeError("the hash seed is another one")
    # Else what was drawn from chance in one instance would be drawn in all of them.
    if allow_entropy.in_request_context() or os.urandom is not _guarded_urandom:
        raise RuntimeError("it was taken after the first request")
    if allow_entropy.is_bad_entropy_enabled():
        raise RuntimeError("chance would be a constant")
