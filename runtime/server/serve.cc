#include "runtime/server/serve.h"

#include <fcntl.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/control_channel.h"
#include "base/control_protocol.h"
#include "base/error.h"
#include "base/files.h"
#include "runtime/server/local_certificate.h"

namespace cwrangler::server {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

/// The events as lines for a person, or for a container's log.
void print_event(const json& event) {
  const std::string type = event.at("type");
  const auto text = [&](const char* key) { return event.value(key, std::string()); };
  const auto line = [](std::FILE* out, std::string words) {
    words += '\n';
    std::fwrite(words.data(), 1, words.size(), out);
    std::fflush(out);
  };
  if (type == control::kConsole) {
    const std::string level = text("level");
    line(level == "error" || level == "warn" ? stderr : stdout, text("text"));
  } else if (type == control::kRequest) {
    std::array<char, 32> duration;
    std::snprintf(duration.data(), duration.size(), "%.0f", event.value("duration_ms", 0.0));
    line(stdout, text("method") + " " + text("path") + " " +
                     std::to_string(event.value("status", 0)) + " " + text("status_text") + " (" +
                     duration.data() + "ms)");
  } else if (type == control::kQueue) {
    line(stdout, "QUEUE " + text("queue") + " " + std::to_string(event.value("acknowledged", 0)) +
                     "/" + std::to_string(event.value("messages", 0)));
  } else if (type == control::kException) {
    line(stderr, text("stack"));
  } else if (type == control::kRestarted) {
    line(stderr, "Restarted: " + text("reason"));
  }
}

/// Reads the orders of `cwrangler dev` on the server's loop.
class Orders {
 public:
  Orders(ControlChannel& channel, Server& server)
      : channel_(channel), server_(server), readable_(server.loop()) {
    // A duplicate: the channel closes its own.
    const int copy = ::fcntl(channel.descriptor(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw system_error("watching the control channel");
    readable_.assign(copy);
    wait();
  }

 private:
  void wait() {
    readable_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [this](const boost::system::error_code& error) {
                           if (!error) read();
                         });
  }

  void read() {
    do {
      const std::optional<json> message = channel_.receive();
      if (!message) {
        server_.stop();
        return;
      }
      obey(*message);
    } while (channel_.has_buffered_message());
    wait();
  }

  void obey(const json& message) {
    if (!message.is_object()) return;
    const auto type = message.find("type");
    if (type == message.end()) return;
    if (*type == control::kStop) {
      server_.stop();
    } else if (*type == control::kLoad) {
      load(message);
    } else if (*type == control::kPrepare) {
      const json version = message.value("python_version", json());
      if (version.is_string()) server_.prepare(version);
    } else if (*type == control::kTracing) {
      server_.set_tracing(message.value("enabled", json()) == true);
    } else if (*type == control::kScheduled) {
      const json cron = message.value("cron", json());
      const json time = message.value("scheduled_time", json());
      if (cron.is_string() && time.is_number()) server_.run_scheduled(cron, time);
    }
  }

  void load(const json& message) {
    std::int64_t generation = 0;
    try {
      generation = message.value("generation", std::int64_t{0});
      server_.load(generation, worker_config_from_json(message.value("worker", json())));
    } catch (const std::exception& error) {
      channel_.send({{"type", control::kLoadFailed},
                     {"generation", generation},
                     {"message", error.what()},
                     {"stack", ""},
                     {"kind", "config"}});
    }
  }

  ControlChannel& channel_;
  Server& server_;
  asio::posix::stream_descriptor readable_;
};

std::optional<TlsIdentity> identity(const ServeOptions& options) {
  if (!options.https) return std::nullopt;
  if (options.certificate_file.empty()) return local_certificate(options.certificate_folder);
  return TlsIdentity{read_file(options.certificate_file), read_file(options.key_file)};
}

std::vector<Descriptor> open_sockets(const ServeOptions& options) {
  std::vector<Descriptor> sockets;
  for (const int number : options.listen_fds) {
    listening_port(number);  // throws for anything else
    sockets.emplace_back(number);
  }
  if (sockets.empty()) sockets.push_back(open_listening_socket(options.ip, options.port));
  return sockets;
}

}  // namespace

void serve(engine::Platform& platform, const engine::StartupSnapshot& snapshot,
           const ServeOptions& options) {
  std::vector<Descriptor> sockets = open_sockets(options);
  const std::uint16_t port = listening_port(sockets.front().get());
  std::optional<ControlChannel> channel;
  std::optional<json> load_failure;
  Server* running = nullptr;
  EventSink events;
  if (options.control_fd >= 0) {
    channel.emplace(options.control_fd);
    events = [&channel](const json& event) { channel->send(event); };
  } else {
    events = [&](const json& event) {
      print_event(event);
      const auto& type = event.at("type");
      if (type == control::kLoaded) {
        std::printf("Ready on %s://%s:%u\n", options.https ? "https" : "http", options.ip.c_str(),
                    unsigned{port});
        std::fflush(stdout);
      } else if (type == control::kLoadFailed) {
        load_failure = event;  // sent on the server's own thread
        running->stop();
      }
    };
  }

  ServerOptions server_options = options.server;
  server_options.tls = identity(options);
  server_options.reloads = options.control_fd >= 0 && !options.one_worker;
  server_options.prepares = !options.one_worker;
  Server server(platform, snapshot, std::move(sockets), events, server_options);
  running = &server;
  asio::signal_set signals(server.loop(), SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) server.stop();
  });
  std::optional<Orders> orders;
  if (channel) {
    orders.emplace(*channel, server);
  } else {
    server.load(1, read_worker_config(options.config));
  }
  server.run();
  if (load_failure) {
    const std::string stack = load_failure->value("stack", "");
    throw Error(stack.empty() ? load_failure->value("message", "") : stack)
        .while_doing("starting the Worker");
  }
}

}  // namespace cwrangler::server
