// What the HTTP server grants a client before it gives up on it: sizes and times, each with its
// reason. Plain data, so that tests set their own.

#pragma once

#include <chrono>
#include <cstddef>

namespace cwrangler::server {

struct HttpLimits {
  using Duration = std::chrono::milliseconds;

  /// Bytes of a request's head, request line and all fields. Cloudflare's edge takes 128 KB of
  /// request headers together and workerd 64 KiB; what passes here should pass there. Answer: 431.
  size_t head_bytes = size_t{64} << 10;
  /// Bytes of the request line. Cloudflare takes URLs of 16 KB; twice that leaves room for clients
  /// that escape what they need not. Answer: 414.
  size_t request_line_bytes = size_t{32} << 10;
  /// Bytes of one chunk's size line with its extensions, or of all trailers. Nobody sends either
  /// in earnest. Answer: 400.
  size_t chunk_line_bytes = size_t{16} << 10;
  /// What is read at once, and so the largest piece of a body that JavaScript gets: where the cost
  /// of a call into JavaScript no longer shows beside copying the bytes.
  size_t read_bytes = size_t{64} << 10;
  /// Requests sent ahead while one is being answered are kept up to this many bytes; then the
  /// socket is left alone.
  size_t pipelined_bytes = size_t{16} << 10;
  /// A streamed response stops taking bytes when more than this waits for the client: two full
  /// reads of a fast one, small enough for ten thousand slow ones.
  size_t write_high_bytes = size_t{128} << 10;
  /// …and goes on when less than this is left.
  size_t write_low_bytes = size_t{32} << 10;
  /// A body that the Worker did not read is read and dropped up to this, to keep the connection;
  /// beyond it a new connection is cheaper for both sides.
  size_t drain_bytes = size_t{256} << 10;
  /// How many connections may be open on one event loop; the rest waits in the socket's queue.
  /// Below the usual limit of 1024 descriptors would be too few for a load test, and the process
  /// raises its own limit at start.
  size_t connections = size_t{16} << 10;

  /// From a request's first byte to the end of its head. Answer: 408. Against clients that hold a
  /// connection by sending a byte now and then.
  Duration head_timeout{30'000};
  /// Between requests of a connection. Longer than the 60 s for which common clients and proxies
  /// keep theirs, so that it is the client who closes and never a request that meets a close.
  Duration idle_timeout{75'000};
  /// Without a byte of a body that the Worker waits for. Long enough for a phone in a tunnel.
  Duration body_timeout{60'000};
  /// Without a byte of the response being taken.
  Duration write_timeout{60'000};
  /// After the last response, reading on so that the client gets it: closing with unread bytes
  /// resets the connection and the response is lost (RFC 9112 §9.6).
  Duration linger_timeout{2'000};
  /// How often these times are checked; they may pass by this much.
  Duration check_interval{1'000};
  /// After accept() failed for want of descriptors or memory.
  Duration accept_pause{100};
};

}  // namespace cwrangler::server
