"""A Worker that computes for a millisecond or two to answer: what more than one core is for."""

from workers import Request, Response, WorkerEntrypoint

ROUNDS = 10_000


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> Response:
        total = 0
        for number in range(ROUNDS):
            total += number * number % 7
        return Response(str(total))
