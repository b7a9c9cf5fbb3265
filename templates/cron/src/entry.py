"""A Worker that runs on a schedule, and tells over HTTP when it ran last."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workers import Request, Response, WorkerEntrypoint

if TYPE_CHECKING:
    from js import Env, ExecutionContext, ScheduledController

# As long as this instance of the Worker lives. What must last belongs into KV or D1.
runs: list[str] = []


class Default(WorkerEntrypoint):
    """One method for each kind of event."""

    async def scheduled(
        self, controller: "ScheduledController", env: "Env", ctx: "ExecutionContext"
    ) -> None:
        planned = datetime.fromtimestamp(controller.scheduledTime / 1000, UTC)
        runs.append(f"{controller.cron or 'by hand'} at {planned:%Y-%m-%d %H:%M:%S}")
        print("ran", runs[-1])

    async def fetch(self, request: Request) -> Response:
        return Response("\n".join(runs[-10:]) or "It has not run yet.")
