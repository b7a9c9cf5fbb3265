#include "cli/tail/tail_socket.h"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>

#include "base/error.h"
#include "cli/api/curl_library.h"
#include "cli/version.h"

namespace cwrangler::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

constexpr const char* kProtocol = "trace-v1";
constexpr long kConnectSeconds = 30;
/// After this much silence the server is pinged; after as much again the connection is lost.
constexpr std::chrono::milliseconds kPingInterval{10'000};
/// A Worker's logs are cut by the server long before.
constexpr size_t kLongestMessage = size_t{16} << 20;

/// The parts of a WebSocket's URL.
struct Address {
  std::string url;     ///< with http: or https:, for libcurl
  std::string host;    ///< with the port, as the header has it
  std::string target;  ///< path and query
};

Address address_of(const std::string& url) {
  const bool secure = url.starts_with("wss://");
  const size_t scheme = secure ? 6 : 5;
  if (!secure && !url.starts_with("ws://")) {
    throw Error("the API has given the address \"" + url +
                "\" for the tail, which is no WebSocket's");
  }
  const size_t path = url.find_first_of("/?", scheme);
  Address address;
  address.host = url.substr(scheme, path == std::string::npos ? path : path - scheme);
  address.target = path == std::string::npos ? "/" : url.substr(path);
  if (address.target[0] == '?') address.target.insert(0, "/");
  address.url = (secure ? "https://" : "http://") + address.host + address.target;
  return address;
}

/// What Beast reads from and writes to: the connection of a libcurl handle.
class CurlStream {
 public:
  using executor_type = asio::io_context::executor_type;

  CurlStream(asio::io_context& loop, const CurlLibrary& curl, CURL* handle, int stop)
      : loop_(loop), curl_(curl), handle_(handle), stop_(stop) {
    curl_.info(handle_, CURLINFO_ACTIVESOCKET, &socket_);
  }

  executor_type get_executor() { return loop_.get_executor(); }

  /// Called after each kPingInterval without a byte; may write. False: the connection is lost.
  void on_silence(std::function<bool()> callback) { on_silence_ = std::move(callback); }

  template <class Buffers>
  size_t read_some(const Buffers& buffers, error_code& error) {
    error = {};
    const asio::mutable_buffer buffer = first_of<asio::mutable_buffer>(buffers);
    if (buffer.size() == 0) return 0;
    for (;;) {
      size_t count = 0;
      const CURLcode code = curl_.receive(handle_, buffer.data(), buffer.size(), &count);
      if (code == CURLE_OK && count > 0) return count;
      if (code == CURLE_OK) error = asio::error::eof;
      if (code != CURLE_OK && code != CURLE_AGAIN) error = asio::error::connection_reset;
      if (!error) wait(POLLIN, error);
      if (error) return 0;
    }
  }

  template <class Buffers>
  size_t write_some(const Buffers& buffers, error_code& error) {
    error = {};
    const asio::const_buffer buffer = first_of<asio::const_buffer>(buffers);
    if (buffer.size() == 0) return 0;
    for (;;) {
      size_t count = 0;
      const CURLcode code = curl_.send(handle_, buffer.data(), buffer.size(), &count);
      if (code == CURLE_OK && count > 0) return count;
      if (code != CURLE_OK && code != CURLE_AGAIN) error = asio::error::connection_reset;
      if (!error) wait(POLLOUT, error);
      if (error) return 0;
    }
  }

  template <class Buffers>
  size_t read_some(const Buffers& buffers) {
    error_code error;
    const size_t count = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return count;
  }

  template <class Buffers>
  size_t write_some(const Buffers& buffers) {
    error_code error;
    const size_t count = write_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return count;
  }

 private:
  /// The first buffer that is not empty.
  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers);
         ++at) {
      const Buffer buffer(*at);
      if (buffer.size() > 0) return buffer;
    }
    return {};
  }

  void wait(short events, error_code& error) {
    std::array<pollfd, 2> watched{{{static_cast<int>(socket_), events, 0}, {stop_, POLLIN, 0}}};
    const int ready =
        ::poll(watched.data(), watched.size(), static_cast<int>(kPingInterval.count()));
    if (ready < 0 && errno != EINTR) error = error_code(errno, boost::system::system_category());
    if (ready > 0 && watched[1].revents != 0) error = asio::error::operation_aborted;
    if (ready == 0 && (events == POLLOUT || !on_silence_ || !on_silence_())) {
      error = asio::error::timed_out;
    }
  }

  asio::io_context& loop_;
  const CurlLibrary& curl_;
  CURL* const handle_;
  const int stop_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  std::function<bool()> on_silence_;
};

/// libcurl closes the connection with its handle.
void teardown(beast::role_type, CurlStream&, error_code& error) {
  error = {};
}

template <class Handler>
void async_teardown(beast::role_type, CurlStream&, Handler&& handler) {
  std::forward<Handler>(handler)(error_code());
}

[[maybe_unused]] void beast_close_socket(CurlStream&) {}

}  // namespace

struct TailSocket::Connection {
  Connection(const NetworkSettings& settings, const Address& address, int stop)
      : network(settings), curl(CurlLibrary::get()), handle(curl.init(), curl.cleanup) {
    if (!handle) throw Error("no memory").while_doing("connecting to the tail");
    std::array<char, CURL_ERROR_SIZE> detail{};
    curl.set(handle.get(), CURLOPT_URL, address.url.c_str());
    curl.set(handle.get(), CURLOPT_CONNECT_ONLY, 1L);
    curl.set(handle.get(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl.set(handle.get(), CURLOPT_NOSIGNAL, 1L);
    curl.set(handle.get(), CURLOPT_ERRORBUFFER, detail.data());
    curl.set(handle.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    network.apply(curl, handle.get(), address.url);
    const CURLcode code = curl.perform(handle.get());
    if (code != CURLE_OK) {
      throw Error(detail[0] != '\0' ? detail.data() : curl.message(code))
          .while_doing("connecting to the tail at " + address.host);
    }
    socket.emplace(loop, curl, handle.get(), stop);
    curl.set(handle.get(), CURLOPT_ERRORBUFFER, nullptr);
    shake_hands(address);
  }

  void shake_hands(const Address& address) {
    socket->read_message_max(kLongestMessage);
    socket->set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(beast::http::field::sec_websocket_protocol, kProtocol);
      request.set(beast::http::field::user_agent, "cwrangler/" + std::string(kVersion));
    }));
    websocket::response_type response;
    error_code error;
    socket->handshake(response, address.host, address.target, error);
    if (error == asio::error::operation_aborted) {
      throw Error("interrupted").exit_with(ExitCode::interrupted);
    }
    if (error) {
      const std::string answer = error == websocket::error::upgrade_declined
                                     ? "it answers " + std::to_string(response.result_int())
                                     : error.message();
      throw Error(answer).while_doing("connecting to the tail at " + address.host);
    }
    // As wrangler, which sends its flag --debug.
    socket->text(true);
    socket->write(asio::buffer(std::string_view(R"({"debug":false})")), error);
    socket->control_callback(
        [this](websocket::frame_type, beast::string_view) { is_pinged = false; });
    socket->next_layer().on_silence([this] {
      if (std::exchange(is_pinged, true)) return false;
      error_code failed;
      socket->ping({}, failed);
      return !failed;
    });
  }

  NetworkOptions network;
  const CurlLibrary& curl;
  std::unique_ptr<CURL, decltype(CurlLibrary::cleanup)> handle;
  asio::io_context loop;  // never run: the calls wait themselves
  std::optional<websocket::stream<CurlStream>> socket;
  bool is_pinged = false;  // and nothing has come since
};

TailSocket::TailSocket(const NetworkSettings& settings, const std::string& url, int stop)
    : connection_(std::make_unique<Connection>(settings, address_of(url), stop)) {}

TailSocket::~TailSocket() = default;

TailSocket::End TailSocket::read(const std::function<void(const std::string& text)>& message) {
  beast::flat_buffer buffer;
  for (;;) {
    error_code error;
    connection_->socket->read(buffer, error);
    if (error == asio::error::operation_aborted) return End::stopped;
    if (error == websocket::error::closed) {
      const auto code = connection_->socket->reason().code;
      return code == websocket::close_code::normal ? End::closed : End::lost;
    }
    if (error) {
      spdlog::debug("the tail's connection: {}", error.message());
      return End::lost;
    }
    connection_->is_pinged = false;
    message(beast::buffers_to_string(buffer.data()));
    buffer.consume(buffer.size());
  }
}

}  // namespace cwrangler::cli
