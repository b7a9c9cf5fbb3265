from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def scheduled(self, controller, env, ctx):
        print("the scheduled handler ran")

    async def fetch(self):
        return Response("Hello from a Worker with a schedule")
