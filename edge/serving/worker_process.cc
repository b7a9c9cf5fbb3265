#include "edge/serving/worker_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <istream>

#include "base/control_protocol.h"
#include "edge/http/listener.h"

namespace cwrangler::edge {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;
using nlohmann::json;

/// The runtime's numbers for what it is handed.
constexpr int kControl = 3;
constexpr int kListener = 4;
/// What requests and background tasks have once their process gets no more: as in production.
constexpr std::chrono::seconds kGrace{30};
/// Longer than a runtime needs to end what it was asked to end.
constexpr std::chrono::seconds kPatience = kGrace + std::chrono::seconds(5);
/// A message of a Worker's, such as all that it printed: what is longer is a fault.
constexpr size_t kLongestMessage = 64 << 20;
constexpr size_t kMostIdle = 64;

Descriptor listen_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof address.sun_path) {
    throw Error("the path of the socket " + name + " is too long")
        .while_doing("starting a runtime")
        .hint("Choose a folder with a shorter name (--data).");
  }
  std::copy(name.begin(), name.end(), address.sun_path);
  ::unlink(name.c_str());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid() ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    throw system_error("listening on " + name);
  }
  return socket;
}

/// Whether a connection that nothing is expected from is still there.
bool is_open(int socket) {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

std::shared_ptr<WorkerProcess> WorkerProcess::start(asio::io_context& loop,
                                                    const ProcessOptions& options,
                                                    Callbacks callbacks) {
  std::array<int, 2> control{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control.data()) != 0) {
    throw system_error("making the control socket");
  }
  Descriptor ours(control[0]);
  const Descriptor theirs(control[1]);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw system_error("making a pipe");
  Descriptor output(pipe[0]);
  const Descriptor output_write(pipe[1]);
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  // Ours goes with this function: a connection to a process that has ended is refused at once.
  const Descriptor listener = listen_at(options.socket);

  cli::ChildOptions child;
  child.arguments = {options.runtime.string(), "serve",       "--control-fd",
                     std::to_string(kControl), "--listen-fd", std::to_string(kListener)};
  child.arguments.insert(child.arguments.end(),
                         {"--grace-ms", std::to_string(std::chrono::milliseconds(kGrace).count())});
  child.arguments.emplace_back("--one-worker");
  if (options.heap_mb > 0) {
    child.arguments.insert(child.arguments.end(), {"--heap-mb", std::to_string(options.heap_mb)});
  }
  if (!options.allow_private_addresses) child.arguments.emplace_back("--deny-private-addresses");
  child.descriptors = {{nothing.get(), STDIN_FILENO},
                       {output_write.get(), STDOUT_FILENO},
                       {output_write.get(), STDERR_FILENO},
                       {theirs.get(), kControl},
                       {listener.get(), kListener}};
  child.environment = {{"CWRANGLER_CACHE_DIR", options.cache.string()}};
  if (options.cache_limit_mb > 0) {
    child.environment["CWRANGLER_CACHE_LIMIT"] = std::to_string(options.cache_limit_mb);
  }
  child.own_process_group = true;
  const std::shared_ptr<WorkerProcess> process(
      new WorkerProcess(loop, options, std::move(callbacks), cli::ChildProcess::start(child),
                        std::move(ours), std::move(output)));
  process->run();
  return process;
}

WorkerProcess::WorkerProcess(asio::io_context& loop, const ProcessOptions& options,
                             Callbacks callbacks, cli::ChildProcess child, Descriptor control,
                             Descriptor output)
    : loop_(loop),
      options_(options),
      callbacks_(std::move(callbacks)),
      child_(std::move(child)),
      control_(loop, stream_protocol(), control.release()),
      output_(loop, output.release()),
      end_(loop, ::fcntl(child_.descriptor(), F_DUPFD_CLOEXEC, 0)),
      changed_(loop, Clock::time_point::max()),
      to_write_(loop, Clock::time_point::max()),
      patience_(loop) {}

WorkerProcess::~WorkerProcess() {
  ::unlink(options_.socket.c_str());
}

void WorkerProcess::run() {
  const auto self = shared_from_this();
  asio::co_spawn(loop_, read_messages(self), asio::detached);
  asio::co_spawn(loop_, read_output(self), asio::detached);
  asio::co_spawn(loop_, write_messages(self), asio::detached);
  asio::co_spawn(loop_, await_end(self), asio::detached);
}

void WorkerProcess::prepare(const std::string& python_version) {
  send({{"type", control::kPrepare}, {"python_version", python_version}});
}

void WorkerProcess::load(std::shared_ptr<const WorkerVersion> version) {
  version_ = std::move(version);
  failure_.reset();
  set_state(State::loading);
  WorkerConfig config = version_->config;
  const int most = static_cast<int>(options_.most_subrequests);
  const int own = config.subrequest_limit;
  config.subrequest_limit = own > 0 && most > 0 ? std::min(own, most) : std::max(own, most);
  send({{"type", control::kLoad}, {"generation", ++generation_}, {"worker", to_json(config)}});
}

asio::awaitable<WorkerProcess::State> WorkerProcess::wait() {
  const auto self = shared_from_this();
  while (state_ == State::loading) co_await changed_.async_wait(kQuiet);
  co_return state_;
}

void WorkerProcess::set_state(State state) {
  state_ = state;
  changed_.cancel();
}

void WorkerProcess::send(const json& message) {
  if (state_ == State::ended) return;
  outgoing_.push_back(message.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
  to_write_.cancel();
}

// `self` keeps this alive while a coroutine runs.
asio::awaitable<void> WorkerProcess::write_messages(
    [[maybe_unused]] std::shared_ptr<WorkerProcess> self) {
  while (state_ != State::ended) {
    if (outgoing_.empty()) {
      co_await to_write_.async_wait(kQuiet);
      continue;
    }
    const std::string text = std::move(outgoing_.front());
    outgoing_.pop_front();
    auto [error, bytes] = co_await asio::async_write(control_, asio::buffer(text), kQuiet);
    if (error) co_return;
  }
}

asio::awaitable<void> WorkerProcess::read_messages(
    [[maybe_unused]] std::shared_ptr<WorkerProcess> self) {
  std::string buffer;
  for (;;) {
    auto [error, bytes] = co_await asio::async_read_until(
        control_, asio::dynamic_buffer(buffer, kLongestMessage), '\n', kQuiet);
    if (error) break;
    const json message = json::parse(std::string_view(buffer).substr(0, bytes), nullptr, false);
    buffer.erase(0, bytes);
    if (!message.is_object()) break;
    try {
      handle(message);
    } catch (const std::exception& failure) {
      spdlog::error("a message of process {} cannot be read: {}", pid(), failure.what());
    }
  }
  // Without its messages nobody knows what it does.
  kill();
}

void WorkerProcess::handle(const json& message) {
  const std::string type = message.at("type");
  if (type == control::kLoaded) {
    if (message.at("generation") != generation_) return;
    startup_ms_ = static_cast<std::int64_t>(message.value("startup_ms", 0.0));
    set_state(State::ready);
  } else if (type == control::kLoadFailed) {
    if (message.at("generation") != generation_) return;
    failure_.emplace(message.value("message", std::string("the Worker did not start")),
                     message.value("stack", std::string()));
    set_state(State::failed);
  } else {
    callbacks_.message(*this, message);
  }
}

asio::awaitable<void> WorkerProcess::read_output(
    [[maybe_unused]] std::shared_ptr<WorkerProcess> self) {
  std::string buffer(4096, '\0');
  for (;;) {
    auto [error, bytes] = co_await output_.async_read_some(asio::buffer(buffer), kQuiet);
    if (error) co_return;
    spdlog::warn("process {} of {}: {}", pid(), version_ ? version_->config.name : "no Worker",
                 std::string_view(buffer).substr(0, bytes));
  }
}

asio::awaitable<void> WorkerProcess::await_end(
    [[maybe_unused]] std::shared_ptr<WorkerProcess> self) {
  co_await end_.async_wait(asio::posix::stream_descriptor::wait_read, kQuiet);
  const cli::ExitStatus status = child_.wait();
  if (!status.success() && !is_retiring) {
    spdlog::error("process {} of {} has ended: {}", pid(),
                  version_ ? version_->config.name : "no Worker", status.to_string());
  }
  if (state_ == State::loading) {
    failure_.emplace("the runtime has ended while the Worker started: " + status.to_string(), "");
  }
  idle_.clear();
  patience_.cancel();
  error_code ignored;
  control_.close(ignored);
  set_state(State::ended);
  to_write_.cancel();
  callbacks_.ended(*this);
}

asio::awaitable<std::unique_ptr<Upstream>> WorkerProcess::connect(bool& is_fresh) {
  is_fresh = false;
  while (!idle_.empty()) {
    auto upstream = std::move(idle_.back());
    idle_.pop_back();
    if (is_open(upstream->stream.socket().native_handle())) co_return upstream;
  }
  is_fresh = true;
  auto upstream =
      std::make_unique<Upstream>(Upstream{boost::beast::basic_stream<stream_protocol>(loop_), {}});
  auto [error] = co_await upstream->stream.async_connect(
      stream_protocol::endpoint(options_.socket.string()), kQuiet);
  if (error) co_return nullptr;
  co_return upstream;
}

void WorkerProcess::give_back(std::unique_ptr<Upstream> upstream) {
  if (state_ == State::ready && idle_.size() < kMostIdle) idle_.push_back(std::move(upstream));
}

void WorkerProcess::stop() {
  is_retiring = true;
  idle_.clear();
  if (state_ == State::ended || is_stopping_) return;
  is_stopping_ = true;
  send({{"type", control::kStop}});
  patience_.expires_after(kPatience);
  patience_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->kill();
  });
}

void WorkerProcess::kill() {
  child_.signal(SIGKILL);
}

}  // namespace cwrangler::edge
