"""The shared generator, which is seeded when it is imported: one draw, as numpy's is."""

import secrets
from random import Random

SEEDED = []

_shared = Random(secrets.randbits(128))


def seed(value=None):
    SEEDED.append(value)
    _shared.seed(value)


def random():
    return _shared.random()


def get_state():
    return _shared.getstate()


def set_state(state):
    _shared.setstate(state)
