// Bytecode of large scripts, kept on disk between processes: parsing one takes longer than to run
// what a start needs of it.

#pragma once

#include <v8.h>

#include <map>
#include <mutex>
#include <span>
#include <string>

#include "runtime/engine/code_files.h"

namespace cwrangler::engine {

/// One for each process (Platform has it). All functions may be called by any thread that has
/// entered an isolate.
class ScriptCode {
 public:
  explicit ScriptCode(CodeFiles files) : files_(std::move(files)) {}

  /// The function that has `source` for its body. Throws in JavaScript for a syntax error.
  /// `name`: what stack traces call the script; no other source has it.
  v8::MaybeLocal<v8::Function> compile(v8::Local<v8::Context> context, v8::Local<v8::String> source,
                                       v8::Local<v8::String> name,
                                       std::span<v8::Local<v8::String>> parameters);

  /// Keeps the bytecode of the function that compile() made for `name`, with that of the functions
  /// in it that were called so far, unless compile() has found some.
  void keep(v8::Isolate* isolate, v8::Local<v8::String> name, v8::Local<v8::Function> function);

 private:
  const CodeFiles files_;
  std::mutex mutex_;
  std::map<std::string, std::string> missing_;  // digests of sources without bytecode, by name
};

}  // namespace cwrangler::engine
