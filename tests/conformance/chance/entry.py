"""What of chance a Worker gets: at its top level, and in its first request."""

import os
import random
import secrets
import tempfile
import uuid

import numpy
from numpy.random import mtrand
from workers import Response, WorkerEntrypoint


def attempt(call, *args):
    try:
        return repr(call(*args))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


CALLS = {
    "secrets.token_bytes": (secrets.token_bytes, 4),
    "secrets.token_hex": (secrets.token_hex,),
    "secrets.token_urlsafe": (secrets.token_urlsafe,),
    "secrets.randbelow": (secrets.randbelow, 10),
    "secrets.randbits": (secrets.randbits, 8),
    "secrets.choice": (secrets.choice, "ab"),
    "secrets.SystemRandom": (lambda: secrets.SystemRandom().random(),),
    "uuid.uuid1": (uuid.uuid1,),
    "uuid.uuid4": (uuid.uuid4,),
    **({"uuid.uuid7": (uuid.uuid7,)} if hasattr(uuid, "uuid7") else {}),
    "uuid.uuid5": (uuid.uuid5, uuid.NAMESPACE_DNS, "example.com"),
    "os.urandom": (os.urandom, 4),
    "random.random": (random.random,),
    "numpy.random.random": (numpy.random.random,),
    "numpy.random.mtrand.random": (mtrand.random,),
    "numpy.random.default_rng": (lambda: numpy.random.default_rng().random(),),
    "numpy.random.default_rng(3)": (lambda: numpy.random.default_rng(3).random(),),
}

TOP_LEVEL = {name: attempt(*call) for name, call in CALLS.items()}


def temporary_names():
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(b"kept")
    folder = tempfile.mkdtemp()
    with open(file.name, "rb") as again:
        assert again.read() == b"kept"
    os.unlink(file.name)
    os.rmdir(folder)
    return [os.path.basename(name) for name in (file.name, folder, tempfile.mktemp())]


TOP_LEVEL_NAMES = temporary_names()


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response.json({
            "top level": TOP_LEVEL,
            "top level names": TOP_LEVEL_NAMES,
            "handler": {name: attempt(*call) for name, call in CALLS.items()},
            "handler names": temporary_names(),
            "numpy": numpy.random.mtrand.SEEDED,
        })
