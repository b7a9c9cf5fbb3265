#include <doctest/doctest.h>

#include "base/error.h"
#include "edge/http/masked_frames.h"
#include "edge/http/message.h"
#include "edge/http/multipart.h"
#include "edge/http/spooled_body.h"

namespace cwrangler::edge {
namespace {

constexpr const char* kType = "multipart/form-data; boundary=XYZ";

TEST_CASE("a form of a client is read part by part") {
  const std::string body =
      "--XYZ\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{\"a\":1}\r\n"
      "--XYZ\r\ncontent-disposition: form-data; name=\"src/a b.py\"; filename=\"src/a b.py\"\r\n"
      "Content-Type: text/x-python\r\n\r\nprint()\r\n\r\n--XYZ--\r\n";
  const std::vector<FormPart> parts = parse_multipart(kType, body, 10);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].name == "metadata");
  CHECK(parts[0].filename.empty());
  CHECK(parts[0].content == "{\"a\":1}");
  CHECK(parts[1].filename == "src/a b.py");
  CHECK(parts[1].content_type == "text/x-python");
  CHECK(parts[1].content == "print()\r\n");
}

TEST_CASE("a form that is none says why") {
  const auto problem = [](const char* type, const std::string& body, size_t most = 10) {
    try {
      parse_multipart(type, body, most);
    } catch (const Error& error) {
      return error.problem();
    }
    return std::string("none");
  };
  const std::string head = "--XYZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
  CHECK(problem("application/json", "{}").find("no form") != std::string::npos);
  CHECK(problem("multipart/form-data", "--XYZ--").find("boundary") != std::string::npos);
  CHECK(problem(kType, "hello").find("boundary") != std::string::npos);
  CHECK(problem(kType, head + "cut").find("cut") != std::string::npos);
  CHECK(problem(kType, head + "cut\r\n--XY").find("cut") != std::string::npos);
  CHECK(problem(kType, "--XYZ\r\nContent-Disposition: form-data; name=\"a\"\r\n").find("head") !=
        std::string::npos);
  CHECK(problem(kType, "--XYZ\r\nNonsense\r\n\r\n\r\n--XYZ--").find("colon") != std::string::npos);
  CHECK(problem(kType, "--XYZ\r\nContent-Type: text/plain\r\n\r\n\r\n--XYZ--").find("name") !=
        std::string::npos);
  CHECK(problem(kType, head + "1\r\n" + head + "2\r\n--XYZ--", 1).find("more than 1") !=
        std::string::npos);
  CHECK(problem(kType, "--XYZjunk").find("something else") != std::string::npos);
}

TEST_CASE("parameters of a header, quoted or not") {
  CHECK(parameter("form-data; name=plain; filename=\"a\\\"b\"", "name") == "plain");
  CHECK(parameter("form-data; name=plain; filename=\"a\\\"b\"", "FILENAME") == "a\"b");
  CHECK(parameter("form-data; filename=\"x; name=no\"; name=\"yes\"", "name") == "yes");
  CHECK(parameter("form-data", "name").empty());
  CHECK(parameter("form-data; name", "name").empty());
  CHECK(essence("Text/Plain ; charset=utf-8") == "text/plain");
}

TEST_CASE("frames without a mask get one that changes nothing") {
  using std::string_literals::operator""s;
  const std::string zeros(4, '\0');
  const std::string long_text(300, 'x');
  const std::string longest(70'000, 'y');
  const std::string frames = "\x81\x02hi"s + "\x81\x82" + "abcd" + "\x09\x08" +  // masked by "abcd"
                             "\x89\x00"s + "\x82\x7E\x01\x2C"s + long_text +
                             "\x82\x7F\x00\x00\x00\x00\x00\x01\x11\x70"s + longest +
                             "\x88\x80wxyz"s;
  const std::string masked = "\x81\x82"s + zeros + "hi" + "\x81\x82" + "abcd" + "\x09\x08" +
                             "\x89\x80"s + zeros + "\x82\xFE\x01\x2C"s + zeros + long_text +
                             "\x82\xFF\x00\x00\x00\x00\x00\x01\x11\x70"s + zeros + longest +
                             "\x88\x80wxyz"s;
  CHECK(FrameMasker().take(frames) == masked);
  for (const size_t size : {1, 3, 7, 4096}) {
    FrameMasker masker;
    std::string taken;
    for (size_t at = 0; at < frames.size(); at += size)
      taken += masker.take(frames.substr(at, size));
    CHECK(taken == masked);
  }
}

TEST_CASE("URLs' escapes") {
  CHECK(percent_decoded("a%2Fb%20c") == "a/b c");
  CHECK(percent_decoded("a+b", true) == "a b");
  CHECK(percent_decoded("a+b") == "a+b");
  CHECK_FALSE(percent_decoded("%"));
  CHECK_FALSE(percent_decoded("%4"));
  CHECK_FALSE(percent_decoded("%zz"));
  CHECK_FALSE(percent_decoded("%00"));
  CHECK_FALSE(percent_decoded("%ff"));
  const QueryValues query = parse_query("a=1&b=%20&a=2&c&%=3&");
  CHECK(query.count("a") == 2);
  CHECK(query.find("b")->second == " ");
  CHECK(query.find("c")->second.empty());
  CHECK(query.size() == 4);
}

TEST_CASE("a body is the same in memory and on the disk") {
  for (const size_t size : {size_t{0}, size_t{1000}, size_t{3} << 20}) {
    SpooledBody body;
    std::string all;
    while (all.size() < size) {
      const std::string piece(std::min<size_t>(70'001, size - all.size()),
                              static_cast<char>('a' + all.size() % 26));
      body.append(piece);
      all += piece;
    }
    SpooledBody moved = std::move(body);
    CHECK(moved.size() == size);
    CHECK((moved.view() == all));
    SpooledBody again = std::move(moved);
    CHECK((again.view() == all));
  }
}

}  // namespace
}  // namespace cwrangler::edge
