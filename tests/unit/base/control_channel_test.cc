#include "base/control_channel.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

using cwrangler::ControlChannel;
using nlohmann::json;

TEST_CASE("messages arrive whole and in order, whatever their size") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  ControlChannel one(ends[0]);
  ControlChannel other(ends[1]);
  const std::string big(3 << 20, 'x');
  std::thread sender([&] {
    one.send({{"type", "console"}, {"text", "a\nb"}});
    one.send({{"type", "console"}, {"text", big}});
    one.send({{"text", "\xff not UTF-8"}});
  });
  CHECK(other.receive()->at("text") == "a\nb");
  CHECK(other.receive()->at("text") == big);
  CHECK(other.receive()->at("text") == "\xEF\xBF\xBD not UTF-8");
  sender.join();
}

TEST_CASE("descriptors that an event loop made non-blocking lose nothing") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
  ControlChannel one(ends[0]);
  ControlChannel other(ends[1]);
  const std::string big(3 << 20, 'x');
  std::thread sender([&] {
    CHECK(one.send({{"text", big}}));
    CHECK(one.send({{"text", "after"}}));
  });
  CHECK(other.receive()->at("text") == big);
  CHECK(other.receive()->at("text") == "after");
  sender.join();
}

TEST_CASE("a closed or babbling peer ends the channel") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  ControlChannel one(ends[0]);
  REQUIRE(::write(ends[1], "not json\n", 9) == 9);
  CHECK_FALSE(one.receive().has_value());
  ::close(ends[1]);
  CHECK_FALSE(one.receive().has_value());
  CHECK_FALSE(one.send({{"type", "x"}}));
}
