// Reads units out of a RetainedStore of the same process, by pointer.
#pragma once

#include <memory>
#include <string>

#include "exchange/channel_resolver.h"

namespace skein::core {

/// Serves `own_address` from `store`, everything else through `remote` (may be null: then an error).
/// `store` must outlive the resolver and its streams.
std::shared_ptr<ChannelResolver> MakeLocalChannelResolver(std::string own_address, RetainedStore& store,
                                                          std::shared_ptr<ChannelResolver> remote);

}  // namespace skein::core
