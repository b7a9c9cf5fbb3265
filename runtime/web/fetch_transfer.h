// One outgoing request as libcurl sees it: what is sent, what came back, and the brakes on both.

#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/pending_promise.h"
#include "runtime/engine/values.h"
#include "runtime/web/fetches.h"

namespace cwrangler::web {

class FetchTransfer {
 public:
  /// Status line and headers; `headers` is name, value, name, value, ….
  struct Head {
    int status = 0;
    std::string status_text;
    std::vector<std::string> headers;
  };

  explicit FetchTransfer(FetchRequest request);
  FetchTransfer(const FetchTransfer&) = delete;
  FetchTransfer& operator=(const FetchTransfer&) = delete;

  CURL* easy() const { return easy_.get(); }

  /// libcurl is done with it.
  void finish(CURLcode result);
  bool finished() const { return finished_; }
  /// Why it failed, empty when it did not; after finished().
  const std::string& error() const { return error_; }

  bool head_complete() const { return head_complete_; }
  const Head& head() const { return head_; }

  bool has_chunk() const { return !received_.empty(); }
  std::vector<uint8_t> take_chunk();
  /// The receiver reads again: lets libcurl go on when it was held back.
  void resume_receiving();

  /// A streamed body: everything given was sent.
  bool wants_body() const { return body_sent_ == body_.size(); }
  void give_body(std::vector<uint8_t> chunk);
  void end_body();

 private:
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_data(char* data, size_t size, size_t count, void* self);
  static size_t on_read(char* target, size_t size, size_t count, void* self);
  void add_header_line(std::string_view line);
  void set_body(const FetchRequest& request);

  std::unique_ptr<curl_slist, FreeList> headers_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  char error_text_[CURL_ERROR_SIZE] = "";
  bool was_refused_ = false;  // an address, by the rule of reachable.h
  std::string error_;
  Head head_;
  bool head_complete_ = false;
  bool finished_ = false;
  bool streams_body_ = false;
  bool body_ended_ = true;
  bool sending_paused_ = false;
  bool receiving_paused_ = false;
  std::vector<uint8_t> body_;
  size_t body_sent_ = 0;
  std::deque<std::vector<uint8_t>> received_;
  size_t received_bytes_ = 0;
};

}  // namespace cwrangler::web
