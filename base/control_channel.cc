#include "base/control_channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace cwrangler {
namespace {

/// True when the failed call is to be tried again. An event loop that watches the descriptor may
/// have made it non-blocking; then this waits until it is ready.
bool try_again(int descriptor, short events) {
  if (errno == EINTR) return true;
  if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
  pollfd waiting{descriptor, events, 0};
  return ::poll(&waiting, 1, -1) >= 0 || errno == EINTR;
}

}  // namespace

ControlChannel::ControlChannel(int descriptor) : descriptor_(descriptor) {}

ControlChannel::~ControlChannel() {
  ::close(descriptor_);
}

bool ControlChannel::send(const nlohmann::json& message) {
  // What a Worker prints need not be valid UTF-8; it must still reach the terminal.
  std::string line = message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  const std::lock_guard lock(sending_);
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = ::send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      rest.remove_prefix(static_cast<size_t>(count));
    } else if (!try_again(descriptor_, POLLOUT)) {
      return false;
    }
  }
  return true;
}

std::optional<nlohmann::json> ControlChannel::receive() {
  std::array<char, 65536> chunk;
  size_t searched = 0;
  for (;;) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      nlohmann::json message = nlohmann::json::parse(buffer_.begin(), buffer_.begin() + end,
                                                     nullptr, /*allow_exceptions=*/false);
      buffer_.erase(0, end + 1);
      if (message.is_discarded()) return std::nullopt;
      return message;
    }
    searched = buffer_.size();
    const ssize_t count = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
    if (count > 0) {
      buffer_.append(chunk.data(), static_cast<size_t>(count));
    } else if (count == 0 || !try_again(descriptor_, POLLIN)) {
      return std::nullopt;
    }
  }
}

}  // namespace cwrangler
