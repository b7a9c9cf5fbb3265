// The v4 API: requests with the user's credentials, tried again where that is safe, and what the
// envelope around each answer says.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/api/api_error.h"
#include "cli/api/credentials.h"
#include "cli/api/envelope.h"
#include "cli/api/http.h"

namespace cwrangler::cli {

/// How often a request is tried again.
enum class Retry {
  by_method,  ///< POST only where the server has not seen it, or asks for patience
  always,     ///< whatever the method: what it makes twice does no harm
  never,
};

struct ApiCall {
  std::string method = "GET";
  std::string path;  ///< below the base URL, with a slash in front, encoded
  Query query;
  std::vector<HttpHeader> headers;  ///< an Authorization here takes the place of the credentials
  std::string_view body;            ///< must outlive the call
  std::string content_type;         ///< of the body; empty: not sent
  Retry retry = Retry::by_method;
  std::function<void(std::uint64_t sent)> progress;
};

class ApiClient {
 public:
  /// Waits before an attempt is repeated.
  using Sleep = std::function<void(std::chrono::milliseconds)>;

  /// `transport` must outlive the client. `base_url`: see api_base_url.
  ApiClient(HttpTransport& transport, std::string base_url, Credentials credentials, Sleep sleep);

  /// The envelope of an answer that is a success. Throws ApiError when the API refuses, when what
  /// comes back is no envelope, and TransportError when nothing does.
  Envelope exchange(const ApiCall& call);

  /// The `result` of the same.
  ApiJson call(const ApiCall& call) { return exchange(call).result; }
  ApiJson get(const std::string& path, const Query& query = {});
  ApiJson remove(const std::string& path, const Query& query = {});
  ApiJson post(const std::string& path, const ApiJson& body, Retry retry = Retry::by_method);
  ApiJson put(const std::string& path, const ApiJson& body);
  ApiJson patch(const std::string& path, const ApiJson& body);

  /// The bytes of an answer that comes without an envelope, piece by piece. What comes with another
  /// status than 2xx is an ApiError.
  void download(const std::string& path, const std::function<void(std::string_view)>& sink,
                std::vector<HttpHeader> headers = {});

  /// The `data` of the answer to a GraphQL question, which has an envelope of its own: {data,
  /// errors}. Throws ApiError as exchange().
  ApiJson question(const ApiCall& call);

  /// All items of a list in pages: by `page` from 1 on, or, where the answer has a cursor, by that.
  /// `key`: where in the result the list is; empty: the result is the list.
  std::vector<ApiJson> list(const std::string& path, Query query = {}, const std::string& key = {});

  const Credentials& credentials() const { return credentials_; }
  const std::string& base_url() const { return base_url_; }
  /// The build of the runtime whose memory snapshots the server takes with uploads, as its answers
  /// so far have said; empty: it takes none.
  const std::string& snapshot_build() const { return snapshot_build_; }

 private:
  HttpResponse attempt(const ApiCall& call, const std::function<void(std::string_view)>& sink);
  ApiJson send_json(const char* method, const std::string& path, const ApiJson& body, Retry retry);

  HttpTransport& transport_;
  const std::string base_url_;
  const Credentials credentials_;
  const Sleep sleep_;
  std::string snapshot_build_;
};

}  // namespace cwrangler::cli
