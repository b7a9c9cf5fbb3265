"""Section 6: what is refused at the top level, in which words, and what is different afterwards."""

import asyncio
import multiprocessing.process
import os
import random
import secrets
import tempfile
import uuid

import js
from pyodide.ffi import create_proxy

from expect import contains, equal


def attempt(call):
    try:
        return str(call())
    except BaseException as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"


NO_ENTROPY = "OSError: [Errno 29] Cannot get entropy outside of request context"
DISALLOWED = (
    "Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), "
    "setting a timeout, and generating random values are not allowed within global scope. To fix this "
    "error, perform this operation within a handler. "
    "https://developers.cloudflare.com/workers/runtime-apis/handlers/"
)
RANDOM = ("random", "randint", "choice", "shuffle", "sample", "randbytes", "getrandbits", "uniform",
          "seed", "getstate")

AT_TOP_LEVEL = {
    **{name: attempt(getattr(random, name)) for name in RANDOM},
    "Random": attempt(random.Random),
    "SystemRandom": attempt(lambda: random.SystemRandom().random()),
    "urandom": attempt(lambda: os.urandom(2)),
    "getrandom": attempt(lambda: secrets.token_bytes(2)),
    "token_hex": attempt(secrets.token_hex),
    "uuid4": attempt(uuid.uuid4),
    "uuid5": attempt(lambda: uuid.uuid5(uuid.NAMESPACE_DNS, "example.com")),
    "seeded": attempt(lambda: random.Random(3).randint(1, 1000)),
    "crypto": attempt(lambda: js.crypto.getRandomValues(js.Uint8Array.new(2))),
    "randomUUID": attempt(lambda: js.crypto.randomUUID()),
    "timeout": attempt(lambda: js.setTimeout(lambda: None, 1)),
    "timeout 0": attempt(lambda: js.setTimeout(lambda: None, 0)),
    "interval": attempt(lambda: js.setInterval(lambda: None, 1)),
    "sleep": attempt(lambda: asyncio.get_event_loop().run_until_complete(asyncio.sleep(0, "slept"))),
    "module": type(random).__name__,
    "pi": attempt(lambda: 3 < random.TWOPI < 7),
}
TEMPORARY = [os.path.basename(tempfile.mktemp()) for _ in range(2)]
SEEDED = random.Random(3).randint(1, 1000)
HELD = random.random
rejected = []
js.fetch("http://example.com/").catch(lambda error: rejected.append(str(error)))


def check_the_random_module_is_blocked(worker):
    for name in RANDOM:
        equal(AT_TOP_LEVEL[name],
              f"RuntimeError: Cannot use random.{name}() outside of request context")
    # What is no function is there.
    equal(AT_TOP_LEVEL["pi"], "True")


def check_sources_of_chance_are_refused(worker):
    for name in ("Random", "SystemRandom", "urandom", "getrandom", "token_hex", "uuid4"):
        equal((name, AT_TOP_LEVEL[name]), (name, NO_ENTROPY))


def check_what_is_not_chance_is_allowed(worker):
    equal(AT_TOP_LEVEL["seeded"], str(random.Random(3).randint(1, 1000)))
    equal(AT_TOP_LEVEL["uuid5"], "cfbff0d1-9375-5685-968c-48ce8b15ae17")


def check_javascripts_ways_are_refused(worker):
    for name in ("crypto", "randomUUID", "timeout", "interval"):
        contains(AT_TOP_LEVEL[name], DISALLOWED)
    contains(AT_TOP_LEVEL["timeout"], "JsException: Error: Disallowed operation")
    equal(AT_TOP_LEVEL["timeout 0"], "0")
    contains(rejected[0], DISALLOWED)


def check_the_loop_may_turn(worker):
    equal(AT_TOP_LEVEL["sleep"], "slept")


def check_temporary_names_do_not_come_from_chance(worker):
    equal([len(name) for name in TEMPORARY], [len("tmp") + 8] * 2)
    assert TEMPORARY[0] != TEMPORARY[1]
    assert os.path.basename(tempfile.mktemp()) not in TEMPORARY


def check_chance_is_real_in_handlers(worker):
    drawn = [
        *(random.random() for _ in range(4)),
        HELD(),
        *(os.urandom(8) for _ in range(2)),
        secrets.token_hex(),
        uuid.uuid4(),
        random.Random().random(),
        random.SystemRandom().random(),
        js.crypto.randomUUID(),
    ]
    equal(len(set(drawn)), len(drawn))
    equal(random.__class__.__name__, AT_TOP_LEVEL["module"])
    import sys

    equal(type(sys.modules["random"]).__name__, "module")
    random.seed(5)
    first = random.random()
    random.seed(5)
    equal(random.random(), first)
    random.seed()


def check_the_constant_of_the_top_level_is_gone(worker):
    """Bytes that a draw of the top level would have got: the same one, over and over."""
    assert os.urandom(16) != bytes([43]) * 16
    assert len(set(os.urandom(64))) > 8


def check_multiprocessing_can_be_imported(worker):
    equal(multiprocessing.process.current_process().name, "MainProcess")


async def check_handlers_may_do_io(worker):
    fired = asyncio.Event()
    fire = create_proxy(fired.set)
    js.setTimeout(fire, 1)
    await fired.wait()
    fire.destroy()
    await asyncio.sleep(0.001)

