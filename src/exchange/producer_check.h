// Whether what a stream brings is of the producer that was asked. Free functions; any thread.
#pragma once

#include <string>

#include <arrow/status.h>

#include "exchange/channel_resolver.h"

namespace skein::core {

/// "task=1 attempt=0 worker=2 address=h:1"
std::string Describe(const Producer& producer);

/// Checks that a block or trailer is of this producer's attempt and life. Errors (Unavailable) name both.
arrow::Status CheckProducer(const UnitReader::Item& item, const QueryId& query, ExchangeId exchange,
                            const Producer& producer);

}  // namespace skein::core
