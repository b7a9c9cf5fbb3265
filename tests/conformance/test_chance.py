"""Section 6: chance at the top level is refused by name or is the same each time; the first request has
real chance, also from generators that were seeded before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conformance import VERSIONS, configuration
from runtime_process import Runtime, running

CHANCE = Path(__file__).resolve().parent / "chance"

NO_ENTROPY = "OSError: [Errno 29] Cannot get entropy outside of request context"
# What draws nothing from chance, or has its own seed.
ALLOWED = {"uuid.uuid5", "numpy.random.default_rng(3)"}
# What asks a generator that was seeded with a constant, and which of its functions that is.
BLOCKED = {
    "random.random": "random.random",
    "uuid.uuid1": "random.getrandbits",
    "numpy.random.random": "numpy.random.random",
    "numpy.random.mtrand.random": "numpy.random.mtrand.random",
}


@pytest.fixture(scope="module", params=VERSIONS)
def instances(request: pytest.FixtureRequest) -> Iterator[tuple[dict, dict]]:
    """What two instances of the Worker found, each in its first request."""

    def found(runtime: Runtime) -> dict:
        runtime.load(configuration(CHANCE, request.param, bindings=[]))
        runtime.wait_for("loaded")
        status, body = runtime.get("/")
        assert status == 200, body
        return json.loads(body)

    with running() as runtime:
        yield found(runtime), found(runtime)


def test_each_source_is_refused_in_the_contracts_words(instances: tuple[dict, dict]) -> None:
    first, _ = instances
    for name, outcome in first["top level"].items():
        if name in BLOCKED:
            words = f"RuntimeError: Cannot use {BLOCKED[name]}() outside of request context"
        elif name in ALLOWED:
            continue
        else:
            words = NO_ENTROPY
        assert (name, outcome) == (name, words)


def test_what_is_allowed_is_the_same_in_handlers(instances: tuple[dict, dict]) -> None:
    for found in instances:
        for name in ALLOWED:
            assert found["top level"][name] == found["handler"][name]


def test_no_two_instances_draw_the_same(instances: tuple[dict, dict]) -> None:
    first, second = (found["handler"] for found in instances)
    # These have few values to choose from.
    small = {"secrets.randbelow", "secrets.randbits", "secrets.choice"}
    for name in first.keys() - ALLOWED - small:
        assert "Error: " not in first[name], first[name]
        assert first[name] != second[name], name
    for name in small:
        assert "Error: " not in first[name], first[name]


def test_generators_are_seeded_anew_before_the_first_request(instances: tuple[dict, dict]) -> None:
    for found in instances:
        # Once, and with nothing of the caller's.
        assert found["numpy"] == [None]


def test_temporary_names(instances: tuple[dict, dict]) -> None:
    first, second = instances
    assert first["top level names"] == second["top level names"]
    assert len(set(first["top level names"])) == 3
    assert not set(first["handler names"]) & set(second["handler names"])
    for name in first["top level names"] + first["handler names"]:
        assert (name[:3], len(name)) == ("tmp", 3 + 8)
