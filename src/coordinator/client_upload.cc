#include "coordinator/client_upload.h"

#include <utility>

#include "base/error.h"

namespace skein::core {

arrow::Status CheckClientInputs(const QueryRequest& request) {
  for (const auto& exchange : request.plan.exchanges) {
    if (!exchange.is_from_client()) continue;
    const auto found = request.client_inputs.find(exchange.id);
    if (found == request.client_inputs.end() || !found->second) {
      return InternalError("exchange " + std::to_string(exchange.id) + " has no rows of the client");
    }
  }
  return arrow::Status::OK();
}

std::vector<ClientUpload> TakeUploads(QueryRequest& request, const TaskTable& tasks) {
  std::vector<ClientUpload> uploads;
  for (const auto& exchange : request.plan.exchanges) {
    if (!exchange.is_from_client()) continue;
    const auto home = tasks.ProducersOf(exchange)[0];
    const UnitKey key{tasks.query(), exchange.id, home.task, home.attempt, home.incarnation, 0};
    uploads.push_back({key, home.address, std::move(request.client_inputs[exchange.id])});
  }
  request.client_inputs.clear();
  return uploads;
}

}  // namespace skein::core
