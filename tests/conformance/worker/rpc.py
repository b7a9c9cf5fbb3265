"""Sections 4.4 and 4.5: calls between entry points of one process, and what crosses."""

from datetime import UTC, datetime

from pyodide.ffi import JsException, JsProxy, run_sync
from workers import Request, Response, import_from_javascript

from expect import contains, equal, python_type, raised_later

MOMENT = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)

# What is sent, and the name of the class that the other side gets.
KINDS = (
    (None, "NoneType"),
    (True, "bool"),
    (7, "int"),
    (1.5, "float"),
    ("text", "str"),
    ([1, [None]], "list"),
    ({"a": {"b": None}}, "JsDict"),
    ({1, 2}, "set"),
    (MOMENT, "datetime"),
    (b"\0\1", "memoryview"),
    (memoryview(b"\0\1"), "memoryview"),
    (ValueError("a value"), "Exception"),
)


async def check_arguments_are_python_values(worker):
    for value, kind in KINDS:
        equal((value, await worker.env.NAMED.kind(value)), (value, kind))


async def check_results_are_python_values(worker):
    for value, kind in KINDS:
        result = await worker.env.NAMED.echo(value)
        assert not isinstance(result, JsProxy), value
        equal((value, type(result).__name__), (value, kind))


async def check_values_come_back_as_they_were(worker):
    for value in (None, True, 7, 1.5, 2**60, "text", [1, [None]], {"a": {"b": None}}, {1, 2}):
        equal(await worker.env.NAMED.echo(value), value)
    equal(bytes(await worker.env.NAMED.echo(b"\0\1")), b"\0\1")
    equal((await worker.env.NAMED.echo(MOMENT)).timestamp(), MOMENT.timestamp())
    equal((await worker.env.NAMED.echo([MOMENT]))[0].timestamp(), MOMENT.timestamp())


async def check_what_crosses_is_a_copy(worker):
    value = {"list": [1]}
    result = await worker.env.NAMED.echo(value)
    result["list"].append(2)
    equal(value, {"list": [1]})


async def check_requests_and_responses_cross(worker):
    request = await worker.env.NAMED.echo(Request("http://inside/x", method="PUT"))
    python_type(request, Request)
    equal((request.method, request.url), ("PUT", "http://inside/x"))
    response = await worker.env.NAMED.echo(Response("body", status=202))
    python_type(response, Response)
    equal((response.status, await response.text()), (202, "body"))
    python_type(await worker.env.NAMED.raw_request(), Request)


async def check_arity_is_strict(worker):
    contains(await raised_later(worker.env.NAMED.echo),
             "TypeError", "missing 1 required positional argument: 'value'")
    contains(await raised_later(worker.env.NAMED.echo, 1, 2), "takes 2 positional arguments but 3")


async def check_keywords_arrive_as_one_object(worker):
    equal(await worker.env.NAMED.keywords(1, a=2), [[1, {"a": 2}], {}])


async def check_names_that_are_no_methods(worker):
    for name in ("static", "of_class", "level", "nothing", "made"):
        contains(await raised_later(getattr(worker.env.NAMED, name)),
                 f'The RPC receiver does not implement the method "{name}".')


async def check_reserved_names(worker):
    for name in ("alarm", "connect", "constructor", "dup", "webSocketMessage", "webSocketClose",
                 "webSocketError"):
        method = getattr(worker.env._env.NAMED, name)
        if name == "constructor":  # the class, as of any JavaScript object
            equal(method.name, "Fetcher")
        else:
            contains(await raised_later(method),
                     f"'{name}' is a reserved method and cannot be called over RPC.")


async def check_properties(worker):
    equal(await worker.env.NAMED.colour, "green")
    equal(await worker.env.NAMED.shade, {"of": "green"})
    equal(await worker.env._env.NAMED.colour, "green")


async def check_a_method_as_a_value(worker):
    echo = await worker.env.NAMED.echo
    equal(await echo({"a": 1}), {"a": 1})


async def check_going_on_before_the_answer_is_there(worker):
    named = worker.env.NAMED
    equal(await named.account("you").balance(), "you: 5 EUR")
    equal(await named.account("you").balance("USD"), "you: 5 USD")
    equal(await named.account("you").name, "you")
    equal(await named.account("you").history().owner, "you")
    equal(await named.account("you").history().entries, [1, 2, 3])
    equal(await named.adder(1)(2), 3)
    account = named.account("me")
    equal(await account.balance(), "me: 5 EUR")
    equal((await account)["name"], "me")
    contains(await raised_later(named.account("you").nothing),
             'The RPC receiver does not implement the method "nothing".')
    contains(await raised_later(named.account("you").name), '"name" is not a function.')
    contains(await raised_later(named.account("you").alarm), "'alarm' is a reserved method")
    contains(await raised_later(named.fail().anything), "LookupError: outer")


async def check_answers_are_coroutines(worker):
    """As the SDK's are: they can be tasks, gathered, waited for with a limit, and awaited once."""
    import asyncio

    named = worker.env.NAMED
    equal(await asyncio.create_task(named.slowly(1)), 1)
    equal(await asyncio.gather(named.slowly(1), named.slowly(2)), [1, 2])
    equal(await asyncio.wait_for(named.slowly(1), 60), 1)
    equal(run_sync(named.slowly(3)), 3)
    answer = named.echo(1)
    await answer
    contains(await raised_later(lambda: answer), "RuntimeError")


async def check_functions_cross(worker):
    def add(a, b=1):
        return {"sum": a + b}

    async def slowly(value):
        return [value]

    equal(await worker.env.CALLER.call(add, 1, 2), {"sum": 3})
    equal(await worker.env.CALLER.call(slowly, None), [None])
    equal(await (await worker.env.NAMED.adder(5))(1), 6)


async def check_functions_in_values_cross(worker):
    account = await worker.env.NAMED.account("you")
    equal(account["name"], "you")
    equal(await account["balance"]("GBP"), "you: 5 GBP")


async def check_objects_of_javascript_cross_as_stubs(worker):
    counters = import_from_javascript("./javascript/counters.mjs")
    counter = await worker.env.NAMED.echo(counters.Counter.new(3))
    equal(await counter.increment(), 4)
    equal(await counter.increment(2), 6)
    equal(await worker.env.NAMED.echo(counters.Counter.new(1)).increment(), 2)


async def check_javascript_calls_python(worker):
    calls = import_from_javascript("./javascript/counters.mjs")
    equal((await calls.callAll(worker.env._env.NAMED)).to_py(),
          ["JsDict", "green", "js: 5 EUR", "Error"])


async def check_exceptions_keep_type_and_message(worker):
    try:
        await worker.env.NAMED.fail()
    except JsException as error:
        equal((error.name, error.type), ("PythonError", "LookupError"))
        contains(error.message, "KeyError: 'inner'", "in fail",
                 "The above exception was the direct cause of the following exception:")
        equal(error.message.rstrip().splitlines()[-1], "LookupError: outer")
    else:
        raise AssertionError("nothing was raised")


async def check_what_cannot_cross(worker):
    for value, text in (
        ((1, 2), "<class 'tuple'> cannot be sent over RPC"),
        (bytearray(b"x"), "<class 'bytearray'> cannot be sent over RPC"),
        ([(1,)], "<class 'tuple'> cannot be sent over RPC"),
        (object(), "DataCloneError"),
    ):
        contains(await raised_later(worker.env.NAMED.echo, value), text)


async def check_calls_of_oneself_have_an_end(worker):
    assert 8 <= await worker.env.RECURSIVE.down(1) <= 64
    contains(await raised_later(worker.env.RECURSIVE.fetch, "http://inside/"),
             "Subrequest depth limit exceeded.")
    # The next is as deep as any other.
    equal(await worker.env.NAMED.echo(1), 1)
