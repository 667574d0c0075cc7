#pragma once
/// The forms of rundown reference that one test runs over (R107): the tests of one are the tests of all.
#include <cstddef>

#include <nmr/rundown.hpp>

/// Sharded whatever the machine: the default is one shard where there is one processor.
class ManyShards : public nmr::ShardedRundownRef {
 public:
  ManyShards() noexcept : BasicShardedRundownRef(kShards) {}
  explicit ManyShards(BornRunDown born) noexcept : BasicShardedRundownRef(born, kShards) {}

 private:
  static constexpr std::size_t kShards = 16;
};
