"""Functions of the shared generator, and generators of one's own."""

import random as _standard

from .mtrand import get_state, random, seed, set_state  # noqa: F401


def default_rng(seed=None):
    return _standard.Random(seed)
