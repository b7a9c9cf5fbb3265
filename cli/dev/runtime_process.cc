#include "cli/dev/runtime_process.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "base/error.h"

namespace cwrangler::cli {
namespace {

/// The runtime's numbers for what it is handed.
constexpr int kControl = 3;
constexpr int kFirstListener = 4;

}  // namespace

RuntimeProcess::RuntimeProcess(ChildProcess process, MessageStream messages, Descriptor output)
    : process_(std::move(process)), messages_(std::move(messages)), output_(std::move(output)) {}

RuntimeProcess RuntimeProcess::start(
    const std::filesystem::path& program, const Listeners& listeners,
    const std::map<std::string, std::optional<std::string>>& environment,
    const std::vector<std::string>& arguments) {
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
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));

  ChildOptions options;
  options.arguments = {program.string(), "serve", "--control-fd", std::to_string(kControl)};
  options.descriptors = {{nothing.get(), STDIN_FILENO},
                         {output_write.get(), STDOUT_FILENO},
                         {output_write.get(), STDERR_FILENO},
                         {theirs.get(), kControl}};
  int number = kFirstListener;
  for (const Descriptor& socket : listeners.sockets) {
    options.arguments.insert(options.arguments.end(), {"--listen-fd", std::to_string(number)});
    options.descriptors.emplace_back(socket.get(), number++);
  }
  options.arguments.insert(options.arguments.end(), listeners.arguments.begin(),
                           listeners.arguments.end());
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  options.environment = environment;
  options.own_process_group = true;
  return {ChildProcess::start(options), MessageStream(std::move(ours)), std::move(output)};
}

}  // namespace cwrangler::cli
