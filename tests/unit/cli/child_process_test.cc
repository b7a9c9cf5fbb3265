#include "cli/process/child_process.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include "base/error.h"

namespace cwrangler::cli {
namespace {

TEST_CASE("both outputs and the end of a program are captured, however much it says") {
  ChildOptions options;
  options.arguments = {"sh", "-c",
                       "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; cat; exit 3"};
  const CapturedRun run = run_captured(options);
  CHECK(run.out.size() == 300000);
  CHECK(run.err.size() == 300000);
  CHECK(run.status.code == 3);
  CHECK_FALSE(run.status.success());
  CHECK(run.status.to_string() == "exit status 3");
}

TEST_CASE("arguments, environment and directory arrive as they are") {
  ChildOptions options;
  options.arguments = {"/bin/sh", "-c", "printf '%s|' \"$1\" \"$ADDED\" \"${HOME-none}\"; pwd",
                       "sh", "a $(b) \"c\""};
  options.environment = {{"ADDED", "yes"}, {"HOME", std::nullopt}};
  options.directory = "/usr";
  CHECK(run_captured(options).out == "a $(b) \"c\"|yes|none|/usr\n");
}

TEST_CASE("a program that is not there is an error that names it") {
  ChildOptions options;
  options.arguments = {"/nonexistent/program"};
  CHECK_THROWS_WITH_AS(ChildProcess::start(options),
                       "starting /nonexistent/program: No such file or directory", Error);
}

TEST_CASE("descriptors appear under the child's numbers, even crosswise") {
  int first[2];
  int second[2];
  REQUIRE(::pipe(first) == 0);
  REQUIRE(::pipe(second) == 0);
  const Descriptor first_read(first[0]);
  const Descriptor second_read(second[0]);
  Descriptor first_write(first[1]);
  Descriptor second_write(second[1]);
  ChildOptions options;
  options.arguments = {"sh", "-c", "echo one >&3; echo two >&4"};
  // Each source stands where the other target is going to be, whatever numbers were given out.
  options.descriptors = {{first_write.get(), 3}, {second_write.get(), 4}};
  ChildProcess child = ChildProcess::start(options);
  CHECK(child.wait().success());
  char text[8] = {};
  CHECK(::read(first_read.get(), text, sizeof text) == 4);
  CHECK(std::string(text, 4) == "one\n");
  CHECK(::read(second_read.get(), text, sizeof text) == 4);
  CHECK(std::string(text, 4) == "two\n");
}

TEST_CASE("a signal that ends a child is reported, and an abandoned child is ended") {
  ChildOptions options;
  options.arguments = {"sleep", "1000"};
  pid_t abandoned = 0;
  {
    ChildProcess child = ChildProcess::start(options);
    abandoned = child.pid();
  }
  CHECK(::kill(abandoned, 0) == -1);
  ChildProcess child = ChildProcess::start(options);
  child.signal(SIGTERM);
  CHECK(child.wait().signal == SIGTERM);
  CHECK(child.wait().to_string() == "signal 15 (Terminated)");
}

TEST_CASE("an interruption reaches the child and comes back as one") {
  ChildOptions options;
  // The child interrupts this test, and ends only when that comes back to it.
  options.arguments = {"sh", "-c",
                       "trap 'exit 0' INT; kill -INT $PPID; while :; do sleep 0.01; done"};
  try {
    run_captured(options);
    FAIL("not interrupted");
  } catch (const Error& error) {
    CHECK(error.exit_code() == ExitCode::interrupted);
  }
}

}  // namespace
}  // namespace cwrangler::cli
