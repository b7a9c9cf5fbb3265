#include "cli/api/curl_transport.h"

#include <array>

#include "base/ascii.h"
#include "cli/api/curl_library.h"

namespace cwrangler::cli {
namespace {

constexpr long kConnectSeconds = 30;
/// A Worker is started and checked while the client waits for the answer to its upload.
constexpr long kSilentSeconds = 300;
constexpr size_t kLargestBody = 64UL << 20;

/// What libcurl's callbacks work on.
struct Exchange {
  const HttpRequest& request;
  const CurlLibrary& curl;
  CURL* handle;
  HttpResponse response;
  bool too_large = false;
  std::exception_ptr failure;  ///< thrown by a callback of the request's
};

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

size_t take_header(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  // A new status line: what came before was an interim answer, or a proxy's.
  if (line.starts_with("HTTP/")) exchange.response.headers.clear();
  const size_t colon = line.find(':');
  if (colon != line.npos) {
    exchange.response.headers.push_back(
        {std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))});
  }
  return size * count;
}

size_t take_body(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view piece(data, size * count);
  try {
    long status = 0;
    exchange.curl.info(exchange.handle, CURLINFO_RESPONSE_CODE, &status);
    if (exchange.request.sink && status >= 200 && status < 300) {
      exchange.request.sink(piece);
      return piece.size();
    }
    if (exchange.response.body.size() + piece.size() > kLargestBody) {
      exchange.too_large = true;
      return 0;
    }
    exchange.response.body += piece;
    return piece.size();
  } catch (...) {
    exchange.failure = std::current_exception();
    return 0;
  }
}

int report_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto& exchange = *static_cast<Exchange*>(user);
  try {
    exchange.request.progress(static_cast<std::uint64_t>(sent));
    return 0;
  } catch (...) {
    exchange.failure = std::current_exception();
    return 1;
  }
}

/// Whether the connection was never there.
bool before_sending(CURLcode code) {
  return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
         code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR ||
         code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_UNSUPPORTED_PROTOCOL ||
         code == CURLE_URL_MALFORMAT;
}

std::string advice_for(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return "Is the network there? Behind a proxy, HTTPS_PROXY names it; CLOUDFLARE_API_BASE_URL "
             "names another API.";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "HTTPS_PROXY and HTTP_PROXY name the proxy.";
    case CURLE_PEER_FAILED_VERIFICATION:
      return "Where a proxy shows certificates of its own, NODE_EXTRA_CA_CERTS names a file with "
             "its authority, or SSL_CERT_FILE a bundle.";
    default:
      return {};
  }
}

class HeaderList {
 public:
  HeaderList(const CurlLibrary& curl, const std::vector<HttpHeader>& headers) : curl_(curl) {
    // Without this libcurl waits for the server's leave before it sends a large body.
    add("Expect:");
    // Nor does it make up a type for a body that has none.
    bool typed = false;
    for (const HttpHeader& header : headers) {
      typed = typed || ascii_lower(header.name) == "content-type";
      add(header.name + ": " + header.value);
    }
    if (!typed) add("Content-Type:");
  }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() { curl_.free_list(list_); }

  curl_slist* get() const { return list_; }

 private:
  void add(const std::string& line) {
    curl_slist* const longer = curl_.append(list_, line.c_str());
    if (longer != nullptr) list_ = longer;
  }

  const CurlLibrary& curl_;
  curl_slist* list_ = nullptr;
};

}  // namespace

struct CurlTransport::Handle {
  Handle() : curl(CurlLibrary::get()), easy(curl.init()) {
    if (easy == nullptr) throw Error("no memory").while_doing("preparing a request");
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { curl.cleanup(easy); }

  const CurlLibrary& curl;
  CURL* const easy;
};

CurlTransport::CurlTransport(NetworkSettings settings) : network_(std::move(settings)) {}

CurlTransport::~CurlTransport() = default;

HttpResponse CurlTransport::send(const HttpRequest& request) {
  if (!handle_) handle_ = std::make_unique<Handle>();
  const CurlLibrary& curl = handle_->curl;
  CURL* const easy = handle_->easy;
  curl.reset(easy);
  Exchange exchange{request, curl, easy, {}, false, {}};
  const HeaderList headers(curl, request.headers);
  std::array<char, CURL_ERROR_SIZE> detail{};

  curl.set(easy, CURLOPT_URL, request.url.c_str());
  curl.set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl.set(easy, CURLOPT_NOSIGNAL, 1L);
  curl.set(easy, CURLOPT_ERRORBUFFER, detail.data());
  curl.set(easy, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl.set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl.set(easy, CURLOPT_LOW_SPEED_TIME, kSilentSeconds);
  curl.set(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl.set(easy, CURLOPT_HTTPHEADER, headers.get());
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    curl.set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl.set(easy, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
  }
  curl.set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl.set(easy, CURLOPT_HEADERFUNCTION, &take_header);
  curl.set(easy, CURLOPT_HEADERDATA, &exchange);
  curl.set(easy, CURLOPT_WRITEFUNCTION, &take_body);
  curl.set(easy, CURLOPT_WRITEDATA, &exchange);
  if (request.progress) {
    curl.set(easy, CURLOPT_NOPROGRESS, 0L);
    curl.set(easy, CURLOPT_XFERINFOFUNCTION, &report_progress);
    curl.set(easy, CURLOPT_XFERINFODATA, &exchange);
  }
  network_.apply(curl, easy, request.url);

  const CURLcode code = curl.perform(easy);
  if (exchange.failure) std::rethrow_exception(exchange.failure);
  if (exchange.too_large) throw TransportError("The answer is larger than 64 MiB", true);
  if (code != CURLE_OK) {
    TransportError error(detail[0] != '\0' ? detail.data() : curl.message(code),
                         !before_sending(code));
    error.hint(advice_for(code));
    throw error;
  }
  long status = 0;
  curl.info(easy, CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  return std::move(exchange.response);
}

}  // namespace cwrangler::cli
