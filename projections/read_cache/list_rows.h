// Rows that lists are read from: reorder points, and what is open in a store. Written blindly, each by the event that
// begins or ends it.
#pragma once

#include <rocksdb/write_batch.h>

#include "schemas/events.pb.h"
#include "schemas/record.pb.h"

namespace till::read_cache {

// Adds what `event` changes of them to `batch`; most events change nothing.
void add_list_rows(const schema::Record& record, const schema::Event& event, rocksdb::WriteBatch& batch);

}  // namespace till::read_cache
