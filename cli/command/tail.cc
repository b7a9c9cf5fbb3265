// `cwrangler tail`: what a deployed Worker does, while it does it.

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <memory>
#include <optional>

#include "cli/api/json_access.h"
#include "cli/api/network_settings.h"
#include "cli/command/action.h"
#include "cli/command/worker_target.h"
#include "cli/tail/filters.h"
#include "cli/tail/invocation.h"
#include "cli/tail/tail_socket.h"

namespace cwrangler::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Pauses before a lost connection is made anew: wrangler's.
constexpr std::array<seconds, 5> kPauses{seconds(1), seconds(2), seconds(4), seconds(8),
                                         seconds(16)};

struct Flags {
  std::string worker;
  std::string format;
  TailFilters filters;
};

/// SIGINT and SIGTERM as a readable descriptor, for as long as this object lives.
class StopSignals {
 public:
  StopSignals() {
    ::sigemptyset(&mask_);
    ::sigaddset(&mask_, SIGINT);
    ::sigaddset(&mask_, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &mask_, &before_);
    descriptor_ = Descriptor(::signalfd(-1, &mask_, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor_.valid()) throw system_error("waiting for signals");
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals() {
    signalfd_siginfo received{};
    while (::read(descriptor_.get(), &received, sizeof received) > 0) {
    }
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }

  int descriptor() const { return descriptor_.get(); }
  /// Waits as long, or until a signal has come. Whether one has.
  bool wait(milliseconds time) const {
    pollfd watched{descriptor_.get(), POLLIN, 0};
    return ::poll(&watched, 1, static_cast<int>(time.count())) > 0;
  }

 private:
  sigset_t mask_{};
  sigset_t before_{};
  Descriptor descriptor_;
};

/// The Worker that answers for a route: "example.com/api/*".
std::string worker_of_route(const std::string& route, ApiClient& client) {
  std::string host = route.substr(0, route.find('/'));
  while (host.starts_with("*")) host.erase(0, host.starts_with("*.") ? 2 : 1);
  for (std::string zone = host; zone.find('.') != std::string::npos;
       zone.erase(0, zone.find('.') + 1)) {
    const ApiJson zones = client.get("/zones", {{"name", zone}});
    if (!zones.is_array() || zones.empty()) continue;
    const std::string id = string_at(zones.front(), "id");
    for (const ApiJson& known : client.list("/zones/" + percent_encoded(id) + "/workers/routes")) {
      if (string_at(known, "pattern") == route && !string_at(known, "script").empty()) {
        return string_at(known, "script");
      }
    }
    throw Error("No Worker answers for the route \"" + route + "\" of the zone " + zone + ".")
        .hint("Name the Worker itself.");
  }
  throw Error("The account has no zone for the route \"" + route + "\".")
      .hint("Name the Worker itself.");
}

/// A tail that the account keeps for as long as this object lives.
class Tail {
 public:
  Tail(const Account& account, const std::string& worker, const ApiJson& filters)
      : account_(account), path_("/workers/scripts/" + percent_encoded(worker) + "/tails") {
    const ApiJson made = account.post(path_, filters, Retry::always);
    path_ += "/" + percent_encoded(string_at(made, "id"));
    url = string_at(made, "url");
    expires = string_at(made, "expires_at");
  }
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;
  ~Tail() {
    try {
      account_.remove(path_);
    } catch (const std::exception&) {
      // It ends by itself.
    }
  }

  std::string url;
  std::string expires;

 private:
  const Account& account_;
  std::string path_;
};

class TailCommand {
 public:
  TailCommand(const Flags& flags, const CommandContext& context)
      : context_(context),
        is_pretty_(flags.format == "pretty" || (flags.format.empty() && ::isatty(STDOUT_FILENO))),
        filters_(filter_message(flags.filters)),
        is_route_(flags.worker.find('.') != std::string::npos),
        target_(flags.worker, context),
        worker_(is_route_ ? worker_of_route(flags.worker, target_.account().client())
                          : target_.name()) {
    if (is_route_) say("Connecting to Worker " + worker_ + " at route " + flags.worker);
  }

  int run() {
    size_t attempt = 0;
    for (;;) {
      const std::optional<TailSocket::End> end = connect(attempt);
      if (end && *end != TailSocket::End::lost) break;
      if (attempt == kPauses.size()) {
        throw Error("The tail of " + worker_ + " was lost, and " + std::to_string(attempt) +
                    " tries to connect again have failed.")
            .hint("`cwrangler tail " + worker_ + "` starts a new one.");
      }
      const seconds pause = kPauses[attempt++];
      context_.terminal.print_warning(
          "Tail connection lost. Reconnecting (attempt " + std::to_string(attempt) + " of " +
          std::to_string(kPauses.size()) + ") in " + std::to_string(pause.count()) + "s...");
      if (signals_.wait(pause)) break;
    }
    return static_cast<int>(ExitCode::ok);
  }

 private:
  /// One connection from its beginning to its end; nothing: it was not to be had again. `attempt`
  /// is 0 for the first one, whose failure is thrown, and again after one that has worked.
  std::optional<TailSocket::End> connect(size_t& attempt) {
    try {
      const Tail tail(target_.account(), worker_, filters_);
      if (attempt == 0 && !was_connected_) {
        say("Successfully created tail, expires at " + tail.expires);
      }
      TailSocket socket(network_settings(target_.environment()), tail.url, signals_.descriptor());
      say(was_connected_ ? "Reconnected to " + worker_ + "."
                         : "Connected to " + worker_ + ", waiting for logs...");
      was_connected_ = true;
      attempt = 0;
      const TailSocket::End end = socket.read([this](const std::string& text) { show(text); });
      if (end == TailSocket::End::stopped) say("\nStopping tail...");
      return end;
    } catch (const Error& error) {
      if (error.exit_code() == ExitCode::interrupted) return TailSocket::End::stopped;
      if (!was_connected_) throw;
      return std::nullopt;
    }
  }

  void show(const std::string& text) {
    const ApiJson invocation = ApiJson::parse(text, nullptr, /*allow_exceptions=*/false);
    if (invocation.is_discarded()) {
      context_.terminal.print_warning("The tail has sent what is no JSON: " +
                                      printable(text.substr(0, 100)));
    } else if (is_pretty_) {
      print_invocation(invocation, context_.terminal);
    } else {
      context_.terminal.print(invocation.dump(2, ' ', false, ApiJson::error_handler_t::replace));
    }
  }

  /// For a person: scripts read invocations only.
  void say(const std::string& text) {
    if (is_pretty_) context_.terminal.print(text);
  }

  const CommandContext& context_;
  const bool is_pretty_;
  const ApiJson filters_;
  const bool is_route_;
  WorkerTarget target_;
  const std::string worker_;
  const StopSignals signals_;
  bool was_connected_ = false;
};

}  // namespace

void add_tail_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      program.add_subcommand("tail", "Show what a deployed Worker logs, while it runs");
  command->add_option("worker", flags->worker,
                      "Name of the Worker, or a route (default: the configuration's name)");
  command
      ->add_option("--format", flags->format,
                   "json or pretty (default: pretty on a terminal, else json)")
      ->check(CLI::IsMember({"json", "pretty"}));
  TailFilters& filters = flags->filters;
  command
      ->add_option("--status", filters.statuses,
                   "Only invocations that ended so: ok, error or canceled; repeatable")
      ->check(CLI::IsMember({"ok", "error", "canceled"}))
      ->allow_extra_args(false);
  command->add_option("--header", filters.header,
                      "Only requests with this header: NAME or NAME:VALUE");
  command->add_option("--method", filters.methods, "Only requests of this method; repeatable")
      ->allow_extra_args(false);
  command->add_option("--sampling-rate", filters.sampling_rate,
                      "Only this share of the invocations, between 0 and 1");
  command->add_option("--search", filters.search, "Only invocations with this text in their logs");
  command
      ->add_option("--ip", filters.addresses,
                   "Only requests of this client, \"self\" is this machine; repeatable")
      ->allow_extra_args(false);
  command->add_option("--version-id", filters.version, "Only invocations of this version");
  command->callback([flags, &context] {
    context.run = [flags, &context] { return TailCommand(*flags, context).run(); };
  });
}

}  // namespace cwrangler::cli
