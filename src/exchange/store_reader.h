// Reads the units of one producer out of a retained store, while they are still being made. Owned by its caller; one
// thread at a time.
#pragma once

#include <memory>

#include "exchange/stored_query.h"

namespace skein::core {

/// `mutex` is the store's, which guards what `query` points to and must outlive the reader. Blocks of other ranges are
/// left out.
std::unique_ptr<UnitReader> MakeStoreReader(Mutex& mutex, std::shared_ptr<StoredQuery> query, ProducerKey key,
                                            PartitionRange range);

}  // namespace skein::core
