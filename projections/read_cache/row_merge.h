// How RocksDB folds blind changes into rows: counters add up, everything else appends; a
// customer's fields replace those of before.
#pragma once

#include <memory>

#include <rocksdb/merge_operator.h>

namespace till::read_cache {

// Thread safe. Its name is stored in the database: rows of another fold are not opened.
std::shared_ptr<rocksdb::MergeOperator> make_row_merge();

}  // namespace till::read_cache
