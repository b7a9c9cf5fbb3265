// Runs the JavaScript tests of js/ in isolates made from the built-in snapshot: one isolate a file.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "runtime/builtins.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/script_scope.h"
#include "runtime/web/web_ops.h"

namespace {

namespace engine = cwrangler::engine;
namespace web = cwrangler::web;

const std::filesystem::path FOLDER = WEB_TESTS;

engine::Platform& platform() {
  static engine::Platform instance{engine::Platform::Options{}};
  return instance;
}

/// server.py in a process of its own, for as long as the object lives.
class Server {
 public:
  Server() {
    int input[2];
    int output[2];
    REQUIRE(::pipe2(input, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(output, O_CLOEXEC) == 0);
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(input[0], STDIN_FILENO);
      ::dup2(output[1], STDOUT_FILENO);
      ::execlp("python3", "python3", (FOLDER / "server.py").c_str(), nullptr);
      ::_exit(127);
    }
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    char port[16] = "";
    REQUIRE(::read(output[0], port, sizeof port - 1) > 0);
    output_ = output[0];  // stays open: Python may write the end of the line separately
    origin_ = "http://127.0.0.1:" + std::to_string(std::atoi(port));
  }
  ~Server() {
    ::close(output_);
    ::close(input_);  // the end of its input ends it
    ::waitpid(process_, nullptr, 0);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& origin() const { return origin_; }

 private:
  pid_t process_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string origin_;
};

/// An isolate with the web platform and the object `shell` for the tests.
class Shell {
 public:
  explicit Shell(const std::string& origin) : isolate_(platform(), cwrangler::builtin_snapshot()) {
    web::install_web(isolate_, [this](std::string_view level, std::string_view text) {
      log_.push_back(std::string(level) + ": " + std::string(text));
    });
    isolate_.on_uncaught([this](v8::Local<v8::Value> error, engine::Isolate::UncaughtKind kind) {
      log_.push_back(web::describe_uncaught(isolate_, error, kind));
    });
    engine::ScriptScope scope(isolate_);
    const auto shell = v8::Object::New(scope.v8());
    add(scope, shell, "done", [](const v8::FunctionCallbackInfo<v8::Value>& call) {
      Shell& self = of(call);
      self.results_ = engine::to_utf8(call.GetIsolate(), call[0]);
      self.isolate_.stop();
    });
    // takeLog() → what was logged and what was not caught since the last call
    add(scope, shell, "takeLog", [](const v8::FunctionCallbackInfo<v8::Value>& call) {
      Shell& self = of(call);
      const auto lines = v8::Array::New(call.GetIsolate());
      for (uint32_t i = 0; i < self.log_.size(); ++i) {
        lines->Set(self.isolate_.context(), i, engine::to_string(call.GetIsolate(), self.log_[i]))
            .Check();
      }
      self.log_.clear();
      call.GetReturnValue().Set(lines);
    });
    engine::set(scope.context(), shell, "origin", engine::to_string(scope.v8(), origin));
    engine::set(scope.context(), scope.context()->Global(), "shell", shell);
  }

  /// Runs a script; fails the test when it does not compile or throws.
  void run(const std::string& name) {
    engine::ScriptScope scope(isolate_);
    const std::string source = cwrangler::read_file(FOLDER / name);
    v8::ScriptOrigin origin(scope.v8(), engine::to_string(scope.v8(), name));
    v8::Local<v8::Script> script;
    v8::Local<v8::Value> value;
    if (!v8::Script::Compile(scope.context(), engine::to_string(scope.v8(), source), &origin)
             .ToLocal(&script) ||
        !script->Run(scope.context()).ToLocal(&value)) {
      FAIL(name << ": " << engine::describe_error(scope.context(), scope.take_exception()));
    }
  }

  /// Runs the declared tests and returns their results as JSON.
  std::string results() {
    {
      engine::ScriptScope scope(isolate_);
      v8::Local<v8::Script> script;
      v8::Local<v8::Value> value;
      REQUIRE(v8::Script::Compile(scope.context(), engine::to_string(scope.v8(), "runTests()"))
                  .ToLocal(&script));
      REQUIRE(script->Run(scope.context()).ToLocal(&value));
    }
    isolate_.run();
    return results_;
  }

 private:
  static Shell& of(const v8::FunctionCallbackInfo<v8::Value>& call) {
    return *static_cast<Shell*>(call.Data().As<v8::External>()->Value());
  }
  void add(engine::ScriptScope& scope, v8::Local<v8::Object> target, const char* name,
           v8::FunctionCallback callback) {
    engine::set(scope.context(), target, name,
                v8::Function::New(scope.context(), callback, v8::External::New(scope.v8(), this))
                    .ToLocalChecked());
  }

  engine::Isolate isolate_;
  std::vector<std::string> log_;
  std::string results_;
};

}  // namespace

TEST_CASE("the web platform") {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(FOLDER / "js")) {
    files.push_back(entry.path().filename());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(!files.empty());
  const Server server;
  for (const auto& file : files) {
    Shell shell(server.origin());
    shell.run("harness.js");
    shell.run("js" / file);
    const auto results = nlohmann::json::parse(shell.results());
    CHECK_MESSAGE(!results.empty(), file << " declares no tests");
    for (const auto& result : results) {
      INFO(file.string() << ": " << result["name"].get<std::string>());
      CHECK_MESSAGE(result["error"].is_null(), result["error"].dump());
    }
  }
}
