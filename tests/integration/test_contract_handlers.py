"""Handlers other than fetch, and the addresses at which a dev session runs them by hand."""

from __future__ import annotations

import contextlib
import json

import pytest
from contract import Contract

SCHEDULED = "/cdn-cgi/handler/scheduled"


def test_a_schedule_is_run_by_hand(contract: Contract) -> None:
    assert contract.get(f"{SCHEDULED}?cron=*+*+*+*+*&time=1000") == (200, "ok")
    # The places of env and ctx are there, and empty: the instance has both.
    assert contract.check("handlers/last_call") == ["* * * * *", 1000, None, None, "hello"]


@pytest.mark.parametrize("address", ["local", "mf", "handler"])
def test_every_address_of_schedules(contract: Contract, address: str) -> None:
    status, body = contract.get(f"/cdn-cgi/{address}/scheduled?format=json")
    assert (status, json.loads(body)) == (200, {"outcome": "ok", "noRetry": False})
    cron, time, *_ = contract.check("handlers/last_call")
    assert cron == ""
    assert time > 1_700_000_000_000


def test_a_schedule_that_fails(contract: Contract) -> None:
    status, body = contract.get(f"{SCHEDULED}?cron=fail&format=json")
    assert (status, json.loads(body)) == (500, {"outcome": "exception", "noRetry": False})
    stack = contract.wait_for("exception")["stack"]
    assert 'raise ValueError("this schedule fails")' in stack


def test_a_schedule_that_is_not_to_be_tried_again(contract: Contract) -> None:
    _, body = contract.get(f"{SCHEDULED}?cron=final&format=json")
    assert json.loads(body) == {"outcome": "ok", "noRetry": True}


def test_a_schedule_ends_with_its_tasks(contract: Contract) -> None:
    assert contract.get(f"{SCHEDULED}?cron=later") == (200, "ok")
    assert contract.check("handlers/last_call") == "the task is over"


@pytest.mark.parametrize("name", ["Host", "Origin"])
def test_other_sites_do_not_reach_the_addresses(contract: Contract, name: str) -> None:
    foreign = {"Host": "attacker.example", "Origin": "http://attacker.example"}[name]
    assert contract.get(SCHEDULED, **{name: foreign}) == (403, f"Invalid {name} header")
    local = {"Host": "localhost:8787", "Origin": "http://127.0.0.1:1"}[name]
    assert contract.get(SCHEDULED, **{name: local}) == (200, "ok")


@pytest.mark.parametrize(
    ("to", "message", "status", "answer"),
    [
        ("a@example.com", "no head", 400,
         "Email could not be parsed: invalid or no message id provided"),
        ("a@example.com", "Message-ID: <1@x>\r\nSubject: a\r\n  long one\r\n\r\nbody", 200,
         "Worker successfully processed email"),
        ("nobody@example.com", "Message-ID: <1@x>\r\n\r\n", 400,
         "Worker rejected email with the following reason: nobody lives here"),
    ],
    ids=["no message", "message", "rejected"],
)
def test_mail(contract: Contract, to: str, message: str, status: int, answer: str) -> None:
    with contextlib.closing(contract.connect()) as connection:
        connection.request(
            "POST", f"/cdn-cgi/handler/email?from=me@example.com&to={to}", body=message
        )
        response = connection.getresponse()
        assert (response.status, response.read().decode()) == (status, answer)
    if status == 200:
        assert contract.check("handlers/last_call") == [
            "me@example.com", to, "a long one", len(message), None, None,
        ]


def test_properties_of_incoming_requests(contract: Contract) -> None:
    assert contract.check("handlers/incoming_properties") == [True, "LIS", "PT", "0"]
