#include "runtime/web/fetch_transfer.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "runtime/web/authorities.h"
#include "runtime/web/reachable.h"

namespace cwrangler::web {
namespace {

/// How much of a response waits for its reader before the sender is held back.
constexpr size_t RECEIVE_LIMIT = 256 * 1024;
/// libcurl's default of five minutes is longer than any client waits.
constexpr long CONNECT_TIMEOUT_SECONDS = 60;
/// Longest buffer libcurl takes from a socket at once.
constexpr long BUFFER_SIZE = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view SPACE = " \t\r\n";
  const size_t first = text.find_first_not_of(SPACE);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(SPACE) - first + 1);
}

/// `refused` is a bool: whether the rule has kept an address from being connected to.
curl_socket_t open_socket(void* refused, curlsocktype, curl_sockaddr* address) {
  if (!may_reach(address->addr)) {
    *static_cast<bool*>(refused) = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace

FetchTransfer::FetchTransfer(FetchRequest request) : easy_(curl_easy_init()) {
  if (!easy_) throw std::runtime_error("not enough memory for a request");
  CURL* const easy = easy_.get();
  // Left alone, libcurl waits a second for "100 Continue" before it sends a large body.
  request.headers.emplace_back("Expect:");
  for (const std::string& header : request.headers) {
    curl_slist* const longer = curl_slist_append(headers_.get(), header.c_str());
    if (longer == nullptr) throw std::runtime_error("not enough memory for a request");
    (void)headers_.release();
    headers_.reset(longer);
  }
  curl_easy_setopt(easy, CURLOPT_PRIVATE, static_cast<FetchTransfer*>(this));
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_SECONDS);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // every coding that libcurl decodes
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &FetchTransfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &FetchTransfer::on_data);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  if (request.url.starts_with("https:")) trust_authorities(easy);
  // A proxy would resolve the name itself, past the rule.
  if (request.direct || are_private_addresses_denied()) {
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  }
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &was_refused_);
  set_body(request);
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  body_ = std::move(request.body);
}

void FetchTransfer::set_body(const FetchRequest& request) {
  if (!request.has_body) return;
  streams_body_ = request.streams_body;
  body_ended_ = !streams_body_;
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &FetchTransfer::on_read);
  curl_easy_setopt(easy, CURLOPT_READDATA, this);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                   streams_body_ ? static_cast<curl_off_t>(request.streamed_length)
                                 : static_cast<curl_off_t>(request.body.size()));
}

void FetchTransfer::finish(CURLcode result) {
  finished_ = true;
  // A server may end without the empty line behind its head; libcurl takes it for whole.
  if (result == CURLE_OK) {
    head_complete_ = head_complete_ || head_.status >= 200;
    return;
  }
  error_ = error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(result);
  if (result == CURLE_COULDNT_CONNECT && was_refused_) error_ = kUnreachable;
}

std::vector<uint8_t> FetchTransfer::take_chunk() {
  std::vector<uint8_t> chunk = std::move(received_.front());
  received_.pop_front();
  received_bytes_ -= chunk.size();
  return chunk;
}

void FetchTransfer::resume_receiving() {
  if (!receiving_paused_ || received_bytes_ >= RECEIVE_LIMIT) return;
  receiving_paused_ = false;
  curl_easy_pause(easy_.get(), sending_paused_ ? CURLPAUSE_SEND : CURLPAUSE_CONT);
}

void FetchTransfer::give_body(std::vector<uint8_t> chunk) {
  body_ = std::move(chunk);
  body_sent_ = 0;
  if (!sending_paused_) return;
  sending_paused_ = false;
  curl_easy_pause(easy_.get(), receiving_paused_ ? CURLPAUSE_RECV : CURLPAUSE_CONT);
}

void FetchTransfer::end_body() {
  body_ended_ = true;
  if (sending_paused_) give_body({});
}

size_t FetchTransfer::on_header(char* data, size_t size, size_t count, void* self) {
  static_cast<FetchTransfer*>(self)->add_header_line({data, size * count});
  return size * count;
}

void FetchTransfer::add_header_line(std::string_view line) {
  if (head_complete_) return;  // a trailer
  if (line.starts_with("HTTP/")) {
    // "HTTP/1.1 200 OK"; a new one follows an interim response
    head_ = {};
    const size_t space = std::min(line.find(' '), line.size());
    std::string_view rest = trimmed(line.substr(space));
    std::from_chars(rest.data(), rest.data() + rest.size(), head_.status);
    head_.status_text = trimmed(rest.substr(std::min(rest.find(' '), rest.size())));
    return;
  }
  const std::string_view text = trimmed(line);
  if (text.empty()) {
    head_complete_ = head_.status >= 200;
    return;
  }
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return;
  head_.headers.emplace_back(trimmed(text.substr(0, colon)));
  head_.headers.emplace_back(trimmed(text.substr(colon + 1)));
}

size_t FetchTransfer::on_data(char* data, size_t size, size_t count, void* self_pointer) {
  FetchTransfer& self = *static_cast<FetchTransfer*>(self_pointer);
  if (self.received_bytes_ >= RECEIVE_LIMIT) {
    self.receiving_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;  // libcurl keeps this data and gives it again
  }
  const auto* const bytes = reinterpret_cast<const uint8_t*>(data);
  self.received_.emplace_back(bytes, bytes + size * count);
  self.received_bytes_ += size * count;
  return size * count;
}

size_t FetchTransfer::on_read(char* target, size_t size, size_t count, void* self_pointer) {
  FetchTransfer& self = *static_cast<FetchTransfer*>(self_pointer);
  const size_t length = std::min(size * count, self.body_.size() - self.body_sent_);
  if (length == 0 && !self.body_ended_) {
    self.sending_paused_ = true;
    return CURL_READFUNC_PAUSE;
  }
  if (length > 0) std::memcpy(target, self.body_.data() + self.body_sent_, length);
  self.body_sent_ += length;
  return length;
}

}  // namespace cwrangler::web
