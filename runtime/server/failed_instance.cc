#include "runtime/server/failed_instance.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "runtime/server/request_log.h"

namespace cwrangler::server {
namespace {

class FailedInstance final : public Instance, private RequestHandler {
 public:
  FailedInstance(boost::asio::io_context& loop, const HttpLimits& limits, EventSink events,
                 Failure failure, std::shared_ptr<const PageSources> page_sources,
                 InstanceCallbacks callbacks)
      : loop_(loop),
        events_(std::move(events)),
        failure_(std::move(failure)),
        page_sources_(std::move(page_sources)),
        callbacks_(std::move(callbacks)),
        connections_(loop, *this, limits) {}

  bool answers() const override { return false; }
  void serve(const std::vector<Descriptor>& sockets) override { connections_.listen(sockets); }
  void adopt(Handover connection) override { connections_.adopt(std::move(connection)); }
  void retire(std::chrono::milliseconds) override {
    connections_.stop_listening();
    connections_.hand_over(callbacks_.orphaned);
    drain();
  }
  void finish(std::chrono::milliseconds) override {
    connections_.stop_listening();
    connections_.finish();
    drain();
  }
  void end() override {
    connections_.close_all();
    boost::asio::post(loop_, callbacks_.ended);
  }
  void set_tracing(bool) override {}
  void run_scheduled(const std::string&, std::int64_t) override {}
  std::optional<std::chrono::milliseconds> cpu_time_of_call() override { return std::nullopt; }
  void interrupt() override {}
  void terminate(std::string) override {}

 private:
  void on_request(Exchange& exchange) override {
    if (answer_version(exchange, page_sources_.get())) return;
    auto body = std::make_shared<std::string>();
    const ResponseHead head =
        failure_response(failure_, exchange.request(), page_sources_.get(), *body);
    exchange.respond(head, std::span(reinterpret_cast<const uint8_t*>(body->data()), body->size()),
                     body);
  }
  void on_body(Exchange&, std::vector<uint8_t>) override {}
  void on_drained(Exchange&) override {}
  void on_finished(Exchange&, bool, const RequestRecord& record) override {
    log_request(events_, record);
  }

  void drain() {
    connections_.on_idle(callbacks_.drained);
    // A response that its client does not read must not keep this alive.
    if (connections_.active() == 0) boost::asio::post(loop_, callbacks_.drained);
  }

  boost::asio::io_context& loop_;
  const EventSink events_;
  const Failure failure_;
  const std::shared_ptr<const PageSources> page_sources_;
  const InstanceCallbacks callbacks_;
  Connections connections_;
};

}  // namespace

std::unique_ptr<Instance> make_failed_instance(boost::asio::io_context& loop,
                                               const HttpLimits& limits, EventSink events,
                                               Failure failure,
                                               std::shared_ptr<const PageSources> page_sources,
                                               InstanceCallbacks callbacks) {
  return std::make_unique<FailedInstance>(loop, limits, std::move(events), std::move(failure),
                                          std::move(page_sources), std::move(callbacks));
}

}  // namespace cwrangler::server
