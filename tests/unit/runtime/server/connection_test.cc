// What a client sees of a connection, over real sockets.

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <random>

#include "base/error.h"
#include "test_client.h"

using namespace cwrangler::server;
using namespace cwrangler::server::test;
using namespace std::chrono_literals;

namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool starts(std::string_view text, std::string_view part) {
  return text.starts_with(part);
}

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// Answers with the request's method, URL and body length.
void echo(TestServer& server) {
  auto lengths = std::make_shared<std::unordered_map<std::uint64_t, size_t>>();
  server.handler.request = [lengths](Exchange& exchange) {
    (*lengths)[exchange.id()] = 0;
    exchange.read_body();
  };
  server.handler.body = [lengths](Exchange& exchange, std::vector<uint8_t> bytes) {
    size_t& length = (*lengths)[exchange.id()];
    length += bytes.size();
    if (!bytes.empty()) {
      exchange.read_body();
    } else {
      respond_text(exchange, exchange.request().method + " " + exchange.request().url + " " +
                                 std::to_string(length));
    }
  };
  server.start();
}

}  // namespace

TEST_CASE("only what comes by a local socket is believed of its client") {
  TestServer server;
  const std::string path = "/tmp/cwrangler-" + std::to_string(::getpid()) + ".sock";
  server.sockets.push_back(listen_locally(path));
  CHECK(listening_port(server.sockets[0].get()) == 0);
  echo(server);
  constexpr std::string_view kHead = "GET /x HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-Proto: ";
  const std::string secure = std::string(kHead) + "https\r\n\r\n";
  Client proxy(path);
  proxy.send(secure);
  CHECK(proxy.receive_response().ends_with("GET https://a.example/x 0"));
  proxy.send(std::string(kHead) + "http\r\n\r\n");
  CHECK(proxy.receive_response().ends_with("GET http://a.example/x 0"));
  Client other(server.port());
  other.send(secure);
  CHECK(other.receive_response().ends_with("GET http://a.example/x 0"));
  ::unlink(path.c_str());
}

TEST_CASE("requests on one connection are answered in order, also when sent ahead") {
  TestServer server;
  echo(server);
  Client client(server.port());
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.receive_response().ends_with("GET http://a/1 0"));
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  }
  std::thread sender([&] { client.send(many); });
  for (int i = 0; i < 1000; ++i) {
    CHECK(client.receive_response().ends_with("POST http://a/" + std::to_string(i) + " 3"));
  }
  sender.join();
}

TEST_CASE("HEAD, 204 and 304 have no body, and the next response follows") {
  TestServer server;
  server.handler.request = [](Exchange& exchange) {
    const auto& request = exchange.request();
    if (request.target == "/204") {
      respond_text(exchange, "never seen", 204, {{"Content-Length", "7"}});
    } else if (request.target == "/304") {
      respond_text(exchange, "never seen", 304);
    } else if (request.target == "/stream") {
      if (exchange.respond({200, {}, {{"Content-Length", "5"}}}, std::nullopt, nullptr)) {
        exchange.write(bytes_of("hello"));
        exchange.end();
      }
    } else {
      respond_text(exchange, "hello");
    }
  };
  server.start();
  Client client(server.port());
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(contains(client.receive_head(), "Content-Length: 5\r\n"));
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(contains(client.receive_head(), "Content-Length: 5\r\n"));
  client.send("GET /204 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_FALSE(contains(client.receive_head(), "Content-Length"));
  client.send("GET /304 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(starts(client.receive_head(), "HTTP/1.1 304 Not Modified\r\n"));
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.receive_response().ends_with("\r\n\r\nhello"));
}

TEST_CASE("the connection is kept or closed as both sides say") {
  TestServer server;
  server.handler.request = [](Exchange& exchange) {
    respond_text(exchange, "x", 200,
                 exchange.request().target == "/close"
                     ? std::vector<Header>{{"Connection", "close"}}
                     : std::vector<Header>{});
  };
  server.start();
  for (const char* request : {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                              "GET / HTTP/1.0\r\n\r\n", "GET /close HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    Client client(server.port());
    client.send(request);
    const std::string all = client.receive_all();
    INFO(std::string(request));
    CHECK(contains(all, "Connection: close\r\n"));
    CHECK(all.ends_with("\r\n\r\nx"));
  }
  Client client(server.port());
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(contains(client.receive_response(), "Connection: keep-alive\r\n"));
  client.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(client.receive_all().ends_with("\r\n\r\nx"));
}

TEST_CASE("a client that closed only its sending side gets its answer") {
  TestServer server;
  std::promise<Exchange*> arrived;
  server.handler.request = [&](Exchange& exchange) { arrived.set_value(&exchange); };
  server.start();
  Client client(server.port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  client.shut_down_sending();
  Exchange* exchange = arrived.get_future().get();
  server.on_loop([&] { respond_text(*exchange, "late"); });
  CHECK(client.receive_all().ends_with("late"));
}

TEST_CASE("chunked both ways; HTTP/1.0 gets the body until the connection's end") {
  TestServer server;
  server.handler.request = [](Exchange& exchange) {
    exchange.respond({}, std::nullopt, nullptr);
    exchange.read_body();
  };
  server.handler.body = [](Exchange& exchange, std::vector<uint8_t> bytes) {
    if (bytes.empty()) return exchange.end();
    exchange.write(bytes);
    exchange.read_body();
  };
  server.start();
  Client client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  CHECK(contains(client.receive_head(), "Transfer-Encoding: chunked\r\n"));
  client.send("2\r\nde\r\n0\r\n\r\n");
  CHECK(client.receive_chunked() == "abcde");
  client.send("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nxyz");
  const std::string all = client.receive_all();
  CHECK_FALSE(contains(all, "chunked"));
  CHECK(all.ends_with("\r\n\r\nxyz"));
}

TEST_CASE("Expect: 100-continue asks for the body only when it is wanted") {
  TestServer server;
  server.handler.request = [](Exchange& exchange) {
    if (exchange.request().target == "/read") {
      exchange.read_body();
    } else {
      respond_text(exchange, "no thanks", 403);
    }
  };
  server.handler.body = [](Exchange& exchange, std::vector<uint8_t>) {
    respond_text(exchange, "thanks");
  };
  server.start();
  const std::string rest =
      " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  Client reader(server.port());
  reader.send("POST /read" + rest);
  CHECK(reader.receive_head() == "HTTP/1.1 100 Continue\r\n\r\n");
  reader.send("abc");
  CHECK(reader.receive_response().ends_with("thanks"));
  Client refused(server.port());
  refused.send("POST /refuse" + rest);
  const std::string all = refused.receive_all();
  CHECK(starts(all, "HTTP/1.1 403 "));
  CHECK(contains(all, "Connection: close\r\n"));
  Client odd(server.port());
  odd.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: cake\r\n\r\n");
  CHECK(starts(odd.receive_all(), "HTTP/1.1 417 "));
}

TEST_CASE("an upload is not read before it is asked for") {
  TestServer server;
  std::promise<Exchange*> arrived;
  std::atomic<size_t> received = 0;
  server.handler.request = [&](Exchange& exchange) { arrived.set_value(&exchange); };
  server.handler.body = [&](Exchange& exchange, std::vector<uint8_t> bytes) {
    received += bytes.size();
    if (bytes.empty()) return respond_text(exchange, std::to_string(received));
    exchange.read_body();
  };
  server.start();
  Client client(server.port());
  constexpr size_t kSize = 64 << 20;
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kSize) +
              "\r\n\r\n");
  Exchange* exchange = arrived.get_future().get();
  const std::string piece(1 << 20, 'x');
  size_t sent = 0;
  while (const size_t count = client.send_some(piece)) sent += count;
  CHECK(sent < kSize / 2);  // the kernel's buffers are full, nobody reads
  CHECK(received == 0);
  std::thread sender([&] {
    while (sent < kSize && client.send(piece.substr(0, std::min(piece.size(), kSize - sent)))) {
      sent += std::min(piece.size(), kSize - sent);
    }
  });
  server.on_loop([&] { exchange->read_body(); });
  CHECK(client.receive_response().ends_with("\r\n\r\n" + std::to_string(kSize)));
  sender.join();
}

TEST_CASE("a streamed response stops when the client does not read, and goes on when it does") {
  TestServer server;
  constexpr size_t kSize = 64 << 20;
  const std::string piece(64 << 10, 'y');
  std::atomic<size_t> written = 0;
  std::promise<void> blocked;
  bool told = false;
  auto pump = [&](Exchange& exchange) {
    while (written < kSize) {
      written += piece.size();
      if (!exchange.write(bytes_of(piece))) {
        if (!std::exchange(told, true)) blocked.set_value();
        return;
      }
    }
    exchange.end();
  };
  server.handler.request = [&](Exchange& exchange) {
    exchange.respond({200, {}, {{"Content-Length", std::to_string(kSize)}}}, std::nullopt, nullptr);
    pump(exchange);
  };
  server.handler.drained = pump;
  server.start();
  Client client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  blocked.get_future().wait();
  CHECK(written < kSize / 2);
  client.receive_head();
  size_t received = 0;
  while (received < kSize) {
    const std::string part = client.receive();
    REQUIRE_FALSE(part.empty());
    received += part.size();
  }
  CHECK(received == kSize);
}

TEST_CASE("a whole body larger than the socket takes arrives, with or without an owner") {
  TestServer server;
  auto owner = std::make_shared<std::string>(20 << 20, 'z');
  std::weak_ptr<std::string> watch = owner;
  std::promise<void> done;
  server.handler.request = [&](Exchange& exchange) {
    const bool owned = exchange.request().target == "/owned";
    exchange.respond({}, bytes_of(*owner), owned ? owner : nullptr);
    owner = std::make_shared<std::string>(20 << 20, 'z');
  };
  server.start();
  Client client(server.port());
  for (const char* target : {"/owned", "/copied"}) {
    client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string response = client.receive_response();
    CHECK(response.ends_with(std::string(20 << 20, 'z')));
  }
  CHECK(watch.expired());
}

TEST_CASE("a body that is not as long as it said breaks the connection off") {
  TestServer server;
  std::atomic<int> broken = 0;
  server.handler.request = [](Exchange& exchange) {
    exchange.respond({200, {}, {{"Content-Length", "10"}}}, std::nullopt, nullptr);
    exchange.write(bytes_of("abc"));
    if (exchange.request().target == "/long") {
      CHECK_THROWS_AS(exchange.write(bytes_of("defghijklmn")), cwrangler::Error);
    } else {
      exchange.end();
    }
  };
  server.handler.finished = [&](Exchange&, bool completed, const RequestRecord&) {
    if (!completed) ++broken;
  };
  server.start();
  for (const char* target : {"/short", "/long"}) {
    Client client(server.port());
    client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_FALSE(contains(client.receive_all(), "defghij"));
  }
  CHECK(broken == 2);
}

TEST_CASE("the handler learns that the client has gone") {
  TestServer server;
  std::promise<Exchange*> arrived;
  std::promise<RequestRecord> finished;
  server.handler.request = [&](Exchange& exchange) { arrived.set_value(&exchange); };
  server.handler.finished = [&](Exchange&, bool completed, const RequestRecord& record) {
    CHECK_FALSE(completed);
    finished.set_value(record);
  };
  server.start();
  {
    Client client(server.port());
    client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    arrived.get_future().wait();
  }
  const RequestRecord record = finished.get_future().get();
  CHECK(record.path == "/slow");
  CHECK(record.status == 0);
}

TEST_CASE("a body the Worker did not read is dropped, or the connection is") {
  TestServer server;
  server.handler.request = [](Exchange& exchange) { respond_text(exchange, "done"); };
  server.start();
  Client small(server.port());
  for (int i = 0; i < 3; ++i) {
    small.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
               std::string(100'000, 'x'));
    CHECK(small.receive_response().ends_with("done"));
  }
  Client large(server.port());
  large.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
  CHECK(large.receive_response().ends_with("done"));
  const std::string piece(1 << 20, 'x');
  size_t sent = 0;
  while (sent < 100'000'000 && large.send(piece)) sent += piece.size();
  CHECK(sent < 100'000'000);
}

TEST_CASE("malformed requests are answered and end the connection") {
  TestServer server;
  echo(server);
  const std::pair<const char*, const char*> table[] = {
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "HTTP/1.1 400 "},
      {"garbage\r\n\r\n", "HTTP/1.1 400 "},
      {"\x16\x03\x01", "HTTP/1.1 400 "},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 "},
      {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 "},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400 "},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n",
       "HTTP/1.1 400 "},
  };
  for (const auto& [request, answer] : table) {
    INFO(std::string(request));
    Client client(server.port());
    client.send(request);
    CHECK(starts(client.receive_all(), answer));
  }
  Client client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(starts(client.receive_response(), "HTTP/1.1 200 "));
}

TEST_CASE("slow clients time out") {
  HttpLimits limits;
  limits.head_timeout = 50ms;
  limits.idle_timeout = 50ms;
  limits.body_timeout = 50ms;
  limits.write_timeout = 50ms;
  limits.check_interval = 10ms;
  TestServer server(limits);
  std::promise<void> slow_sender_cut;
  std::promise<void> slow_reader_cut;
  const std::string large(32 << 20, 'x');
  server.handler.request = [&](Exchange& exchange) {
    if (exchange.request().method == "POST") return exchange.read_body();
    exchange.respond({}, bytes_of(large), std::make_shared<int>());
  };
  server.handler.finished = [&](Exchange& exchange, bool completed, const RequestRecord&) {
    if (completed) return;
    (exchange.request().method == "POST" ? slow_sender_cut : slow_reader_cut).set_value();
  };
  server.start();
  Client head(server.port());
  head.send("GET / HT");
  CHECK(starts(head.receive_all(), "HTTP/1.1 408 "));
  Client idle(server.port());
  CHECK(idle.receive_all().empty());
  Client body(server.port());
  body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  CHECK(body.receive_all().empty());
  slow_sender_cut.get_future().wait();
  Client reader(server.port(), 4096);
  reader.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  slow_reader_cut.get_future().wait();
  CHECK(reader.receive_all().size() < large.size());
}

TEST_CASE("connections pass to another loop between requests, with what was read ahead") {
  TestServer first;
  TestServer second;
  std::promise<Exchange*> arrived;
  first.handler.request = [&](Exchange& exchange) {
    if (exchange.request().target == "/held") return arrived.set_value(&exchange);
    respond_text(exchange, "first");
  };
  second.handler.request = [](Exchange& exchange) { respond_text(exchange, "second"); };
  first.start();
  second.start();
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  Client idle(first.port());
  idle.send(request);
  CHECK(idle.receive_response().ends_with("first"));
  Client fresh(first.port());
  Client busy(first.port());
  busy.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n" + request + request);
  Exchange* held = arrived.get_future().get();
  Client partial(first.port());
  partial.send(request + "GET / HT");
  CHECK(partial.receive_response().ends_with("first"));

  first.on_loop([&] {
    first.connections->stop_listening();
    first.connections->hand_over([&](Handover connection) {
      auto shared = std::make_shared<Handover>(std::move(connection));
      boost::asio::post(second.loop,
                        [&, shared] { second.connections->adopt(std::move(*shared)); });
    });
  });
  idle.send(request);
  CHECK(idle.receive_response().ends_with("second"));
  fresh.send(request);
  CHECK(fresh.receive_response().ends_with("second"));
  partial.send("TP/1.1\r\nHost: a\r\n\r\n");
  CHECK(partial.receive_response().ends_with("second"));
  CHECK(first.on_loop([&] { return first.connections->active(); }) == 1);

  std::promise<void> all_done;
  first.on_loop([&] { first.connections->on_idle([&] { all_done.set_value(); }); });
  first.on_loop([&] { respond_text(*held, "held"); });
  CHECK(busy.receive_response().ends_with("held"));
  CHECK(busy.receive_response().ends_with("second"));
  CHECK(busy.receive_response().ends_with("second"));
  all_done.get_future().wait();
  CHECK(first.on_loop([&] { return first.connections->size(); }) == 0);
}

TEST_CASE("a connection accepted just before the listener was closed passes to the next loop") {
  TestServer first;
  TestServer second;
  second.handler.request = [](Exchange& exchange) { respond_text(exchange, "second"); };
  first.start();
  second.start();
  std::vector<std::unique_ptr<Client>> clients;
  const auto stop = [&] {
    first.connections->stop_listening();
    first.connections->hand_over([&](Handover connection) {
      auto shared = std::make_shared<Handover>(std::move(connection));
      boost::asio::post(second.loop,
                        [&, shared] { second.connections->adopt(std::move(*shared)); });
    });
  };
  first.on_loop([&] {
    for (int i = 0; i < 2; ++i) clients.push_back(std::make_unique<Client>(first.port()));
    // The loop sees the sockets before the outer function, and accepts the first client after it.
    // That accepts the second at once, too, which is told after the inner function.
    boost::asio::post(first.loop, [&] { boost::asio::post(first.loop, stop); });
  });
  for (const auto& client : clients) {
    client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client->receive_response().ends_with("second"));
  }
}

TEST_CASE("finishing closes idle connections at once and others after their response") {
  TestServer server;
  std::promise<Exchange*> arrived;
  server.handler.request = [&](Exchange& exchange) {
    if (exchange.request().target == "/held") return arrived.set_value(&exchange);
    respond_text(exchange, "x");
  };
  server.start();
  Client idle(server.port());
  idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  idle.receive_response();
  Client busy(server.port());
  busy.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  Exchange* held = arrived.get_future().get();
  server.on_loop([&] {
    server.connections->stop_listening();
    server.connections->finish();
  });
  CHECK(idle.receive_all().empty());
  server.on_loop([&] { respond_text(*held, "held"); });
  const std::string all = busy.receive_all();
  CHECK(contains(all, "Connection: close\r\n"));
  CHECK(all.ends_with("held"));
}

TEST_CASE("random bytes on real connections never take the server down") {
  HttpLimits limits;
  TestServer server(limits);
  echo(server);
  std::mt19937 random(7);
  const std::string seed =
      "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (int round = 0; round < 500; ++round) {
    std::string input = seed + seed;
    for (int change = 0; change < 3; ++change) {
      input[random() % input.size()] = static_cast<char>(random());
    }
    Client client(server.port());
    client.send(input);
    client.shut_down_sending();
    client.receive_all();
  }
  Client client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(starts(client.receive_response(), "HTTP/1.1 200 "));
}

TEST_CASE("a port in use and a descriptor that is no socket are told") {
  const cwrangler::Descriptor first = open_listening_socket("127.0.0.1", 0);
  try {
    open_listening_socket("127.0.0.1", listening_port(first.get()));
    FAIL("the port was free");
  } catch (const cwrangler::Error& error) {
    CHECK(contains(error.advice(), "--port"));
  }
  CHECK_THROWS_AS(listening_port(0), cwrangler::Error);
  CHECK_THROWS_AS(open_listening_socket("nowhere", 0), cwrangler::Error);
}
