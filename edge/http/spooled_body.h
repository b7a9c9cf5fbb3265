// A request's body: in memory while it is small, else in a file that has no name and goes with it.

#pragma once

#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace cwrangler::edge {

class SpooledBody {
 public:
  SpooledBody() = default;
  SpooledBody(SpooledBody&& other) noexcept;
  SpooledBody& operator=(SpooledBody&& other) noexcept;
  ~SpooledBody();

  /// Throws Error when the disk is full. Not after view().
  void append(std::string_view bytes);

  /// All of it, for as long as this lives.
  std::string_view view();

  size_t size() const { return size_; }

 private:
  void unmap();

  std::string memory_;
  Descriptor file_;
  size_t size_ = 0;
  void* mapping_ = nullptr;
};

}  // namespace cwrangler::edge
