#include "cli/types/environment_stub.h"

#include <doctest/doctest.h>

#include "cli/types/python_classes.h"

namespace cwrangler::cli {
namespace {

constexpr const char* kEntry = R"(from typing import TypedDict
from workers import DurableObject, WorkflowEntrypoint
from models import Elsewhere

class Order(TypedDict):
    item: str

class Counter(DurableObject):
    pass

class Flow(WorkflowEntrypoint):
    """One."""

    async def run(
        self, event: "WorkflowEvent[Order]", step: "WorkflowStep"
    ) -> None: ...

class Plain(WorkflowEntrypoint):
    async def run(self, event, step): ...
)";

std::string env_of(const std::string& toml, bool literal = true,
                   const std::vector<std::string>& secrets = {},
                   const std::vector<std::string>& environments = {}) {
  StubInput input;
  input.configs.push_back(parse_config("/p/wrangler.toml", toml, ""));
  for (const std::string& name : environments) {
    input.configs.push_back(parse_config("/p/wrangler.toml", toml, name));
  }
  input.secrets = secrets;
  input.entry_module = "entry";
  input.entry_source = kEntry;
  const std::string stub = environment_stub(input, "# not this\nBINDINGS\n", {literal});
  CHECK(stub.find("not this") == std::string::npos);
  CHECK(stub.find("BINDINGS") != std::string::npos);
  return stub.substr(stub.find("# --- This Worker"));
}

bool has(const std::string& text, const std::string& line) {
  return text.find(line + "\n") != std::string::npos;
}

TEST_CASE("bindings have their types, classes of the project are imported") {
  const std::string env = env_of(R"(name = "me"
kv_namespaces = [{binding = "KV"}]
services = [{binding = "OTHER", service = "x"}, {binding = "SELF", service = "me", entrypoint = "Counter"}]
[[durable_objects.bindings]]
name = "COUNTERS"
class_name = "Counter"
[[durable_objects.bindings]]
name = "FAR"
class_name = "Counter"
script_name = "another"
[[durable_objects.bindings]]
name = "IMPORTED"
class_name = "Elsewhere"
[[workflows]]
binding = "FLOW"
name = "flow"
class_name = "Flow"
[[workflows]]
binding = "PLAIN"
name = "plain"
class_name = "Plain"
[browser]
binding = "BROWSER"
)");
  CHECK(has(env, "from entry import Counter as _Counter"));
  CHECK(has(env, "from entry import Elsewhere as _Elsewhere"));
  CHECK(has(env, "from entry import Order as _Order"));
  CHECK(has(env, "    KV: KVNamespace"));
  CHECK(has(env, "    OTHER: Fetcher"));
  CHECK(has(env, "    SELF: _Counter"));
  CHECK(has(env, "    COUNTERS: DurableObjectNamespace[_Counter]"));
  CHECK(has(env, "    FAR: DurableObjectNamespace[Fetcher]"));
  CHECK(has(env, "    IMPORTED: DurableObjectNamespace[_Elsewhere]"));
  CHECK(has(env, "    FLOW: Workflow[_Order]"));
  CHECK(has(env, "    PLAIN: Workflow[Any]"));
  CHECK(has(env, "    BROWSER: Any"));
}

TEST_CASE("plain methods of a class are awaited by who calls them from elsewhere") {
  constexpr const char* kSource = R"(class Room(DurableObject):
    """def not_this(self)."""

    limit = 3

    def size(self) -> int:
        def inner(): ...
        return 1

    async def enter(
        self, name: str
    ) -> None: ...

    # def nor_this(self): ...
    @property
    def also_not(self): ...

    def _private(self): ...
    def leave(self, name): ...

def outside(): ...
)";
  CHECK(plain_methods(kSource, "Room") == std::vector<std::string>{"size", "leave"});
  CHECK(plain_methods(kSource, "Other").empty());
}

TEST_CASE("inherited methods are among them") {
  constexpr const char* kSource = R"(class Base(Generic[T]):
    def size(self) -> int: ...
    def close(self): ...
    def both(self): ...

class Loop(Loop): ...

class Named(elsewhere.Thing):
    def title(self): ...
    def both(self): ...

class Room(
    Named,
    Base[str],
    metaclass=Loop,
):
    async def size(self) -> int: ...
    def enter(self): ...
)";
  CHECK(plain_methods(kSource, "Room") ==
        std::vector<std::string>{"enter", "title", "both", "close"});
  CHECK(plain_methods(kSource, "Loop").empty());
}

TEST_CASE("variables are literals, secrets are strings") {
  const std::string config = R"(name = "me"
[vars]
TEXT = "say \"hi\" ü\n"
NUMBER = 5
RATIO = 0.5
FLAG = true
OBJECT = {a = 1}
TOKEN = "for local runs"
class = "no name in Python"
"my-var" = "nor is this"
)";
  const std::string env = env_of(config, true, {"TOKEN", "SECRET"});
  CHECK(has(env, R"(    TEXT: Literal["say \"hi\" ü\n"])"));
  CHECK(has(env, "    NUMBER: Literal[5]"));
  CHECK(has(env, "    RATIO: float"));
  CHECK(has(env, "    FLAG: Literal[True]"));
  CHECK(has(env, "    OBJECT: Any"));
  CHECK(has(env, "    TOKEN: str"));
  CHECK(has(env, "    SECRET: str"));
  CHECK(env.find("class:") == std::string::npos);
  CHECK(env.find("my-var") == std::string::npos);
  const std::string loose = env_of(config, false);
  CHECK(has(loose, "    TEXT: str"));
  CHECK(has(loose, "    NUMBER: int"));
  CHECK(has(loose, "    FLAG: bool"));
}

TEST_CASE("environments are put together") {
  const std::string env = env_of(
      "name = \"me\"\nvars = {STAGE = \"dev\"}\n[secrets]\nrequired = [\"KEY\"]\n"
      "[env.live]\nvars = {STAGE = \"live\", ONLY = 1}\n",
      true, {}, {"live"});
  CHECK(has(env, "    STAGE: Literal[\"dev\"] | Literal[\"live\"]"));
  CHECK(has(env, "    ONLY: Literal[1]"));
  CHECK(has(env, "    KEY: str"));
}

TEST_CASE("classes and payloads in the text of a module") {
  CHECK(has_class(kEntry, "Counter"));
  CHECK(has_class(kEntry, "Elsewhere"));
  CHECK_FALSE(has_class(kEntry, "Count"));
  CHECK_FALSE(has_class(kEntry, ""));
  CHECK(workflow_payload(kEntry, "Flow") == "Order");
  CHECK(workflow_payload(kEntry, "Plain").empty());
  CHECK(workflow_payload("class A:\n    def run(self, event: WorkflowEvent[", "A").empty());
  CHECK(workflow_payload("class A:\n    def run(self, e: WorkflowEvent[a.B], s)", "A").empty());
}

}  // namespace
}  // namespace cwrangler::cli
