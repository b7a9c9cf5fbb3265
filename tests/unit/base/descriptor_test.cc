#include "base/descriptor.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <utility>

namespace cwrangler {
namespace {

int open_null() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_open(int number) {
  return ::fcntl(number, F_GETFD) >= 0;
}

TEST_CASE("a descriptor is closed with its owner, and by nobody else") {
  int number;
  {
    Descriptor owner(open_null());
    number = owner.get();
    REQUIRE(owner.valid());
    Descriptor other(std::move(owner));
    CHECK(other.get() == number);
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST_CASE("assignment closes what was there before") {
  Descriptor one(open_null());
  Descriptor two(open_null());
  const int first = one.get();
  const int second = two.get();
  one = std::move(two);
  CHECK(one.get() == second);
  CHECK_FALSE(is_open(first));
  CHECK(is_open(second));
  one.reset();
  CHECK_FALSE(one.valid());
  CHECK_FALSE(is_open(second));
}

TEST_CASE("what is released stays open") {
  int number;
  {
    Descriptor owner(open_null());
    number = owner.release();
    CHECK_FALSE(owner.valid());
  }
  CHECK(is_open(number));
  const Descriptor again(number);
  CHECK_FALSE(Descriptor(-1).valid());
  CHECK_FALSE(Descriptor().valid());
}

}  // namespace
}  // namespace cwrangler
