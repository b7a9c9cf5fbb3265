// The parts of a dev session that need no running runtime.

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <sstream>

#include "base/error.h"
#include "cli/dev/binding_table.h"
#include "cli/dev/bundle_stamp.h"
#include "cli/dev/listeners.h"
#include "cli/dev/log_lines.h"
#include "cli/dev/message_stream.h"
#include "cli/dev/outbound_map.h"
#include "cli/dev/output.h"
#include "cli/dev/restart_policy.h"
#include "cli/dev/upstream.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using test::TemporaryFolder;

TEST_CASE("the host of a route is what its pattern names") {
  CHECK(host_of_route("example.com/*") == "example.com");
  CHECK(host_of_route("https://Shop.Example.com/a/b*") == "shop.example.com");
  CHECK(host_of_route("*.example.com/api/*") == "example.com");
  CHECK(host_of_route("*example.com/*") == "example.com");
  CHECK(host_of_route("example.com:8443") == "example.com:8443");
  CHECK(host_of_route("*/admin").empty());
  CHECK(host_of_route("https://*/x").empty());
  CHECK(host_of_route("").empty());
  CHECK(without_port("example.com:8443") == "example.com");
  CHECK(without_port("example.com") == "example.com");
  CHECK(without_port("[::1]:80") == "[::1]");
  CHECK(without_port("[::1]") == "[::1]");
}

TEST_CASE("--host takes a host and nothing more") {
  CHECK(checked_host("Example.com:8443", "--host") == "example.com:8443");
  for (const char* bad :
       {"https://example.com", "example.com/path", "a b", "user@example.com", ""}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(checked_host(bad, "--host"), Error);
  }
}

TEST_CASE("a terminal shows what its level has, and records everything") {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal(out, err, false, false);
  std::vector<std::string> recorded;
  terminal.set_record([&](LogLevel, std::string_view text) { recorded.emplace_back(text); });
  terminal.set_level(*parse_log_level("Error"));
  terminal.print_warning("careful");
  CHECK(err.str().empty());
  terminal.print_error(Error("broken"));
  CHECK(err.str() == "✘ [ERROR] broken\n\n");
  terminal.print("result");  // what was asked for is no log
  CHECK(out.str() == "result\n");
  terminal.set_level(*parse_log_level("none"));
  terminal.print_error(Error("silent"));
  CHECK(err.str() == "✘ [ERROR] broken\n\n");
  CHECK(recorded == std::vector<std::string>{"careful", "broken", "silent"});
  CHECK_FALSE(parse_log_level("loud"));
}

TEST_CASE("stand-ins for hosts") {
  const auto map =
      parse_outbound_map({"API.example.com=http://127.0.0.1:9000",
                          "b.example:8443=https://[::1]:1/", "b.example:8443=http://x"});
  CHECK(map == std::map<std::string, std::string>{{"api.example.com", "http://127.0.0.1:9000"},
                                                  {"b.example:8443", "http://x"}});
  for (const char* bad :
       {"", "example.com", "=http://x", "a=ftp://x", "a=http://", "a=http://x/path",
        "a=http://user@x", "a b=http://x", "a=http://x:123456"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_outbound_map({bad}), Error);
  }
}

TEST_CASE("request lines are wrangler's") {
  const json message = {{"method", "GET"},
                        {"path", "/a b?token=x"},
                        {"status", 404},
                        {"status_text", "Gone"},
                        {"duration_ms", 11.6}};
  CHECK(request_line(message, false) == "[wrangler:info] GET /a b 404 Gone (12ms)");
  CHECK(request_line(message, true) == "[wrangler:info] GET /a b \x1b[33m404 Gone\x1b[0m (12ms)");
  // A path must not be able to drive the terminal, nor a broken message the session.
  nlohmann::json batch{
      {"queue", "my-queue"}, {"acknowledged", 1}, {"messages", 1}, {"duration_ms", 1.6}};
  CHECK(queue_line(batch, false) == "[wrangler:info] QUEUE my-queue 1/1 (2ms)");
  CHECK(queue_line(batch, true) == "[wrangler:info] QUEUE my-queue \x1b[32m1/1\x1b[0m (2ms)");
  batch["messages"] = 2;
  CHECK(queue_line(batch, true) == "[wrangler:info] QUEUE my-queue \x1b[33m1/2\x1b[0m (2ms)");
  batch["acknowledged"] = 0;
  CHECK(queue_line(batch, true) == "[wrangler:info] QUEUE my-queue \x1b[31m0/2\x1b[0m (2ms)");
  CHECK(request_line({{"path", "/\x1b[2J\x07"}}, false) == "[wrangler:info]  /[2J 0 (0ms)");
  CHECK(request_line({{"method", 3}, {"status", "x"}, {"duration_ms", 1e300}}, false) ==
        "[wrangler:info]   0 (0ms)");
}

TEST_CASE("an exception is shown by its traceback, else by its message") {
  CHECK(exception_lines({{"message", "m"}, {"stack", "Traceback\n  line\n"}}, false, {}) ==
        "[wrangler:error] Traceback\n  line\n");
  CHECK(exception_lines({{"message", "m"}}, false, {}) == "[wrangler:error] m\n");
}

TEST_CASE("tracebacks name the project's own files as the user does") {
  const std::vector<Module> modules{
      {"entry.py", ModuleType::python, "/home/me/project/src/entry.py"},
      {"deep/shown.mjs", ModuleType::esm, "/home/me/project/src/deep/shown.mjs"},
      {"python_modules/a/b.py", ModuleType::data, "/home/me/project/python_modules/a/b.py"},
      {"shared.py", ModuleType::python, "/home/me/shared/shared.py"},
  };
  const auto shown = [&modules](const std::string& line) {
    const std::string text =
        exception_lines({{"stack", line}}, false, {modules, "/home/me/project"});
    return text.substr(std::string("[wrangler:error] ").size());
  };
  CHECK(shown("  File \"/session/metadata/entry.py\", line 3, in fetch\n    x\n"
              "  File \"/session/metadata/python_modules/a/b.py\", line 7\n") ==
        "  File \"src/entry.py\", line 3, in fetch\n    x\n"
        "  File \"python_modules/a/b.py\", line 7\n");
  CHECK(shown("File \"/session/metadata/shared.py\"") == "File \"../shared/shared.py\"\n");
  CHECK(shown("File \"deep/shown.mjs\", line 1") == "File \"src/deep/shown.mjs\", line 1\n");
  // Not a module, code from a string that has the name of one, and what is no traceback.
  for (const char* other :
       {"File \"/lib/python314.zip/json/decoder.py\", line 1", "File \"entry.py\", line 1",
        "File \"/session/metadata/none.py\", line 1", "File \"/session/metadata/entry.py",
        "File \"", "/session/metadata/entry.py"}) {
    CHECK(shown(other) == std::string(other) + "\n");
  }
}

TEST_CASE("the binding table is aligned, and long values are cut between characters") {
  const auto table = binding_table({{"KV", "abc", "KV Namespace"}, {"X", "\"ä\"", "Variable"}});
  REQUIRE(table.size() == 5);
  CHECK(table[1] == "Binding           Resource          Mode");
  CHECK(table[2] == "env.KV (abc)      KV Namespace      local");
  CHECK(table[3] == "env.X (\"ä\")       Variable          local");
  CHECK(table[4].empty());
  CHECK(binding_table({}).empty());
  CHECK(shown_value("\"short\"") == "\"short\"");
  std::string umlauts;
  for (int i = 0; i < 50; ++i) umlauts += "ä";
  CHECK(shown_value(umlauts).size() == 39 * 2 + 3);
}

TEST_CASE("in a narrow terminal each binding has lines of its own") {
  const std::vector<BindingRow> rows{{"DB", "shop-notes", "D1 Database"},
                                     {"GREETING", "\"words enough for two lines\"", "Variable"}};
  CHECK(binding_table(rows, 40) ==
        std::vector<std::string>{"Your Worker has access to the following",
                                 "  bindings:", "env.DB (shop-notes)", "  D1 Database, local",
                                 "env.GREETING (\"words enough for two", "  lines\")",
                                 "  Variable, local", ""});
  CHECK(binding_table(rows, 200) == binding_table(rows));
}

TEST_CASE("a runtime that dies at its start is tried again ever more slowly, then not at all") {
  RestartPolicy policy;
  CHECK(policy.died(true) == milliseconds(0));
  for (const int delay : {250, 500, 1000, 2000}) CHECK(policy.died(false) == milliseconds(delay));
  CHECK_FALSE(policy.died(false).has_value());
  policy.files_changed();
  CHECK(policy.died(false) == milliseconds(250));
  policy.became_ready();
  CHECK(policy.died(false) == milliseconds(250));
}

TEST_CASE("the stamp of a bundle follows its files and its configuration") {
  const TemporaryFolder folder;
  WorkerConfig worker;
  worker.modules = {{"entry.py", ModuleType::python, folder.write("entry.py", "1").string()},
                    {"gone.py", ModuleType::python, (folder.path() / "gone.py").string()}};
  const std::string first = bundle_stamp(worker);
  CHECK(bundle_stamp(worker) == first);
  folder.write("other.py", "1");
  CHECK(bundle_stamp(worker) == first);
  folder.write("entry.py", "12");
  const std::string second = bundle_stamp(worker);
  CHECK(second != first);
  worker.bindings.push_back({"A", "plain_text", {{"text", "b"}}});
  CHECK(bundle_stamp(worker) != second);
}

TEST_CASE("without a port the next free one is taken; a taken one that was asked for is refused") {
  const Listeners first = open_listeners("127.0.0.1", 0);
  CHECK(first.port > 0);
  CHECK(first.url == "http://127.0.0.1:" + std::to_string(first.port));
  try {
    open_listeners("127.0.0.1", first.port);
    FAIL("the port was free");
  } catch (const Error& error) {
    CHECK(error.problem().find("Address already in use (127.0.0.1:" + std::to_string(first.port) +
                               "). Please check that you are not already running a server") == 0);
  }
  const Listeners chosen = open_listeners("localhost", std::nullopt);
  const Listeners next = open_listeners("localhost", std::nullopt);
  CHECK(chosen.port >= kDefaultPort);
  CHECK(next.port != chosen.port);
  CHECK(next.url == "http://localhost:" + std::to_string(next.port));
  for (const Descriptor& socket : next.sockets) {
    CHECK((::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK_THROWS_AS(open_listeners("example.com", 0), Error);
  CHECK_THROWS_AS(open_listeners("192.0.2.1", 0), Error);
}

std::array<Descriptor, 2> socket_pair() {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

TEST_CASE("messages are taken as they arrive, in pieces or several at once") {
  auto [ours, theirs] = socket_pair();
  MessageStream stream(std::move(ours));
  CHECK(stream.receive().empty());
  REQUIRE(::write(theirs.get(), "{\"a\":1}\n{\"b\"", 12) == 12);
  auto messages = stream.receive();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0] == json{{"a", 1}});
  REQUIRE(::write(theirs.get(), ":2}\n{}\n", 7) == 7);
  CHECK(stream.receive().size() == 2);
  CHECK_FALSE(stream.closed());
  SUBCASE("the end") {
    theirs.reset();
  }
  SUBCASE("no JSON") {
    REQUIRE(::write(theirs.get(), "boom\n", 5) == 5);
  }
  SUBCASE("no object") {
    REQUIRE(::write(theirs.get(), "[1]\n", 4) == 4);
  }
  CHECK(stream.receive().empty());
  CHECK(stream.closed());
}

TEST_CASE("sending to a side that does not read does not wait") {
  auto [ours, theirs] = socket_pair();
  MessageStream stream(std::move(ours));
  const std::string big(4 << 20, 'x');
  stream.send({{"text", big}});
  REQUIRE(stream.wants_write());
  std::string received;
  std::array<char, 65536> chunk;
  while (received.find('\n') == std::string::npos) {
    const ssize_t count = ::read(theirs.get(), chunk.data(), chunk.size());
    REQUIRE(count > 0);
    received.append(chunk.data(), static_cast<size_t>(count));
    stream.flush();
  }
  CHECK(json::parse(received).at("text") == big);
  CHECK_FALSE(stream.wants_write());
  theirs.reset();
  stream.send({{"x", 1}});
  CHECK_FALSE(stream.wants_write());
}

TEST_CASE("output that nobody reads waits, and arrives whole and in order") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const Descriptor read_end(ends[0]);
  const Descriptor write_end(ends[1]);
  OutputQueue queue(write_end.get());
  std::string sent;
  for (int i = 0; sent.size() < 1000000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    sent += line;
    queue.append(line);
    queue.flush();
  }
  REQUIRE(queue.pending() > 0);
  // The pipe itself stays as it was: others write to it as well.
  CHECK((::fcntl(write_end.get(), F_GETFL) & O_NONBLOCK) == 0);
  std::string received;
  std::array<char, 65536> chunk;
  while (received.size() < sent.size()) {
    const ssize_t count = ::read(read_end.get(), chunk.data(), chunk.size());
    REQUIRE(count > 0);
    received.append(chunk.data(), static_cast<size_t>(count));
    queue.flush();
  }
  CHECK(received == sent);
  CHECK(queue.pending() == 0);
}

}  // namespace
}  // namespace cwrangler::cli
