// The Workers' listener: takes requests, finds the process that answers, and passes bytes both ways
// as fast as the slower side takes them.
//
// On the serving loop's thread only.

#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "edge/http/listener.h"
#include "edge/serving/fleet.h"
#include "edge/serving/request_counts.h"
#include "edge/serving/routing.h"

namespace cwrangler::edge {

class Gateway {
 public:
  /// Listens at once; accepts from start() on.
  Gateway(boost::asio::io_context& loop, const ServingOptions& options, Routing& routing,
          Fleet& fleet);

  std::uint16_t port() const { return listener_->port(); }
  void start() { listener_->start(); }
  void stop() { listener_->stop(); }

  const RequestCounts& counts() const { return counts_; }

 private:
  class Exchange;
  template <class Stream>
  boost::asio::awaitable<void> converse(Stream& stream, std::string client);
  template <class Stream>
  boost::asio::awaitable<bool> exchange(Stream& stream, boost::beast::flat_buffer& buffer,
                                        const std::string& client);

  boost::asio::io_context& loop_;
  const ServingOptions options_;
  Routing& routing_;
  Fleet& fleet_;
  RequestCounts counts_;
  /// Requests under way, by account and Worker.
  std::map<std::pair<std::string, std::string>, size_t> under_way_;
  std::shared_ptr<Listener> listener_;
};

}  // namespace cwrangler::edge
