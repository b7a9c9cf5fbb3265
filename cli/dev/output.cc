#include "cli/dev/output.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cwrangler::cli {
namespace {

/// What a pipe that is ready takes without blocking (POSIX's guarantee for PIPE_BUF is as much).
constexpr size_t kSafeChunk = 512;

}  // namespace

OutputQueue::OutputQueue(int descriptor) : original_(descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return;
  is_socket_ = S_ISSOCK(status.st_mode);
  if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) return;
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  reopened_ = Descriptor(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  may_block_ = !reopened_.valid();
}

ssize_t OutputQueue::write_some(std::string_view text) const {
  if (is_socket_) return ::send(original_, text.data(), text.size(), MSG_DONTWAIT);
  if (may_block_) {
    pollfd ready{original_, POLLOUT, 0};
    if (::poll(&ready, 1, 0) <= 0) {
      errno = EAGAIN;
      return -1;
    }
    text = text.substr(0, kSafeChunk);
  }
  return ::write(descriptor(), text.data(), text.size());
}

void OutputQueue::flush() {
  while (pending() > 0) {
    const ssize_t count = write_some(std::string_view(text_).substr(written_));
    if (count > 0) {
      written_ += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      written_ = text_.size();  // nobody will ever read it
    }
  }
  if (written_ > text_.size() / 2) {
    text_.erase(0, written_);
    written_ = 0;
  }
}

int Output::Buffer::sync() {
  output_.write(queue_, view());
  str(std::string());
  return 0;
}

Output::Output(const Terminal& like)
    : out_(STDOUT_FILENO),
      err_(STDERR_FILENO),
      out_buffer_(*this, out_),
      err_buffer_(*this, err_),
      out_stream_(&out_buffer_),
      err_stream_(&err_buffer_),
      terminal_(out_stream_, err_stream_, like) {}

void Output::write(OutputQueue& queue, std::string_view text) {
  if (last_ != nullptr && last_ != &queue) last_->flush();
  last_ = &queue;
  queue.append(text);
}

void Output::flush() {
  out_.flush();
  err_.flush();
}

void Output::add_to(std::vector<pollfd>& watched) const {
  for (const OutputQueue* queue : {&out_, &err_}) {
    if (queue->pending() > 0) watched.push_back({queue->descriptor(), POLLOUT, 0});
  }
}

}  // namespace cwrangler::cli
