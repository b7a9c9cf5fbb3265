#include "runtime/web/socket_ops.h"

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/engine/isolate.h"
#include "runtime/engine/pending_promise.h"
#include "runtime/engine/script_scope.h"
#include "runtime/web/promise_table.h"
#include "runtime/web/reachable.h"
#include "runtime/web/tls_client.h"

namespace cwrangler::web {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using engine::Call;
using engine::Isolate;
using engine::PendingPromise;
using engine::ScriptScope;

// As much as one read gives JavaScript at a time: a few TLS records, or what a socket buffer holds.
constexpr size_t kReadSize = 64 << 10;

/// The name that people and libraries know an error by; empty for others.
std::string_view code_of(const error_code& error) {
  if (error == asio::error::connection_refused) return "ECONNREFUSED";
  if (error == asio::error::connection_reset) return "ECONNRESET";
  if (error == asio::error::timed_out) return "ETIMEDOUT";
  if (error == asio::error::broken_pipe) return "EPIPE";
  if (error == asio::error::host_unreachable) return "EHOSTUNREACH";
  if (error == asio::error::network_unreachable) return "ENETUNREACH";
  if (error == asio::error::host_not_found || error == asio::error::host_not_found_try_again) {
    return "ENOTFOUND";
  }
  if (error == asio::error::operation_aborted) return "ECANCELED";
  return "";
}

/// "what was being done: what went wrong (ECODE)": libraries look for the code in the text.
void reject(PendingPromise& promise, const std::string& activity, const error_code& error) {
  const std::string_view code = code_of(error);
  std::string text = activity + ": " + connect_problem(error);
  if (!code.empty()) text.append(" (").append(code).append(")");
  promise.reject(text, code);
}

std::string address_of(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

class Socket : public std::enable_shared_from_this<Socket> {
 public:
  using Done = std::function<void(const error_code&)>;

  explicit Socket(Isolate& isolate) : resolver_(isolate.loop()), tcp_(isolate.loop()) {}

  void connect(const std::string& host, const std::string& port, Done done) {
    resolver_.async_resolve(
        host, port,
        [self = shared_from_this(), done = std::move(done)](
            const error_code& failed, const tcp::resolver::results_type& found) mutable {
          if (failed) return done(failed);
          asio::async_connect(
              self->tcp_, found, may_reach_next,
              [self, done = std::move(done)](const error_code& refused, const tcp::endpoint&) {
                if (!refused) self->tcp_.set_option(tcp::no_delay(true));
                done(refused);
              });
        });
  }

  void start_tls(ssl::context& context, const std::string& host, Done done) {
    // A read in the clear that still waits would take the server's first TLS record.
    error_code ignored;
    tcp_.cancel(ignored);
    tls_.emplace(tcp_, context);
    TlsClient::expect(*tls_, host);
    tls_->async_handshake(ssl::stream_base::client,
                          [self = shared_from_this(),
                           done = std::move(done)](const error_code& failed) { done(failed); });
  }

  void read(std::function<void(const error_code&, std::vector<uint8_t>)> done) {
    auto buffer = std::make_shared<std::vector<uint8_t>>(kReadSize);
    auto finish = [self = shared_from_this(), buffer, done = std::move(done)](
                      const error_code& failed, size_t size) {
      buffer->resize(size);
      done(failed, std::move(*buffer));
    };
    if (tls_) {
      tls_->async_read_some(asio::buffer(*buffer), std::move(finish));
    } else {
      tcp_.async_read_some(asio::buffer(*buffer), std::move(finish));
    }
  }

  void write(std::vector<uint8_t> bytes, Done done) {
    auto buffer = std::make_shared<std::vector<uint8_t>>(std::move(bytes));
    auto finish = [self = shared_from_this(), buffer, done = std::move(done)](
                      const error_code& failed, size_t) { done(failed); };
    if (tls_) {
      asio::async_write(*tls_, asio::buffer(*buffer), std::move(finish));
    } else {
      asio::async_write(tcp_, asio::buffer(*buffer), std::move(finish));
    }
  }

  void end(Done done) {
    auto farewell = std::make_shared<std::vector<uint8_t>>(close_notify());
    asio::async_write(tcp_, asio::buffer(*farewell),
                      [self = shared_from_this(), farewell, done = std::move(done)](
                          const error_code& failed, size_t) {
                        error_code ignored;
                        self->tcp_.shutdown(tcp::socket::shutdown_send, ignored);
                        done(failed);
                      });
  }

  void close() {
    resolver_.cancel();
    error_code ignored;
    if (tls_) {
      // As far as the system takes it at once: who closes does not wait.
      tcp_.non_blocking(true, ignored);
      tcp_.write_some(asio::buffer(close_notify()), ignored);
    }
    tcp_.close(ignored);
  }

  bool is_tls() const { return tls_.has_value(); }
  std::string remote_address() const {
    error_code failed;
    const tcp::endpoint endpoint = tcp_.remote_endpoint(failed);
    return failed ? "" : address_of(endpoint);
  }
  std::string local_address() const {
    error_code failed;
    const tcp::endpoint endpoint = tcp_.local_endpoint(failed);
    return failed ? "" : address_of(endpoint);
  }

 private:
  /// TLS's "we send no more" (RFC 8446, section 6.1) as bytes for the connection; empty in the
  /// clear or when it was made before. Asio's own shutdown waits for the peer's, and while it waits
  /// drops what the peer still sends.
  std::vector<uint8_t> close_notify() {
    if (!tls_ || SSL_is_init_finished(tls_->native_handle()) == 0) return {};
    SSL* const tls = tls_->native_handle();
    BIO* const usual = SSL_get_wbio(tls);
    BIO* const memory = BIO_new(BIO_s_mem());
    if (memory == nullptr) return {};
    BIO_up_ref(usual);
    SSL_set0_wbio(tls, memory);
    SSL_shutdown(tls);
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    std::vector<uint8_t> bytes(data, data + std::max(size, 0L));
    SSL_set0_wbio(tls, usual);  // frees `memory`
    return bytes;
  }

  tcp::resolver resolver_;
  tcp::socket tcp_;
  std::optional<ssl::stream<tcp::socket&>> tls_;
};

/// The sockets of one isolate, by the number that JavaScript knows them by.
class Sockets {
 public:
  explicit Sockets(Isolate& isolate) : isolate_(isolate) {}
  ~Sockets() {
    for (auto& [id, socket] : open_) socket->close();
  }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  Isolate& isolate() { return isolate_; }

  ssl::context& tls_context() { return isolate_.state<TlsClient>().context(); }
  PromiseTable& promises() { return promises_; }

  std::pair<int32_t, std::shared_ptr<Socket>> add() {
    const int32_t id = ++last_id_;
    return {id, open_[id] = std::make_shared<Socket>(isolate_)};
  }

  std::shared_ptr<Socket> find(v8::Local<v8::Value> id) {
    const auto found = open_.find(id->Int32Value(isolate_.context()).FromMaybe(0));
    if (found == open_.end()) throw engine::TypeErrorException("the socket is closed");
    return found->second;
  }

  void remove(int32_t id) {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    found->second->close();
    open_.erase(found);
  }

 private:
  Isolate& isolate_;
  std::unordered_map<int32_t, std::shared_ptr<Socket>> open_;
  int32_t last_id_ = 0;
  PromiseTable promises_;
};

Sockets& sockets_of(Call call) {
  return Isolate::from(call).state<Sockets>();
}

/// What settles the op's promise when its operation has ended.
Socket::Done settle(Call call, std::string activity) {
  Sockets& sockets = sockets_of(call);
  return [&sockets, token = sockets.promises().add(call),
          activity = std::move(activity)](const error_code& failed) {
    const ScriptScope scope(sockets.isolate());
    PendingPromise promise = sockets.promises().take(token);
    if (failed) {
      reject(promise, activity, failed);
    } else {
      promise.resolve();
    }
  };
}

void socket_connect(Call call) {
  Sockets& sockets = sockets_of(call);
  const std::string host = engine::to_utf8(call.GetIsolate(), call[0]);
  const std::string port = engine::to_utf8(call.GetIsolate(), call[1]);
  const bool tls = call[2]->IsTrue();
  const std::string name = engine::to_utf8(call.GetIsolate(), call[3]);
  const auto [id, socket] = sockets.add();

  Socket::Done done = [&sockets, token = sockets.promises().add(call), id = id, socket = socket,
                       activity = "connecting to " + host + ":" + port](const error_code& failed) {
    ScriptScope scope(sockets.isolate());
    PendingPromise promise = sockets.promises().take(token);
    if (failed) {
      sockets.remove(id);
      reject(promise, activity, failed);
      return;
    }
    const auto result = v8::Object::New(scope.v8());
    engine::set(scope.context(), result, "id", v8::Integer::New(scope.v8(), id));
    engine::set(scope.context(), result, "remoteAddress",
                engine::to_string(scope.v8(), socket->remote_address()));
    engine::set(scope.context(), result, "localAddress",
                engine::to_string(scope.v8(), socket->local_address()));
    promise.resolve(result);
  };
  socket->connect(host, port,
                  [&sockets, socket = socket, name, tls, done](const error_code& failed) {
                    if (failed || !tls) return done(failed);
                    socket->start_tls(sockets.tls_context(), name, done);
                  });
}

void socket_start_tls(Call call) {
  Sockets& sockets = sockets_of(call);
  const auto socket = sockets.find(call[0]);
  if (socket->is_tls()) throw engine::TypeErrorException("the connection uses TLS already");
  const std::string name = engine::to_utf8(call.GetIsolate(), call[1]);
  socket->start_tls(sockets.tls_context(), name, settle(call, "starting TLS with " + name));
}

void socket_read(Call call) {
  Sockets& sockets = sockets_of(call);
  const auto socket = sockets.find(call[0]);
  socket->read([&sockets, token = sockets.promises().add(call)](const error_code& failed,
                                                                std::vector<uint8_t> bytes) {
    const ScriptScope scope(sockets.isolate());
    PendingPromise promise = sockets.promises().take(token);
    // A peer that ends TCP without close_notify is common, and lengths are HTTP's affair.
    if (failed == asio::error::eof || failed == ssl::error::stream_truncated) {
      promise.resolve(v8::Null(scope.v8()));
    } else if (failed) {
      reject(promise, "reading from the socket", failed);
    } else {
      promise.resolve(engine::move_to_uint8array(scope.v8(), std::move(bytes)));
    }
  });
}

void socket_write(Call call) {
  const auto socket = sockets_of(call).find(call[0]);
  const auto bytes = engine::bytes_of(call[1]);
  socket->write({bytes.begin(), bytes.end()}, settle(call, "writing to the socket"));
}

void socket_end(Call call) {
  sockets_of(call).find(call[0])->end(settle(call, "ending the socket"));
}

void socket_close(Call call) {
  sockets_of(call).remove(call[0]->Int32Value(call.GetIsolate()->GetCurrentContext()).FromMaybe(0));
}

constexpr std::array<engine::Op, 6> kOps{{
    {"socketConnect", engine::op<socket_connect>},
    {"socketStartTls", engine::op<socket_start_tls>},
    {"socketRead", engine::op<socket_read>},
    {"socketWrite", engine::op<socket_write>},
    {"socketEnd", engine::op<socket_end>},
    {"socketClose", engine::op<socket_close>},
}};

}  // namespace

std::span<const engine::Op> socket_ops() {
  return kOps;
}

void install_sockets(Isolate& isolate) {
  isolate.set_state<TlsClient>();
  isolate.set_state<Sockets>(isolate);
}

}  // namespace cwrangler::web
