#include "extension/encode_query.h"

#include "engine/fragment_codec.h"
#include "engine/parquet_splits.h"

namespace skein::core {

QueryRequest EncodeQuery(duckdb::ClientContext& context, const PlannedQuery& query) {
  QueryRequest request;
  request.plan = query.plan;
  for (StageId id = 0; id < query.stages.size(); id++) {
    const auto& stage = query.stages[id];
    request.fragments[id] = EncodeFragment(context, *stage.fragment);
    for (ScanId scan = 0; scan < stage.scans.size(); scan++) {
      request.splits[{id, scan}] = EnumerateSplits(context, stage.scans[scan]);
    }
  }
  return request;
}

}  // namespace skein::core
