#include "cli/dev/message_stream.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace cwrangler::cli {

MessageStream::MessageStream(Descriptor socket) : socket_(std::move(socket)) {
  ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
}

void MessageStream::send(const nlohmann::json& message) {
  outgoing_ += message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  flush();
}

void MessageStream::flush() {
  while (!outgoing_.empty()) {
    const ssize_t count =
        ::send(socket_.get(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      outgoing_.erase(0, static_cast<size_t>(count));
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      outgoing_.clear();  // the other side is gone, which receive() will tell
      return;
    }
  }
}

std::vector<nlohmann::json> MessageStream::receive() {
  std::vector<nlohmann::json> messages;
  std::array<char, 65536> chunk;
  const ssize_t count = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) closed_ = true;
  if (count <= 0) return messages;
  const size_t searched = incoming_.size();
  incoming_.append(chunk.data(), static_cast<size_t>(count));
  size_t begin = 0;
  for (size_t end = incoming_.find('\n', searched); end != std::string::npos;
       end = incoming_.find('\n', begin)) {
    const auto line = std::string_view(incoming_).substr(begin, end - begin);
    begin = end + 1;
    nlohmann::json message = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!message.is_object()) {
      closed_ = true;
      break;
    }
    messages.push_back(std::move(message));
  }
  incoming_.erase(0, begin);
  return messages;
}

}  // namespace cwrangler::cli
