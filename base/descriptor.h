// A file descriptor that is closed with its owner.

#pragma once

#include <unistd.h>

#include <utility>

namespace cwrangler {

class Descriptor {
 public:
  Descriptor() = default;
  /// Takes ownership; a negative number, as open(2) returns it for an error, is none.
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = other.release();
    }
    return *this;
  }
  ~Descriptor() { reset(); }

  /// Negative for none.
  int get() const { return number_; }
  bool valid() const { return number_ >= 0; }
  /// Gives it up without closing it.
  int release() { return std::exchange(number_, -1); }
  /// Closes it now.
  void reset() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_ = -1;
};

}  // namespace cwrangler
