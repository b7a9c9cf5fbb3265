#include "edge/serving/gateway.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/uuid.h"
#include "edge/log/event_log.h"
#include "edge/serving/forwarded_head.h"

namespace cwrangler::edge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using RequestParser = http::request_parser<http::buffer_body>;
using ResponseParser = http::response_parser<http::buffer_body>;

constexpr std::uint32_t kMostHeaderBytes = 64 * 1024;
constexpr size_t kPiece = 64 * 1024;
/// How long a Worker may be silent before and within its answer.
constexpr std::chrono::seconds kWorkerSilence{100};
/// How often a request is given to another process when the one it went to has ended.
constexpr int kAttempts = 3;
/// How long, and for how many bytes, a client that was refused is listened to.
constexpr std::chrono::seconds kLingering{2};
constexpr size_t kMostLingering = size_t{64} << 20;
constexpr const char* kBodyTooLarge = "The request's body is too large.\n";

std::string_view text(boost::beast::string_view view) {
  return {view.data(), view.size()};
}

/// What one request needs until its answer has been sent.
template <class Stream>
struct Conversation {
  Stream& client;
  beast::flat_buffer& buffer;
  RequestParser& request;
  std::unique_ptr<Upstream> upstream;
  bool has_body = false;
  bool body_done = false;    // all of it has been passed on
  bool body_broken = false;  // the client's side of it
  bool body_begun = false;
  bool body_too_large = false;
};

template <class Stream>
asio::awaitable<bool> answer_text(Stream& stream, int status, const std::string& body,
                                  bool keep_alive, bool with_body) {
  http::response<http::string_body> response;
  response.version(11);
  response.result(static_cast<unsigned>(status));
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  if (status == 503) response.set(http::field::retry_after, "1");
  response.keep_alive(keep_alive);
  response.content_length(body.size());
  if (with_body) response.body() = body;
  http::response_serializer<http::string_body> serializer(response);
  beast::get_lowest_layer(stream).expires_after(kClientSilence);
  if (with_body) {
    auto [error, bytes] = co_await http::async_write(stream, serializer, kQuiet);
    co_return !error && keep_alive;
  }
  auto [error, bytes] = co_await http::async_write_header(stream, serializer, kQuiet);
  co_return !error && keep_alive;
}

/// Sends the head, and the body as it comes from the client.
template <class Stream>
asio::awaitable<void> pass_request(Conversation<Stream>& talk,
                                   http::request<http::buffer_body> head) {
  head.body().data = nullptr;
  head.body().more = talk.has_body;
  http::request_serializer<http::buffer_body> serializer(head);
  auto& upstream = talk.upstream->stream;
  upstream.expires_after(kWorkerSilence);
  auto [error, bytes] = co_await http::async_write_header(upstream, serializer, kQuiet);
  if (error || !talk.has_body) {
    talk.body_done = !error;
    co_return;
  }
  std::string piece(kPiece, '\0');
  while (!talk.request.is_done()) {
    talk.body_begun = true;
    auto& body = talk.request.get().body();
    body.data = piece.data();
    body.size = piece.size();
    beast::get_lowest_layer(talk.client).expires_after(kClientSilence);
    auto [read_error, read_bytes] =
        co_await http::async_read_some(talk.client, talk.buffer, talk.request, kQuiet);
    if (read_error && read_error != http::error::need_buffer) {
      talk.body_broken = true;
      talk.body_too_large = read_error == http::error::body_limit;
      // The Worker must not take a body that was cut for a whole one.
      error_code ignored;
      upstream.socket().shutdown(asio::socket_base::shutdown_both, ignored);
      co_return;
    }
    const size_t count = piece.size() - talk.request.get().body().size;
    if (count == 0) continue;
    head.body().data = piece.data();
    head.body().size = count;
    head.body().more = true;
    auto [write_error, written] = co_await http::async_write(upstream, serializer, kQuiet);
    if (write_error && write_error != http::error::need_buffer) co_return;
  }
  head.body().data = nullptr;
  head.body().size = 0;
  head.body().more = false;
  auto [end_error, end_bytes] = co_await http::async_write(upstream, serializer, kQuiet);
  talk.body_done = !end_error;
}

template <class Stream>
asio::awaitable<bool> pass_response(Conversation<Stream>& talk, ResponseParser& response,
                                    bool keep_alive, bool with_body) {
  auto& upstream = talk.upstream->stream;
  http::response<http::buffer_body> head;
  head.base() = response.get().base();
  prepare_response(head, response.need_eof(), keep_alive);
  http::response_serializer<http::buffer_body> serializer(head);
  std::string piece(kPiece, '\0');
  head.body().data = nullptr;
  head.body().more = with_body && !response.is_done();
  bool has_sent_head = false;
  for (;;) {
    size_t count = 0;
    if (head.body().more) {
      response.get().body().data = piece.data();
      response.get().body().size = piece.size();
      upstream.expires_after(kWorkerSilence);
      auto [error, bytes] =
          co_await http::async_read_some(upstream, talk.upstream->buffer, response, kQuiet);
      if (error && error != http::error::need_buffer) co_return false;
      count = piece.size() - response.get().body().size;
      head.body().data = piece.data();
      head.body().size = count;
      head.body().more = !response.is_done();
      if (count == 0 && head.body().more) continue;
    }
    beast::get_lowest_layer(talk.client).expires_after(kClientSilence);
    if (!with_body) {
      auto [error, bytes] = co_await http::async_write_header(talk.client, serializer, kQuiet);
      co_return !error;
    }
    if (count == 0) head.body().data = nullptr;
    auto [error, bytes] = co_await http::async_write(talk.client, serializer, kQuiet);
    if (error && error != http::error::need_buffer) co_return false;
    has_sent_head = true;
    if (!head.body().more) break;
  }
  co_return has_sent_head;
}

template <class From, class To>
asio::awaitable<void> pump(From& from, To& to, beast::flat_buffer& first, bool& ended) {
  if (first.size() > 0) {
    auto [error, bytes] = co_await asio::async_write(to, first.data(), kQuiet);
    first.consume(first.size());
    if (error) ended = true;
  }
  std::string piece(kPiece, '\0');
  while (!ended) {
    auto [error, bytes] = co_await from.async_read_some(asio::buffer(piece), kQuiet);
    if (error) break;
    auto [write_error, written] =
        co_await asio::async_write(to, asio::buffer(piece.data(), bytes), kQuiet);
    if (write_error) break;
  }
  ended = true;
  // The other direction waits for a byte that nobody will miss.
  beast::get_lowest_layer(from).cancel();
  beast::get_lowest_layer(to).cancel();
}

/// Lets a client that is still sending read its answer: when a socket is closed before all that
/// came was read, the answer is lost with it (RFC 9112, section 9.6).
template <class Stream>
asio::awaitable<void> linger(Stream& stream) {
  auto& lowest = beast::get_lowest_layer(stream);
  error_code ignored;
  lowest.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  lowest.expires_after(kLingering);
  std::string piece(kPiece, '\0');
  for (size_t read = 0; read < kMostLingering;) {
    auto [error, bytes] = co_await stream.async_read_some(asio::buffer(piece), kQuiet);
    if (error) break;
    read += bytes;
  }
}

/// Two directions of bytes until one of them ends.
template <class Stream>
asio::awaitable<void> tunnel(Conversation<Stream>& talk) {
  beast::get_lowest_layer(talk.client).expires_never();
  talk.upstream->stream.expires_never();
  bool ended = false;
  bool inward_done = false;
  asio::steady_timer done(talk.client.get_executor(), Clock::time_point::max());
  asio::co_spawn(
      talk.client.get_executor(),
      [&]() -> asio::awaitable<void> {
        co_await pump(talk.client, talk.upstream->stream, talk.buffer, ended);
        inward_done = true;
        done.cancel();
      },
      asio::detached);
  co_await pump(talk.upstream->stream, talk.client, talk.upstream->buffer, ended);
  while (!inward_done) co_await done.async_wait(kQuiet);
}

}  // namespace

Gateway::Gateway(asio::io_context& loop, const ServingOptions& options, Routing& routing,
                 Fleet& fleet)
    : loop_(loop), options_(options), routing_(routing), fleet_(fleet) {
  ListenerOptions listener{options.ip, options.port, std::nullopt, 10'000};
  if (!options.certificate.empty()) {
    listener.tls = TlsFiles{options.certificate, options.key};
  }
  const auto serve = [this](auto& stream, const std::string& client) {
    return converse(stream, client);
  };
  listener_ = std::make_shared<Listener>(loop, listener, Listener::Serve{serve, serve});
}

template <class Stream>
asio::awaitable<void> Gateway::converse(Stream& stream, std::string client) {
  beast::flat_buffer buffer;
  while (co_await exchange(stream, buffer, client)) {
  }
  co_await linger(stream);
}

template <class Stream>
asio::awaitable<bool> Gateway::exchange(Stream& stream, beast::flat_buffer& buffer,
                                        const std::string& client) {
  RequestParser parser;
  parser.header_limit(kMostHeaderBytes);
  parser.body_limit(options_.most_body);
  beast::get_lowest_layer(stream).expires_after(kClientSilence);
  auto [error, bytes] = co_await http::async_read_header(stream, buffer, parser, kQuiet);
  if (error == http::error::header_limit) {
    co_return co_await answer_text(stream, 431, "The request's headers are too large.\n", false,
                                   true);
  }
  if (error == http::error::body_limit) {
    co_return co_await answer_text(stream, 413, kBodyTooLarge, false, true);
  }
  if (error) {
    const bool is_http = error.category() == error_code(http::error::bad_method).category() &&
                         error != http::error::end_of_stream &&
                         error != http::error::partial_message;
    if (!is_http) co_return false;
    co_return co_await answer_text(stream, 400, "This is no HTTP request.\n", false, true);
  }
  const Clock::time_point begun = Clock::now();
  const auto& request = parser.get();
  const bool with_body = request.method() != http::verb::head;
  const bool keep_alive = parser.keep_alive();
  const bool has_request_body = !parser.is_done();
  const Target target = routing_.route(text(request[http::field::host]), text(request.target()));
  if (!target.worker || target.worker->versions.empty()) {
    const std::string host(request[http::field::host]);
    co_return co_await answer_text(stream, 404, "There is no Worker at " + host + ".\n",
                                   keep_alive && !has_request_body, with_body);
  }
  const std::pair key(target.worker->account, target.worker->worker);
  WorkerCounts& counts = counts_[key];
  size_t& under_way = under_way_[key];
  if (under_way >= options_.most_concurrent) {
    count_request(counts, 503, Clock::now() - begun);
    co_return co_await answer_text(stream, 503, "The Worker has too many requests at once.\n",
                                   keep_alive && !has_request_body, with_body);
  }
  struct UnderWay {
    size_t& count;
    explicit UnderWay(size_t& counted) : count(counted) { ++count; }
    ~UnderWay() { --count; }
  } const counted(under_way);

  const auto version =
      choose_version(*target.worker, text(request["Cloudflare-Workers-Version-Key"]),
                     text(request["Cloudflare-Workers-Version-Overrides"]));
  const auto finished = [&](int status) {
    const auto duration = Clock::now() - begun;
    count_request(counts, status, duration);
    const std::string_view path = target.path;
    log_event("request",
              {{"account", key.first},
               {"worker", key.second},
               {"version", version->id},
               {"client", client},
               {"method", text(request.method_string())},
               {"path", path.substr(0, path.find('?'))},
               {"status", status},
               {"duration_ms", std::chrono::duration<double, std::milli>(duration).count()}});
  };
  const ForwardedFrom from{client, std::is_same_v<Stream, TlsStream>, target.path};
  Conversation<Stream> talk{stream, buffer, parser, nullptr, has_request_body};
  if (has_request_body && beast::iequals(request[http::field::expect], "100-continue")) {
    http::response<http::empty_body> go_on(http::status::continue_, 11);
    auto [failed, sent] = co_await http::async_write(stream, go_on, kQuiet);
    if (failed) co_return false;
  }

  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string failure;
    const auto process = co_await fleet_.acquire(version, &failure);
    if (process == nullptr) {
      spdlog::error("the Worker {} does not start: {}", target.worker->worker, failure);
      finished(503);
      co_return co_await answer_text(stream, 503, "The Worker does not start.\n",
                                     keep_alive && !has_request_body, with_body);
    }
    struct InProcess {
      std::shared_ptr<WorkerProcess> process;
      explicit InProcess(std::shared_ptr<WorkerProcess> one) : process(std::move(one)) {
        ++process->requests;
      }
      ~InProcess() {
        process->last_used = Clock::now();
        if (--process->requests == 0 && process->is_retiring) process->stop();
      }
    } const in_process(process);

    bool is_fresh = true;
    talk.upstream = co_await process->connect(is_fresh);
    if (talk.upstream == nullptr) {  // it has just ended: nothing was sent
      fleet_.abandon(*process);
      continue;
    }
    http::request<http::buffer_body> head;
    head.base() = request.base();
    prepare_request(head, from);
    const bool wants_upgrade = is_upgrade(request.base());

    // The answer may begin before the body's end.
    bool passed = false;
    asio::steady_timer body_passed(loop_, Clock::time_point::max());
    asio::co_spawn(
        loop_,
        [&talk, &passed, &body_passed, head]() -> asio::awaitable<void> {
          co_await pass_request(talk, head);
          passed = true;
          body_passed.cancel();
        },
        asio::detached);
    const auto end_of_body = [&]() -> asio::awaitable<void> {
      while (!passed) {
        talk.upstream->stream.cancel();
        if (talk.has_body) beast::get_lowest_layer(stream).cancel();
        co_await body_passed.async_wait(kQuiet);
      }
    };

    // Informational answers (103 Early Hints) are not passed on.
    std::optional<ResponseParser> response;
    error_code failed;
    do {
      response.emplace();
      response->header_limit(4 * kMostHeaderBytes);
      response->body_limit(boost::none);
      if (!with_body) response->skip(true);
      auto [read_error, read_bytes] = co_await http::async_read_header(
          talk.upstream->stream, talk.upstream->buffer, *response, kQuiet);
      failed = read_error;
    } while (!failed && response->get().result_int() < 200 && response->get().result_int() != 101);
    if (failed) {
      co_await end_of_body();
      if (talk.body_too_large) {
        finished(413);
        co_return co_await answer_text(stream, 413, kBodyTooLarge, false, true);
      }
      if (talk.body_broken) {
        finished(400);
        co_return false;
      }
      const bool is_safe = request.method() == http::verb::get ||
                           request.method() == http::verb::head ||
                           request.method() == http::verb::options || !is_fresh;
      if (!talk.body_begun && is_safe && failed != beast::error::timeout) {
        if (is_fresh) fleet_.abandon(*process);
        continue;
      }
      finished(502);
      const bool is_late = failed == beast::error::timeout;
      co_return co_await answer_text(stream, is_late ? 504 : 502,
                                     is_late
                                         ? "The Worker has not answered in time.\n"
                                         : "The Worker's process has ended while it answered.\n",
                                     false, with_body);
    }
    const int status = static_cast<int>(response->get().result_int());
    if (status == 101 && wants_upgrade) {
      finished(status);
      http::response<http::empty_body> switching;
      switching.base() = response->get().base();
      auto [write_error, written] = co_await http::async_write(stream, switching, kQuiet);
      if (!write_error) co_await tunnel(talk);
      co_await end_of_body();
      co_return false;
    }
    const bool goes_on = keep_alive && (!has_request_body || talk.body_done);
    const bool sent = co_await pass_response(talk, *response, goes_on, with_body);
    finished(sent ? status : 0);
    const bool is_whole = passed && talk.body_done && sent && response->is_done();
    if (!passed) co_await end_of_body();
    if (is_whole && response->keep_alive()) process->give_back(std::move(talk.upstream));
    co_return sent&& goes_on;
  }
  finished(503);
  co_return co_await answer_text(stream, 503, "The Worker's process ends again and again.\n", false,
                                 with_body);
}

}  // namespace cwrangler::edge
