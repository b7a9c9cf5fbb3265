#include "test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <stdexcept>

namespace cwrangler::server::test {

void respond_text(Exchange& exchange, std::string_view text, int status,
                  std::vector<Header> headers) {
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  exchange.respond({status, {}, std::move(headers)}, bytes, nullptr);
}

TestServer::TestServer(HttpLimits limits) {
  connections = std::make_unique<Connections>(loop, handler, limits);
}

void TestServer::start() {
  sockets.push_back(open_listening_socket("127.0.0.1", 0));
  port_ = listening_port(sockets.back().get());
  connections->listen(sockets);
  thread_ = std::thread([this] { loop.run(); });
}

TestServer::~TestServer() {
  if (thread_.joinable()) {
    on_loop([this] { connections.reset(); });
    work_.reset();
    thread_.join();
  }
}

namespace {

sockaddr_un local_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

void set_patience(int socket) {
  const timeval limit{10, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

}  // namespace

Descriptor listen_locally(const std::string& path) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = local_address(path);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), 8) != 0) {
    throw std::runtime_error("cannot listen");
  }
  return socket;
}

Client::Client(const std::string& path)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  set_patience(socket_.get());
  const sockaddr_un address = local_address(path);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

Client::Client(std::uint16_t port, int receive_buffer)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) {
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  set_patience(socket_.get());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void Client::shut_down_sending() {
  ::shutdown(socket_.get(), SHUT_WR);
}

size_t Client::send_some(std::string_view bytes) {
  const ssize_t count =
      ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return count < 0 ? 0 : static_cast<size_t>(count);
}

bool Client::fill() {
  char chunk[65536];
  const ssize_t count = ::recv(socket_.get(), chunk, sizeof chunk, 0);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    throw std::runtime_error("nothing came for ten seconds");
  }
  if (count <= 0) return false;
  buffer_.append(chunk, static_cast<size_t>(count));
  return true;
}

std::string Client::receive() {
  if (buffer_.empty()) fill();
  return std::move(buffer_);
}

std::string Client::receive_all() {
  while (fill()) {
  }
  return std::move(buffer_);
}

std::string Client::receive_head() {
  size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::move(buffer_);
  }
  std::string head = buffer_.substr(0, end + 4);
  buffer_.erase(0, end + 4);
  return head;
}

std::string Client::receive_bytes(size_t count) {
  while (buffer_.size() < count && fill()) {
  }
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, bytes.size());
  return bytes;
}

std::string Client::receive_response() {
  std::string response = receive_head();
  const size_t length = response.find("Content-Length: ");
  if (length != std::string::npos)
    response += receive_bytes(std::stoul(response.substr(length + 16)));
  return response;
}

std::string Client::receive_chunked() {
  std::string body;
  for (;;) {
    size_t end;
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
      if (!fill()) throw std::runtime_error("the connection ended inside a chunked body");
    }
    const size_t size = std::stoul(buffer_.substr(0, end), nullptr, 16);
    buffer_.erase(0, end + 2);
    const std::string chunk = receive_bytes(size + 2);
    if (chunk.size() != size + 2) throw std::runtime_error("the connection ended inside a chunk");
    if (size == 0) return body;
    body.append(chunk, 0, size);
  }
}

}  // namespace cwrangler::server::test
