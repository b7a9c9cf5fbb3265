// Code in a form of its compiler's own, kept between processes by a key of the compiler's choice.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/engine/code_files.h"

namespace cwrangler::engine {

/// One for each process (Platform has it). All functions may be called by any thread.
class KeptCode {
 public:
  explicit KeptCode(CodeFiles files) : files_(std::move(files)) {}

  /// What keep() got for this key in this process or an earlier one.
  std::optional<std::string> find(const std::string& key);

  /// `key`: names the source, the compiler and all that its result depends on.
  void keep(const std::string& key, std::string code);

  /// Writes what is new: compilers find much to keep while others wait for them. Failures are
  /// logged: code that is not kept costs time, nothing else.
  void save();

 private:
  const CodeFiles files_;
  std::mutex mutex_;
  std::map<std::string, std::string> new_;  // by digest of the key
};

}  // namespace cwrangler::engine
