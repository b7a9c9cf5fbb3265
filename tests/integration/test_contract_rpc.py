"""Service bindings of a Worker to itself: fetch, methods, what crosses and what does not."""

from __future__ import annotations

from contract import Contract


def test_fetch_of_an_entry_point(contract: Contract) -> None:
    assert contract.check("rpc/fetches") == [
        200, "POST http://inside/path content gold", "GET http://inside/again  gold",
    ]


def test_a_response_is_passed_on(contract: Contract) -> None:
    status, _ = contract.get("/rpc/answers")
    assert status == 200


def test_values_cross_without_conversion_by_hand(contract: Contract) -> None:
    assert contract.check("rpc/echoes") == [
        True, True, True, True, True, True, "None", "[{'a': None}]", 1, 3,
        "Error: Error: an error as a value",  # the SDK's: once for each way
    ]


def test_functions_cross_as_stubs(contract: Contract) -> None:
    result, seen, counts = contract.check("rpc/functions")
    assert result == {"got": 3}
    assert seen == [["inside", "JsDict", 2]]
    assert counts == [1, 6]


def test_errors(contract: Contract) -> None:
    errors = contract.check("rpc/errors")
    assert errors["kept"] == ["PythonError", "LookupError: nothing of the kind"]
    assert 'The RPC receiver does not implement the method "nothing".' in errors["unknown"]
    assert "'alarm' is a reserved method and cannot be called over RPC." in errors["reserved"]
    assert "takes from 2 to 3 positional arguments but 4 were given" in errors["arity"]
    assert errors["tuple"].startswith("TypeError: <class 'tuple'> cannot be sent over RPC")
    assert "DataCloneError" in errors["object"]
    assert '"another", which does not run here' in errors["other Worker"]
    assert 'The Worker has no entrypoint "Nowhere".' in errors["no entry point"]
    assert errors["hidden"] == "not hidden"


def test_a_method_may_wait_for_another(contract: Contract) -> None:
    assert contract.check("rpc/blocking") == 42


def test_a_batch_of_messages(contract: Contract) -> None:
    assert contract.check("rpc/queue") == {
        "outcome": "ok",
        "ackAll": False,
        "retryBatch": {"retry": False},
        "explicitAcks": ["0"],
        "retryMessages": [{"msgId": "1", "delaySeconds": 5}],
    }
    assert contract.check("handlers/last_call") == ["jobs", "0", 0, "datetime", None, None]


def test_what_does_not_run_here_says_so_when_it_is_used(contract: Contract) -> None:
    durable, workflow, other = contract.check("rpc/not_local")
    assert "Durable Objects of the class Counter: this runtime does not run" in durable
    assert "the Workflow Flow: this runtime does not run Workflows" in workflow
    assert "CHROMIUM has the type browser, which does not run locally" in other
