"""Queues of the Worker ``tests/workers/queue_checks``: producers, and what its consumers get.

Each message is printed as it is handed out, and each batch has its line when it has been handled.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import resource
import signal
import threading
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


def test_metadata_tells_of_the_backlog(queues) -> None:
    queues.send("BATCHED", "a", "b", "c")
    queues.wait_for_acks("batched", 3)
    assert [message["backlog"] for message in queues.deliveries("batched")] == [3, 3, 3]


def test_an_exception_retries_what_is_not_acknowledged(queues) -> None:
    queues.send("BATCHED", {"do": "ack"}, {"do": "fail", "first": True}, "third")
    queues.wait(lambda: queues.batches("batched") == [(1, 3)])
    queues.session.wait_for_line("ValueError: as ordered")
    queues.send("BATCHED", "fourth")  # the batch is full again
    queues.wait(lambda: queues.batches("batched") == [(1, 3), (3, 3)])
    again = {str(message["body"]): message["attempts"] for message in queues.deliveries("batched")[3:]}
    assert again == {"{'do': 'fail', 'first': True}": 2, "third": 2, "fourth": 1}


@pytest.mark.parametrize("flag", ["", "queue_consumer_no_wait_for_wait_until"])
def test_background_tasks_are_part_of_a_batch(project, dev, flag) -> None:
    """Unless a compatibility flag says otherwise."""
    directory = project("queue_checks")
    config = directory / "wrangler.jsonc"
    flags = json.dumps(["python_workers", *([flag] if flag else [])])
    config.write_text(config.read_text().replace('["python_workers"]', flags))
    with dev(directory) as session:
        queues = Queues(session)
        queues.send("HOPELESS", "background")
        queues.wait(lambda: queues.batches("hopeless") != [])
        assert queues.batches("hopeless") == [(1 if flag else 0, 1)]


def test_what_was_said_first_counts(queues) -> None:
    queues.send("BATCHED", {"do": "ack"}, {"do": "retry all", "first": True}, {"do": "ack"})
    queues.wait(lambda: queues.batches("batched") == [(1, 3)])
    queues.send("BATCHED", "more")
    queues.wait(lambda: queues.batches("batched") == [(1, 3), (3, 3)])
    queues.send("BATCHED", {"do": "ack all"}, {"do": "retry"}, {"do": "fail"})
    queues.wait(lambda: queues.batches("batched") == [(1, 3), (3, 3), (3, 3)])


def test_messages_are_kept_back(queues) -> None:
    """Lower bounds only: how late a message may be depends on the machine."""
    queues.send("JOBS", "delayed", delaySeconds=1)
    queues.send("JOBS", {"do": "retry", "delay": 1, "first": True})
    queues.wait_for_acks("jobs", 2)
    found = {(str(message["body"]), message["attempts"]): message["age"]
             for message in queues.deliveries("jobs")}
    assert found["delayed", 1] >= 1
    assert max(age for (_, attempts), age in found.items() if attempts == 2) >= 1


def test_the_producers_delay_and_a_messages_own(queues) -> None:
    queues.send("PATIENT", "by and by")
    queues.send("PATIENT", "at once", delaySeconds=0)
    queues.wait_for_acks("patient", 1)
    (message,) = queues.deliveries("patient")
    assert message["body"] == "at once"
    assert message["backlog"] == 2


def test_messages_that_fail_too_often(queues) -> None:
    queues.send("HOPELESS", {"do": "fail"})
    queues.session.wait_for_line(r'Dropped message "[0-9a-f]{32}" on queue "hopeless" after 1 failed '
                                 "attempt!")
    assert queues.batches("hopeless") == [(0, 1)]

    queues.send("FRAGILE", {"do": "fail"})
    queues.session.wait_for_line(
        r'Moving message "[0-9a-f]{32}" on queue "fragile" to dead letter queue "lost" after 3 failed '
        r"attempts\.\.\.")
    queues.wait_for_acks("lost", 1)
    tries = queues.deliveries("fragile")
    assert [message["attempts"] for message in tries] == [1, 2, 3]
    (dead,) = queues.deliveries("lost")
    assert (dead["id"], dead["attempts"], dead["body"]) == (tries[0]["id"], 1, {"do": "fail"})


def test_batches_are_handled_at_once_as_far_as_allowed(queues) -> None:
    queues.send("PAIRS", {"do": "meet"}, {"do": "meet"})
    queues.wait_for_acks("pairs", 2)
    queues.send("SINGLE", *[{"do": "wait", "for": "single"}] * 3)
    queues.wait(lambda: len(queues.deliveries("single")) == 1)
    queues.signal("single")
    queues.wait_for_acks("single", 3)
    assert [message["under_way"] for message in queues.deliveries("single")] == [1, 1, 1]


def test_a_worker_that_dies_gets_its_batch_again(queues) -> None:
    queues.send("FRAGILE", {"do": "exit", "first": True})
    queues.wait_for_acks("fragile", 1)
    assert [message["attempts"] for message in queues.deliveries("fragile")] == [1, 2]


def test_a_message_that_kills_its_worker_ends_as_a_dead_letter(queues) -> None:
    queues.send("FRAGILE", {"do": "exit"})
    queues.wait_for_acks("lost", 1)
    assert [message["attempts"] for message in queues.deliveries("fragile")] == [1, 2, 3]
    queues.session.wait_for_line('on queue "fragile" to dead letter queue "lost" after 3 failed attempts')


def test_a_killed_runtime_gets_its_batch_again(queues) -> None:
    queues.send("JOBS", {"do": "wait", "for": "ever", "first": True}, {"do": "ack"})
    queues.wait(lambda: len(queues.deliveries("jobs")) == 2)
    os.kill(queues.session.runtime_pid(), signal.SIGKILL)
    queues.wait_for_acks("jobs", 2)
    assert [message["attempts"] for message in queues.deliveries("jobs")] == [1, 1, 2, 2]


def test_a_reload_lets_a_batch_end(project, dev) -> None:
    """What the old code began it finishes; what comes later is the new code's."""
    directory = project("queue_checks")
    with dev(directory) as session:
        queues = Queues(session)
        queues.send("SINGLE", {"do": "wait", "for": "old"})
        queues.wait(lambda: len(queues.deliveries("single")) == 1)
        entry = directory / "src" / "entry.py"
        entry.write_text(entry.read_text().replace("VERSION = 1", "VERSION = 2"))
        session.wait_for_line("Local server updated and ready")
        queues.signal("old")
        queues.wait_for_acks("single", 1)
        queues.send("SINGLE", "new")
        queues.wait_for_acks("single", 2)
        found = [(message["version"], message["attempts"]) for message in queues.deliveries("single")]
        assert found == [(1, 1), (2, 1)]


def test_several_instances_do_not_get_the_same_message(project, dev) -> None:
    with dev(project("queue_checks"), "--instances", "3") as session:
        queues = Queues(session)
        for start in range(0, 200, 50):
            queues.send("PAIRS", *range(start, start + 50))
        queues.wait_for_acks("pairs", 200)
        found = [message["body"] for message in queues.deliveries("pairs")]
        assert sorted(found) == list(range(200))


def test_two_sessions_share_a_queue(project, dev, tmp_path) -> None:
    """One of them consumes what both send; the other one goes on when it has ended."""
    state = ("--persist-to", str(tmp_path / "state"))
    directory = project("queue_checks")
    with contextlib.ExitStack() as first_runs:
        first = Queues(first_runs.enter_context(dev(directory, *state)))
        first.send("PAIRS", "alone")
        first.wait_for_acks("pairs", 1)
        with dev(directory, *state) as session:
            second = Queues(session)
            for number in range(10):
                first.send("PAIRS", number)
                second.send("PAIRS", number + 10)
            first.wait_for_acks("pairs", 21)
            found = [message["body"] for message in first.deliveries("pairs")]
            assert found[0] == "alone"
            assert sorted(found[1:]) == list(range(20))
            assert second.deliveries("pairs") == []
            first_runs.close()
            second.send("PAIRS", "left alone")
            second.wait_for_acks("pairs", 1)


def test_messages_outlive_the_session(project, dev) -> None:
    directory = project("queue_checks")
    with dev(directory) as session:
        Queues(session).send("BATCHED", "first", "second")
        assert (directory / ".wrangler" / "state" / "v3" / "queues" / "queues.sqlite").exists()
    with dev(directory) as session:
        queues = Queues(session)
        queues.send("BATCHED", "third")
        queues.wait_for_acks("batched", 3)
        assert [message["body"] for message in queues.deliveries("batched")] == [
            "first", "second", "third"]


def test_a_full_disk_is_an_error_and_loses_nothing(queues) -> None:
    runtime = queues.session.runtime_pid()
    limits = resource.prlimit(runtime, resource.RLIMIT_FSIZE)
    resource.prlimit(runtime, resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    failed, kept = queues.check("py/full_disk")
    assert "Queue send failed: " in failed
    assert kept
    resource.prlimit(runtime, resource.RLIMIT_FSIZE, limits)
    queues.send("JOBS", "after")
    queues.wait_for_acks("jobs", 1)


@pytest.mark.parametrize("kills", [3])
def test_kill_9_under_load_loses_nothing_acknowledged(queues, kills) -> None:
    """The runtime dies while many send and others consume; the session starts another one each time."""
    acknowledged: list[str] = []
    arrived = threading.Condition()
    for round_ in range(kills):
        pid = queues.session.runtime_pid()
        stopped = threading.Event()

        def send(thread: int, round_: int = round_, stopped: threading.Event = stopped) -> None:
            for number in itertools.count():
                if stopped.is_set():
                    return
                body = f"{round_}-{thread}-{number}"
                try:
                    queues.send("JOBS", body)
                except (OSError, AssertionError):
                    return
                with arrived:
                    acknowledged.append(body)
                    arrived.notify()

        threads = [threading.Thread(target=send, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        with arrived:
            wanted = 40 * (round_ + 1)
            assert arrived.wait_for(lambda wanted=wanted: len(acknowledged) >= wanted, PATIENCE)
        stopped.set()
        os.kill(pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
        queues.session.wait_for_line("It is being restarted")
    queues.wait(lambda: set(acknowledged) <= {message["body"] for message in queues.deliveries("jobs")})


def test_functions_of_old_are_handlers(project, dev) -> None:
    with dev(project("queue_functions")) as session:
        assert session.get("/?a=1").status == 201
        session.wait_for_line(r"queue: jobs, 1 message: .*\?a=1, attempt 1")
        session.wait_for_line(r"QUEUE jobs 1/1")


def test_a_worker_without_a_handler_says_so(project, dev) -> None:
    directory = project("queue_functions")
    entry = directory / "src" / "entry.py"
    entry.write_text(entry.read_text().replace("def on_queue", "def on_something"))
    with dev(directory) as session:
        assert session.get("/").status == 201
        session.wait_for_line('does not export a handler named "on_queue"')
        session.wait_for_line(r"QUEUE jobs 0/1")
