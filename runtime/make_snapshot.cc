// cwrangler-make-snapshot BUNDLE OUTPUT: runs the built-in JavaScript and writes the V8 startup
// snapshot that becomes part of cwrangler-runtime. A build tool; it is not installed.

#include <cstdio>
#include <exception>
#include <string_view>

#include "base/files.h"
#include "runtime/builtins.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/startup_snapshot.h"

int main(int argument_count, char** arguments) {
  if (argument_count != 3) {
    std::fprintf(stderr, "usage: %s BUNDLE OUTPUT\n", arguments[0]);
    return 2;
  }
  try {
    const cwrangler::engine::Platform platform(cwrangler::engine::Platform::Options{});
    const auto blob = cwrangler::engine::make_startup_snapshot(
        cwrangler::builtin_ops(), cwrangler::read_file(arguments[1]), "cwrangler:platform");
    cwrangler::write_file_atomically(arguments[2], {blob.data(), blob.size()});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
