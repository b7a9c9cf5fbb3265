from urllib.parse import urlsplit

from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> Response:
        checks = {"/limits": self.limits, "/databases": self.databases, "/images": self.images}
        check = checks[urlsplit(request.url).path]
        return Response.json(await check())

    async def limits(self) -> object:
        async def passes(limit, key: str) -> bool:
            return (await limit.limit(key=key))["success"]

        env = self.env
        try:
            await env.LIMIT.limit(key=7)
        except Exception as error:  # the test says which one is expected
            refused = str(error).splitlines()[-1]
        return {
            "one key": [await passes(env.LIMIT, "a") for _ in range(2)],
            "shared": [await passes(env.SHARED, "a") for _ in range(2)],
            "another key": await passes(env.LIMIT, "b"),
            "another namespace": [await passes(env.OTHER, "a") for _ in range(1)],
            "refused": refused,
        }

    async def databases(self) -> object:
        def parts(database) -> list:
            return [database.host, database.port, database.user, database.password, database.database]

        try:
            missing = self.env.NONE.connectionString
        except Exception as error:  # the test says which one is expected
            missing = str(error).splitlines()[-1]
        return [self.env.DB.connectionString, parts(self.env.DB), parts(self.env.MY), missing]

    async def images(self) -> object:
        try:
            await self.env.IMAGES.info(None)
        except Exception as error:  # the test says which one is expected
            return str(error).splitlines()[-1]
