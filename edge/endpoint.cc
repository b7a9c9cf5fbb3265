#include "edge/endpoint.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/descriptor.h"
#include "base/files.h"
#include "cli/process/snapshot_run.h"
#include "edge/api/routes.h"
#include "edge/api/runnable.h"
#include "edge/api/services.h"
#include "edge/http/http_server.h"

namespace cwrangler::edge {
namespace {

namespace asio = boost::asio;

/// Two endpoints on one folder would start every Worker twice.
Descriptor lock_folder(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "lock";
  Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) throw system_error("opening " + file.string());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error("another endpoint serves from " + folder.string())
        .hint("End it, or choose another folder with --data.");
  }
  return lock;
}

std::optional<TlsFiles> tls_files(const EdgeOptions& options) {
  if (options.certificate.empty()) return std::nullopt;
  return TlsFiles{options.certificate, options.key};
}

/// Whether a token is needed; throws Error where the API would be open to others.
bool needs_tokens(const EdgeOptions& options, Database& database) {
  Work work = database.write();
  if (list_accounts(work).empty()) {
    create_account(work, "default");
    work.commit();
  }
  if (has_tokens(work)) return true;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.ip, error);
  if (!error && address.is_loopback()) return false;
  throw Error("the API would be open to everybody who reaches " + options.ip)
      .while_doing("starting the endpoint")
      .hint("Make a token first: cwrangler edge token create NAME");
}

ServingOptions serving_options(const EdgeOptions& options, const std::filesystem::path& folder) {
  ServingOptions serving;
  serving.runtime = sibling_program("cwrangler-runtime");
  if (serving.runtime.empty()) {
    throw Error("the program cwrangler-runtime is missing from this installation");
  }
  serving.sockets = folder / "run";
  serving.caches = folder / "cache";
  serving.ip = options.ip;
  serving.port = options.port;
  serving.certificate = options.certificate;
  serving.key = options.key;
  serving.allow_private_addresses = options.allow_private_addresses;
  serving.idle = std::chrono::seconds(options.idle_seconds);
  serving.most_processes = options.most_processes;
  serving.spare_processes = options.spare_processes;
  serving.memory_limit_mb = options.memory_mb;
  serving.cache_limit_mb = options.cache_mb;
  serving.most_body = std::uint64_t{options.body_mb} << 20;
  serving.most_concurrent = options.concurrency;
  return serving;
}

void serve_all(Services& services) {
  std::vector<Worker> workers;
  {
    Work work = services.database.read();
    workers = list_all_workers(work);
  }
  for (const Worker& worker : workers) {
    try {
      serve_worker(services, worker.account, worker.name);
    } catch (const std::exception& error) {
      // One that cannot be served keeps no other from it.
      spdlog::error("the Worker {} is not served: {}", worker.name, error.what());
    }
  }
}

void sweep(Services& services) {
  Work work = services.database.write();
  const std::vector<std::string> used = used_blobs(work);
  services.blobs.sweep({used.begin(), used.end()});
}

HttpResponse text_response(int status, std::string text, const char* type = "text/plain") {
  HttpResponse response;
  response.status = status;
  response.headers.push_back({"Content-Type", type});
  response.body = std::move(text);
  return response;
}

HttpResponse answer(Api& api, Serving& serving, HttpRequest& request) {
  if (request.method == "GET" || request.method == "HEAD") {
    if (request.path == "/health") return text_response(200, "ok\n");
    if (request.path == "/ready") {
      return serving.is_ready() ? text_response(200, "ready\n") : text_response(503, "starting\n");
    }
    if (request.path == "/metrics") {
      if (!api.may_watch(request))
        return text_response(401, "A token of the first account is needed.\n");
      return text_response(200, serving.metrics(), "text/plain; version=0.0.4");
    }
  }
  return api.answer(request);
}

void announce(const EdgeOptions& options, std::uint16_t api, std::uint16_t workers, bool has_token,
              const std::filesystem::path& folder) {
  const char* const scheme = options.certificate.empty() ? "http" : "https";
  const bool is_v6 = options.ip.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + options.ip + "]" : options.ip;
  std::printf("The API:     %s://%s:%u/client/v4\n", scheme, host.c_str(), unsigned{api});
  std::printf("The Workers: %s://NAME.%s:%u\n", scheme, options.domain.c_str(), unsigned{workers});
  std::printf("The data:    %s\n", folder.c_str());
  if (!has_token) {
    std::printf(
        "No token was made yet: every program on this machine may deploy. To change that:\n"
        "  cwrangler edge token create NAME\n");
  }
  std::printf("To deploy here: export CLOUDFLARE_API_BASE_URL=%s://%s:%u/client/v4\n", scheme,
              host.c_str(), unsigned{api});
  std::fflush(stdout);
}

}  // namespace

std::filesystem::path data_folder(const EdgeOptions& options) {
  if (!options.data.empty()) return std::filesystem::absolute(options.data);
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (const auto data = variable("XDG_DATA_HOME"); data.is_absolute()) {
    return data / "cwrangler" / "edge";
  }
  const std::filesystem::path home = variable("HOME");
  if (home.empty()) {
    throw Error("there is no home folder to keep the endpoint's data in")
        .hint("Name a folder: --data FOLDER");
  }
  return home / ".local" / "share" / "cwrangler" / "edge";
}

void run_endpoint(const EdgeOptions& options) {
  const std::filesystem::path folder = data_folder(options);
  Database database(folder);
  const Descriptor lock = lock_folder(folder);
  const bool with_tokens = needs_tokens(options, database);
  Blobs blobs(folder / "blobs");
  Seal seal(folder / "secrets.key");
  Serving serving(serving_options(options, folder));
  UploadLimits limits;
  limits.script_bytes = std::uint64_t{options.script_mb} << 20;
  Services services{folder, options.domain, limits,  with_tokens,   database,
                    blobs,  seal,           serving, Tails(serving)};
  if (options.accept_snapshots) {
    services.snapshot_build = cli::snapshot_build(sibling_program("cwrangler-runtime"));
  }
  sweep(services);
  serve_all(services);

  asio::io_context loop;
  Api api(services);
  HttpServerOptions listener;
  listener.listener = {options.ip, options.api_port, tls_files(options)};
  HttpServer server(
      loop, listener, [&](HttpRequest& request) { return answer(api, serving, request); },
      [](int status, const std::string& why) {
        return failure(status, api_code::kBadBody, "The request is refused: " + why);
      });
  asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    server.stop();
    loop.stop();
  });
  server.start();
  announce(options, server.port(), serving.port(), with_tokens, folder);
  loop.run();
  serving.stop();
}

}  // namespace cwrangler::edge
