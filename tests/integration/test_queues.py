"""Queues of the Worker ``tests/workers/queue_checks``: producers, and what its consumers get.

Each message is printed as it is handed out, and each batch has its line when it has been handled.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator

import pytest
from dev_process import PATIENCE, Session

BATCH = re.compile(r"QUEUE (\S+) (\d+)/(\d+) \(\d+ms\)$")


class Queues:
    """A session whose Worker consumes."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def check(self, name: str) -> object:
        answer = self.session.get(f"/{name}")
        assert answer.status == 200, answer.text
        return json.loads(answer.text)

    def send(self, binding: str, *bodies: object, **options: object) -> None:
        """Sends messages in one call."""
        messages = [{"body": body, **options} for body in bodies]
        answer = self.session.get(
            f"/send/{binding}", method="POST", body=json.dumps(messages).encode())
        assert answer.status == 201, answer.text

    def signal(self, name: str) -> None:
        assert self.session.get(f"/signal/{name}", method="POST", body=b"").status == 201

    def deliveries(self, queue: str) -> list[dict]:
        """What was handed out so far, oldest first."""
        lines = [line for line in self.session.output.splitlines() if line.startswith('{"queue":')]
        found = [json.loads(line) for line in lines]
        return [message for message in found if message["queue"] == queue]

    def batches(self, queue: str) -> list[tuple[int, int]]:
        """Acknowledged and handed out, for each batch that was handled."""
        lines = [BATCH.search(line) for line in self.session.output.splitlines()]
        return [(int(found[2]), int(found[3])) for found in lines if found and found[1] == queue]

    def wait(self, condition: Callable[[], bool]) -> None:
        """Waits until the session has printed what the condition is about."""
        deadline = time.monotonic() + PATIENCE
        with self.session.arrived:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, f"what is awaited has not come. Output:\n{self.session.output}"
                self.session.arrived.wait(left)

    def wait_for_acks(self, queue: str, count: int) -> None:
        self.wait(lambda: sum(acks for acks, _ in self.batches(queue)) >= count)


@pytest.fixture
def queues(project, dev) -> Iterator[Queues]:
    with dev(project("queue_checks")) as session:
        yield Queues(session)


def test_producer_in_javascript(queues) -> None:
    name, empty, sent, batch = queues.check("js/sends")
    assert name == "WorkerQueue"
    assert empty == {"backlogCount": 0, "backlogBytes": 0}
    assert (sent, batch) == ([1, len('{"a":1}'), True], 3)


def test_producer_in_python(queues) -> None:
    first = len('{"a":[1,null]}')
    both = first + len("é".encode()) + 2
    assert queues.check("py/sends") == [
        [1, first, "datetime"], [3, both, "datetime"], [3, both, "datetime"]]


def test_refusals(queues) -> None:
    assert queues.check("js/refusals") == [
        "TypeError: Message body cannot be undefined",
        "TypeError: Unsupported queue message content type: xml",
        'TypeError: Content Type "text" requires a value of type string, but received: number',
        'TypeError: Content Type "bytes" requires a value of type ArrayBufferView, but received: string',
        "TypeError: () => {} could not be cloned.",
        "Error: Queue send failed: Payload Too Large: message length of 128001 bytes exceeds limit of "
        "128000",
        "Error: Queue send failed: Bad Request: message delay -1 is invalid: it must be an integer from 0 "
        "to 43200",
        "Error: Queue send failed: Bad Request: message delay 1.5 is invalid: it must be an integer from "
        "0 to 43200",
        "TypeError: sendBatch() requires at least one message",
        "TypeError: Message body cannot be undefined",
        "Error: Queue sendBatch failed: Payload Too Large: batch message count of 101 exceeds limit of 100",
        "Error: Queue sendBatch failed: Payload Too Large: batch size of 300006 bytes exceeds limit of "
        "256000",
        "Error: Queue sendBatch failed: Bad Request: message delay 43201 is invalid: it must be an integer "
        "from 0 to 43200",
        0,
    ]
    size, delay, text = queues.check("py/refusals")
    assert size.endswith("message length of 128002 bytes exceeds limit of 128000")
    assert delay.endswith("it must be an integer from 0 to 43200")
    assert text.endswith('requires a value of type string, but received: number')


def test_the_largest_message_and_batch(queues) -> None:
    assert queues.check("js/largest") == 128_000 + 256_000


def test_bodies_arrive_as_they_were_sent(queues) -> None:
    queues.check("js/bodies")
    queues.wait_for_acks("jobs", 4)
    found = queues.deliveries("jobs")
    bodies = [message["body"] for message in found]
    for body in ({"date": 1, "list": [None, "é"]}, "text", [0, 255], {"k": 1}):
        assert body in bodies
    assert len(bodies) == 4
    assert all(message["attempts"] == 1 and message["of"] <= 2 for message in found)
    assert len({message["id"] for message in found}) == 4
    assert all(re.fullmatch(r"[0-9a-f]{32}", message["id"]) for message in found)
