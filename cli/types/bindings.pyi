# The types of a Worker's bindings as the `workers` package hands them to Python: arguments and results
# are Python's own values, JavaScript's option objects are keyword arguments.

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import (
    Any, Concatenate, Generic, Literal, NotRequired, ParamSpec, Protocol, TypedDict, TypeVar,
    overload,
)

from workers import FetchResponse, Request

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Json = Any

# --- Contexts and events

class ExecutionContext:
    """What a handler may do besides answering."""

    props: Any
    exports: Any
    def waitUntil(self, promise: Awaitable[object], /) -> None: ...
    def passThroughOnException(self) -> None: ...

class ScheduledController:
    """What `scheduled` gets."""

    cron: str
    scheduledTime: float
    def noRetry(self) -> None: ...

class MessageBatch:
    """What `queue` gets."""

    queue: str
    messages: Sequence[Message]
    metadata: QueueMetadata
    def ackAll(self) -> None: ...
    def retryAll(self, *, delaySeconds: int = ...) -> None: ...

class Message:
    id: str
    body: Any
    attempts: int
    timestamp: datetime
    def ack(self) -> None: ...
    def retry(self, *, delaySeconds: int = ...) -> None: ...

class WorkflowEvent(TypedDict, Generic[_T]):
    """What the `run` of a workflow gets."""

    payload: _T
    timestamp: datetime
    instanceId: str

class WorkflowStep(Protocol):
    """By which a workflow's `run` does its steps."""

    def do(
        self, name: str | None = None, *, depends: Sequence[Any] | None = ..., concurrent: bool = False,
        config: Mapping[str, Any] | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[[], Awaitable[Any]]]: ...
    def sleep(self, name: str, duration: str | int, /) -> Awaitable[None]: ...
    def sleep_until(self, name: str, timestamp: datetime | str) -> Awaitable[None]: ...
    def wait_for_event(
        self, name: str, event_type: str, /, timeout: str = "24 hours"
    ) -> Awaitable[Any]: ...

# --- KV

class KVKey(TypedDict):
    name: str
    expiration: NotRequired[int]
    metadata: NotRequired[_Json]

class KVListResult(TypedDict):
    keys: list[KVKey]
    list_complete: bool
    cursor: NotRequired[str]

class KVValueWithMetadata(TypedDict):
    value: Any
    metadata: _Json

class KVNamespace:
    @overload
    async def get(self, key: str, /, *, cacheTtl: int = ...) -> str | None: ...
    @overload
    async def get(
        self, key: str, type: Literal["text"], /, *, cacheTtl: int = ...
    ) -> str | None: ...
    @overload
    async def get(self, key: str, type: Literal["json"], /, *, cacheTtl: int = ...) -> _Json: ...
    @overload
    async def get(
        self, key: str, type: Literal["arrayBuffer"], /, *, cacheTtl: int = ...
    ) -> Any: ...
    @overload
    async def get(self, key: str, type: Literal["stream"], /, *, cacheTtl: int = ...) -> Any: ...
    @overload
    async def get(
        self, key: str, /, *, type: Literal["text", "json", "arrayBuffer", "stream"],
        cacheTtl: int = ...,
    ) -> Any: ...
    @overload
    async def get(
        self, keys: list[str], type: Literal["text", "json"] = ..., /, *, cacheTtl: int = ...
    ) -> dict[str, Any]: ...
    async def getWithMetadata(
        self, key: str, type: str = ..., /, *, cacheTtl: int = ...
    ) -> KVValueWithMetadata: ...
    async def put(
        self, key: str, value: object, /, *, expiration: int = ..., expirationTtl: int = ...,
        metadata: _Json = ...,
    ) -> None: ...
    async def delete(self, key: str, /) -> None: ...
    async def list(
        self, *, prefix: str | None = ..., limit: int = ..., cursor: str | None = ...
    ) -> KVListResult: ...

# --- D1

class D1Meta:
    duration: float
    changes: int
    last_row_id: int
    rows_read: int
    rows_written: int
    size_after: int
    changed_db: bool
    served_by: str

class D1Result:
    success: bool
    meta: D1Meta
    results: list[dict[str, Any]]

class D1ExecResult:
    count: int
    duration: float

class D1PreparedStatement:
    def bind(self, *values: str | int | float | bool | bytes | None) -> D1PreparedStatement: ...
    @overload
    async def first(self) -> dict[str, Any] | None: ...
    @overload
    async def first(self, column: str, /) -> Any: ...
    async def all(self) -> D1Result: ...
    async def run(self) -> D1Result: ...
    async def raw(self, *, columnNames: bool = ...) -> list[list[Any]]: ...

class D1Database:
    def prepare(self, query: str, /) -> D1PreparedStatement: ...
    async def batch(self, statements: Sequence[D1PreparedStatement], /) -> list[D1Result]: ...
    async def exec(self, query: str, /) -> D1ExecResult: ...
    def withSession(self, constraint: str = ..., /) -> D1Database: ...

# --- R2

class R2Object:
    key: str
    version: str
    size: int
    etag: str
    httpEtag: str
    uploaded: datetime
    httpMetadata: Any
    customMetadata: Any
    storageClass: str

class R2ObjectBody(R2Object):
    body: Any
    bodyUsed: bool
    async def text(self) -> str: ...
    async def json(self) -> _Json: ...
    async def arrayBuffer(self) -> Any: ...
    async def bytes(self) -> Any: ...

class R2Objects:
    objects: list[R2Object]
    truncated: bool
    cursor: str
    delimitedPrefixes: list[str]

class R2Bucket:
    async def head(self, key: str, /) -> R2Object | None: ...
    async def get(self, key: str, /, **options: Any) -> R2ObjectBody | None: ...
    async def put(self, key: str, value: object, /, **options: Any) -> R2Object | None: ...
    async def delete(self, keys: str | list[str], /) -> None: ...
    async def list(
        self, *, prefix: str = ..., limit: int = ..., cursor: str = ..., delimiter: str = ...,
        startAfter: str = ..., include: list[str] = ...,
    ) -> R2Objects: ...
    async def createMultipartUpload(self, key: str, /, **options: Any) -> Any: ...
    def resumeMultipartUpload(self, key: str, uploadId: str, /) -> Any: ...

# --- Other Workers

class Fetcher:
    """Another Worker, or the static files; methods of its entry point are there besides fetch."""

    async def fetch(self, resource: str | Request, /, **options: Any) -> FetchResponse: ...
    def __getattr__(self, name: str) -> Any: ...

# A method of another Worker's class: what it returns has to be awaited.
def _remote(
    method: Callable[Concatenate[Any, _P], _T], /
) -> Callable[[Callable[..., Any]], Callable[Concatenate[Any, _P], Awaitable[_T]]]: ...

class DurableObjectId:
    name: str | None
    def toString(self) -> str: ...
    def equals(self, other: DurableObjectId, /) -> bool: ...

class DurableObjectNamespace(Generic[_T]):
    """The stubs it gives have the class's own methods, each to be awaited."""

    def newUniqueId(self, **options: Any) -> DurableObjectId: ...
    def idFromName(self, name: str, /) -> DurableObjectId: ...
    def idFromString(self, id: str, /) -> DurableObjectId: ...
    def get(self, id: DurableObjectId, /, **options: Any) -> _T: ...
    def getByName(self, name: str, /, **options: Any) -> _T: ...
    def jurisdiction(self, name: str, /) -> DurableObjectNamespace[_T]: ...

class DurableObjectStorage:
    sql: Any
    kv: Any
    async def get(self, key: str, /, **options: Any) -> Any: ...
    async def put(self, key: str, value: object, /, **options: Any) -> None: ...
    async def delete(self, key: str, /, **options: Any) -> bool: ...
    async def deleteAll(self, **options: Any) -> None: ...
    async def list(self, **options: Any) -> Any: ...
    async def getAlarm(self, **options: Any) -> float | None: ...
    async def setAlarm(self, time: float | datetime, /, **options: Any) -> None: ...
    async def deleteAlarm(self, **options: Any) -> None: ...
    async def sync(self) -> None: ...
    def __getattr__(self, name: str) -> Any: ...

class DurableObjectState:
    id: DurableObjectId
    storage: DurableObjectStorage
    props: Any
    def waitUntil(self, promise: Awaitable[object], /) -> None: ...
    def abort(self, reason: str | None = None) -> None: ...
    def __getattr__(self, name: str) -> Any: ...

# --- Queues and Workflows

class QueueMetrics(TypedDict):
    backlogCount: int
    backlogBytes: int
    oldestMessageTimestamp: NotRequired[datetime]

class QueueMetadata(TypedDict):
    metrics: QueueMetrics

class QueueSendResponse(TypedDict):
    metadata: QueueMetadata

class Queue:
    async def send(
        self, body: object, /, *, contentType: str = ..., delaySeconds: int = ...
    ) -> QueueSendResponse: ...
    async def sendBatch(
        self, messages: Sequence[Mapping[str, object]], /, *, delaySeconds: int = ...
    ) -> QueueSendResponse: ...
    async def metrics(self) -> QueueMetrics: ...

class WorkflowInstance:
    id: str
    async def status(self) -> Any: ...
    async def pause(self) -> None: ...
    async def resume(self) -> None: ...
    async def restart(self) -> None: ...
    async def terminate(self) -> None: ...
    async def send_event(self, event: Mapping[str, object], /) -> None: ...

class Workflow(Generic[_T]):
    async def create(self, *, id: str = ..., params: _T = ...) -> WorkflowInstance: ...
    async def create_batch(
        self, batch: Sequence[Mapping[str, object]], /
    ) -> list[WorkflowInstance]: ...
    async def get(self, id: str, /) -> WorkflowInstance: ...

# --- Others

class Ai:
    async def run(self, model: str, inputs: Mapping[str, object], /, **options: Any) -> Any: ...
    def __getattr__(self, name: str) -> Any: ...

class VectorizeIndex:
    async def describe(self) -> Any: ...
    async def query(self, vector: Sequence[float], /, **options: Any) -> Any: ...
    async def insert(self, vectors: Sequence[Mapping[str, object]], /) -> Any: ...
    async def upsert(self, vectors: Sequence[Mapping[str, object]], /) -> Any: ...
    async def deleteByIds(self, ids: Sequence[str], /) -> Any: ...
    async def getByIds(self, ids: Sequence[str], /) -> Any: ...

class Hyperdrive:
    connectionString: str
    host: str
    port: int
    user: str
    password: str
    database: str

class AnalyticsEngineDataset:
    def writeDataPoint(
        self, *, indexes: Sequence[str] = ..., doubles: Sequence[float] = ...,
        blobs: Sequence[str] = ...,
    ) -> None: ...

class RateLimitOutcome(TypedDict):
    success: bool

class RateLimit:
    async def limit(self, *, key: str) -> RateLimitOutcome: ...

class SendEmail:
    async def send(self, message: object, /) -> Any: ...

class SecretsStoreSecret:
    async def get(self) -> str: ...

class WorkerVersionMetadata:
    id: str
    tag: str
    timestamp: str

class WorkerLoader:
    def get(self, name: str | None, code: Callable[[], object], /) -> Any: ...
    def load(self, code: object, /) -> Any: ...

# Everything else of JavaScript.
def __getattr__(name: str) -> Any: ...
