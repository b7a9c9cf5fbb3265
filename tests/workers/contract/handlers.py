"""Events other than fetch, and what the handlers get."""

import asyncio

calls = []


def last_call(worker, request):
    return calls.pop()


def last_call_or_none(worker, request):
    return calls[-1] if calls else None


async def queue(worker, batch, env, ctx):
    first, second, third = batch.messages
    calls.append([batch.queue, first.id, first.body.n, type(first.timestamp).__name__, env, ctx])
    first.ack()
    second.retry({"delaySeconds": 5})


async def scheduled(worker, controller, env, ctx):
    calls.append([controller.cron, controller.scheduledTime, env, ctx, worker.env.GREETING])
    if controller.cron == "fail":
        raise ValueError("this schedule fails")
    if controller.cron == "final":
        controller.noRetry()
    if controller.cron == "later":

        async def later():
            await asyncio.sleep(0.01)
            calls.append("the task is over")

        worker.ctx.waitUntil(later())


async def email(worker, message, env, ctx):
    sender = getattr(message, "from")
    calls.append([sender, message.to, message.headers.get("subject"), message.rawSize, env, ctx])
    await message.forward("elsewhere@example.com")
    if message.to == "nobody@example.com":
        message.setReject("nobody lives here")


def incoming_properties(worker, request):
    cf = request.cf
    return [isinstance(cf, dict), cf.colo, cf["country"], cf.tlsClientAuth.certPresented]
