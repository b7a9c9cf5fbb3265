#include "cli/deploy/blake3.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace cwrangler::cli {
namespace {

using Words = std::array<std::uint32_t, 8>;
using Block = std::array<std::uint32_t, 16>;

constexpr size_t kBlockBytes = 64;
constexpr size_t kChunkBytes = 1024;

constexpr std::uint32_t kChunkStart = 1;
constexpr std::uint32_t kChunkEnd = 2;
constexpr std::uint32_t kParent = 4;
constexpr std::uint32_t kRoot = 8;

constexpr Words kStart{0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                       0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

constexpr std::array<size_t, 16> kPermutation{2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};

void mix(Block& state, size_t a, size_t b, size_t c, size_t d, std::uint32_t x, std::uint32_t y) {
  state[a] += state[b] + x;
  state[d] = std::rotr(state[d] ^ state[a], 16);
  state[c] += state[d];
  state[b] = std::rotr(state[b] ^ state[c], 12);
  state[a] += state[b] + y;
  state[d] = std::rotr(state[d] ^ state[a], 8);
  state[c] += state[d];
  state[b] = std::rotr(state[b] ^ state[c], 7);
}

/// One node of the tree that is not compressed yet: which flags its last block gets depends on
/// whether it is the root.
struct Node {
  Words chaining = kStart;
  Block block{};
  std::uint64_t counter = 0;
  std::uint32_t length = 0;
  std::uint32_t flags = 0;

  Words compressed(std::uint32_t more_flags = 0) const {
    constexpr int kRounds = 7;
    Block state{};
    std::copy(chaining.begin(), chaining.end(), state.begin());
    std::copy_n(kStart.begin(), 4, state.begin() + 8);
    state[12] = static_cast<std::uint32_t>(counter);
    state[13] = static_cast<std::uint32_t>(counter >> 32);
    state[14] = length;
    state[15] = flags | more_flags;
    Block message = block;
    for (int round = 0; round < kRounds; ++round) {
      for (size_t i = 0; i < 4; ++i) {
        mix(state, i, 4 + i, 8 + i, 12 + i, message[2 * i], message[2 * i + 1]);
      }
      for (size_t i = 0; i < 4; ++i) {
        mix(state, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, message[8 + 2 * i],
            message[9 + 2 * i]);
      }
      Block permuted{};
      for (size_t i = 0; i < 16; ++i) permuted[i] = message[kPermutation[i]];
      message = permuted;
    }
    Words result{};
    for (size_t i = 0; i < 8; ++i) result[i] = state[i] ^ state[i + 8];
    return result;
  }
};

Block words_of(std::string_view bytes) {
  Block block{};
  for (size_t i = 0; i < bytes.size(); ++i) {
    block[i / 4] |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (i % 4 * 8);
  }
  return block;
}

Node chunk_node(std::string_view chunk, std::uint64_t index) {
  Node node;
  node.counter = index;
  node.flags = kChunkStart;
  while (chunk.size() > kBlockBytes) {
    node.block = words_of(chunk.substr(0, kBlockBytes));
    node.length = kBlockBytes;
    node.chaining = node.compressed();
    node.flags = 0;
    chunk.remove_prefix(kBlockBytes);
  }
  node.block = words_of(chunk);
  node.length = static_cast<std::uint32_t>(chunk.size());
  node.flags |= kChunkEnd;
  return node;
}

Node parent_node(const Words& left, const Words& right) {
  Node node;
  std::copy(left.begin(), left.end(), node.block.begin());
  std::copy(right.begin(), right.end(), node.block.begin() + 8);
  node.length = kBlockBytes;
  node.flags = kParent;
  return node;
}

}  // namespace

std::string blake3_hex(std::string_view data) {
  // Subtrees that are whole, the largest first: as many as the count of chunks has bits set.
  std::vector<Words> subtrees;
  std::uint64_t chunks = 0;
  while (data.size() > kChunkBytes) {
    Words value = chunk_node(data.substr(0, kChunkBytes), chunks++).compressed();
    for (std::uint64_t whole = chunks; whole % 2 == 0; whole /= 2) {
      value = parent_node(subtrees.back(), value).compressed();
      subtrees.pop_back();
    }
    subtrees.push_back(value);
    data.remove_prefix(kChunkBytes);
  }
  Node node = chunk_node(data, chunks);
  for (; !subtrees.empty(); subtrees.pop_back()) {
    node = parent_node(subtrees.back(), node.compressed());
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const std::uint32_t word : node.compressed(kRoot)) {
    for (int shift = 0; shift < 32; shift += 8) {
      const std::uint32_t byte = word >> shift & 0xFF;
      hex += kDigits[byte >> 4];
      hex += kDigits[byte & 15];
    }
  }
  return hex;
}

}  // namespace cwrangler::cli
