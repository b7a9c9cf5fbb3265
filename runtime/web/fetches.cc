#include "runtime/web/fetches.h"

#include <curl/curl.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <mutex>

#include "runtime/engine/script_scope.h"
#include "runtime/web/fetch_transfer.h"

namespace cwrangler::web {

/// A socket of libcurl's that the event loop looks at. The socket is not ours to close.
struct Fetches::Watch {
  explicit Watch(boost::asio::io_context& loop) : descriptor(loop) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() { let_go(); }

  /// The socket may be closed, and its number used again, from now on.
  void let_go() {
    if (descriptor.is_open()) descriptor.release();
    wanted = 0;
  }

  boost::asio::posix::stream_descriptor descriptor;
  int wanted = 0;  ///< CURL_POLL_IN, CURL_POLL_OUT or both
  bool waits_to_read = false;
  bool waits_to_write = false;
};

/// A transfer with the promises that JavaScript waits for.
class Fetches::Transfer : public FetchTransfer {
 public:
  Transfer(engine::Isolate& isolate, FetchRequest request)
      : FetchTransfer(std::move(request)), isolate_(isolate) {}

  std::optional<engine::PendingPromise> response;
  std::optional<engine::PendingPromise> reading;
  std::optional<engine::PendingPromise> writing;

  /// Whether something can be told to JavaScript now.
  bool ready() const {
    return (response && (head_complete() || finished())) ||
           (reading && (has_chunk() || finished())) || (writing && (wants_body() || finished()));
  }

  /// Settles what can be. Inside a ScriptScope. True when the body's end was told, that is when the
  /// transfer is not needed any more.
  bool settle() {
    if (response && head_complete()) {
      take(response).resolve(head_value());
    } else if (response && finished()) {
      take(response).reject(error());
    }
    if (writing && (finished() || wants_body())) {
      take(writing).resolve(v8::Boolean::New(isolate_.v8(), !finished()));
    }
    if (!reading) return false;
    if (has_chunk()) {
      take(reading).resolve(engine::move_to_uint8array(isolate_.v8(), take_chunk()));
      return false;
    }
    if (!finished()) return false;
    if (error().empty()) {
      take(reading).resolve(v8::Null(isolate_.v8()));
    } else {
      take(reading).reject(error());
    }
    return true;
  }

  void reject_all(std::string_view reason) {
    for (auto* promise : {&response, &reading, &writing}) {
      if (*promise) take(*promise).reject(reason);
    }
  }

 private:
  static engine::PendingPromise take(std::optional<engine::PendingPromise>& promise) {
    engine::PendingPromise taken = std::move(*promise);
    promise.reset();
    return taken;
  }

  v8::Local<v8::Value> head_value() const {
    v8::Isolate* const v8 = isolate_.v8();
    std::vector<v8::Local<v8::Value>> headers;
    for (const std::string& part : head().headers) {
      headers.push_back(engine::latin1_to_string(v8, part));
    }
    v8::Local<v8::Value> parts[] = {v8::Integer::New(v8, head().status),
                                    engine::latin1_to_string(v8, head().status_text),
                                    v8::Array::New(v8, headers.data(), headers.size())};
    return v8::Array::New(v8, parts, std::size(parts));
  }

  engine::Isolate& isolate_;
};

Fetches::Fetches(engine::Isolate& isolate) : isolate_(isolate), timer_(isolate.loop()) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  multi_ = curl_multi_init();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Fetches::socket_changed);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Fetches::timeout_changed);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

Fetches::~Fetches() {
  for (const auto& [id, transfer] : transfers_) curl_multi_remove_handle(multi_, transfer->easy());
  transfers_.clear();
  curl_multi_cleanup(multi_);
}

int32_t Fetches::start(FetchRequest request) {
  const int32_t id = ++last_id_;
  auto transfer = std::make_unique<Transfer>(isolate_, std::move(request));
  const CURLMcode added = curl_multi_add_handle(multi_, transfer->easy());
  if (added != CURLM_OK) throw std::runtime_error(curl_multi_strerror(added));
  transfers_.emplace(id, std::move(transfer));
  return id;
}

Fetches::Transfer& Fetches::find(int32_t id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) throw std::runtime_error("the request is over");
  return *found->second;
}

v8::Local<v8::Promise> Fetches::response(int32_t id) {
  return find(id).response.emplace(isolate_.v8()).promise();
}

v8::Local<v8::Promise> Fetches::read(int32_t id) {
  Transfer& transfer = find(id);
  const v8::Local<v8::Promise> promise = transfer.reading.emplace(isolate_.v8()).promise();
  if (transfer.settle()) {
    curl_multi_remove_handle(multi_, transfer.easy());
    transfers_.erase(id);
  } else {
    transfer.resume_receiving();
  }
  return promise;
}

v8::Local<v8::Promise> Fetches::write(int32_t id, std::vector<uint8_t> chunk) {
  if (!transfers_.contains(id)) {
    engine::PendingPromise over(isolate_.v8());
    over.resolve(v8::False(isolate_.v8()));
    return over.promise();
  }
  Transfer& transfer = find(id);
  transfer.give_body(std::move(chunk));
  return transfer.writing.emplace(isolate_.v8()).promise();
}

void Fetches::end_body(int32_t id) {
  if (transfers_.contains(id)) find(id).end_body();
}

void Fetches::cancel(int32_t id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return;
  const std::unique_ptr<Transfer> transfer = std::move(found->second);
  transfers_.erase(found);
  curl_multi_remove_handle(multi_, transfer->easy());
  transfer->reject_all("The request was cancelled.");
}

int Fetches::socket_changed(void*, int socket, int what, void* self_pointer, void*) {
  Fetches& self = *static_cast<Fetches*>(self_pointer);
  if (what == CURL_POLL_REMOVE) {
    // The handler that led here may still hold the watch.
    if (const auto found = self.watches_.find(socket); found != self.watches_.end()) {
      found->second->let_go();
      self.watches_.erase(found);
    }
    return 0;
  }
  auto& watch = self.watches_[socket];
  if (!watch) {
    watch = std::make_shared<Watch>(self.isolate_.loop());
    boost::system::error_code error;
    watch->descriptor.assign(socket, error);
    if (error) {
      self.watches_.erase(socket);
      return -1;  // libcurl ends the transfer
    }
  }
  watch->wanted = what;
  self.wait(watch, false);
  self.wait(watch, true);
  return 0;
}

void Fetches::wait(const std::shared_ptr<Watch>& watch, bool for_write) {
  bool& waits = for_write ? watch->waits_to_write : watch->waits_to_read;
  if (waits || (watch->wanted & (for_write ? CURL_POLL_OUT : CURL_POLL_IN)) == 0) return;
  waits = true;
  // Only the map owns a watch, so that libcurl can close the socket at once.
  watch->descriptor.async_wait(
      for_write ? boost::asio::posix::stream_descriptor::wait_write
                : boost::asio::posix::stream_descriptor::wait_read,
      [this, alive = std::weak_ptr<int>(alive_), weak = std::weak_ptr<Watch>(watch),
       socket = watch->descriptor.native_handle(),
       for_write](const boost::system::error_code& error) {
        const std::shared_ptr<Watch> current = weak.lock();
        if (alive.expired() || !current) return;
        (for_write ? current->waits_to_write : current->waits_to_read) = false;
        const int ready = for_write ? CURL_CSELECT_OUT : CURL_CSELECT_IN;
        if ((current->wanted & (for_write ? CURL_POLL_OUT : CURL_POLL_IN)) != 0) {
          act(socket, error ? CURL_CSELECT_ERR : ready);
        }
        wait(current, for_write);  // unless nothing is wanted any more
      });
}

int Fetches::timeout_changed(void*, long milliseconds, void* self_pointer) {
  Fetches& self = *static_cast<Fetches*>(self_pointer);
  if (milliseconds < 0) {
    self.timer_.cancel();
    return 0;
  }
  self.timer_.expires_after(std::chrono::milliseconds(milliseconds));
  self.timer_.async_wait(
      [&self, alive = std::weak_ptr<int>(self.alive_)](const boost::system::error_code& error) {
        if (!error && !alive.expired()) self.act(CURL_SOCKET_TIMEOUT, 0);
      });
  return 0;
}

void Fetches::act(int socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  collect_finished();
  settle();
}

void Fetches::collect_finished() {
  int left = 0;
  while (CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    reinterpret_cast<FetchTransfer*>(transfer)->finish(message->data.result);
  }
}

void Fetches::settle() {
  std::vector<int32_t> ready;
  for (const auto& [id, transfer] : transfers_) {
    if (transfer->ready()) ready.push_back(id);
  }
  for (const int32_t id : ready) {
    const engine::ScriptScope scope(isolate_);  // microtasks run at its end and may cancel others
    const auto found = transfers_.find(id);
    if (found == transfers_.end() || !found->second->settle()) continue;
    curl_multi_remove_handle(multi_, found->second->easy());
    transfers_.erase(found);
  }
}

}  // namespace cwrangler::web
