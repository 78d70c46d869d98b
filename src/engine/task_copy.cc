#include "engine/task_copy.h"

#include <cstdio>

#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "engine/task_state.h"

namespace skein::core {
namespace {

// Sorts as the tasks do. Two attempts at a task never write into one folder.
std::string FolderOf(const TaskKey& task) {
  char name[48];
  std::snprintf(name, sizeof(name), "task-%08u-%u", task.task, task.attempt);
  return name;
}

}  // namespace

LogicalTaskCopy::LogicalTaskCopy(duckdb::unique_ptr<duckdb::LogicalCopyToFile> copy,
                                 duckdb::unique_ptr<duckdb::LogicalOperator> child,
                                 std::shared_ptr<const CopyTarget> target)
    : SkeinOperator(OperatorKind::kTaskCopy), copy_(std::move(copy)), target_(std::move(target)) {
  copy_->ResolveOperatorTypes();
  output_types = copy_->types;
  bindings = copy_->GetColumnBindings();
  children.push_back(std::move(child));
  SetEstimatedCardinality(1);
}

duckdb::PhysicalOperator& LogicalTaskCopy::CreatePlan(duckdb::ClientContext& context,
                                                      duckdb::PhysicalPlanGenerator& planner) {
  copy_->file_path = target_->staging_folder + "/" + FolderOf(TaskState::Get(context).context.key);
  copy_->children.push_back(std::move(children[0]));
  children.clear();
  copy_->ResolveOperatorTypes();
  return planner.CreatePlan(static_cast<duckdb::LogicalOperator&>(*copy_));
}

void LogicalTaskCopy::SerializeOwn(duckdb::Serializer& serializer) const {
  if (target_->staging_folder.empty()) {
    throw duckdb::NotImplementedException(
        "a COPY to a folder runs as a whole statement only: its tasks cannot be run alone");
  }
  serializer.WriteProperty(400, "staging_folder", target_->staging_folder);
  serializer.WriteObject(401, "copy", [&](duckdb::Serializer& object) { copy_->Serialize(object); });
}

void LogicalTaskCopy::DeserializeOwn(duckdb::Deserializer& deserializer) {
  auto target = std::make_shared<CopyTarget>();
  deserializer.ReadProperty(400, "staging_folder", target->staging_folder);
  target_ = std::move(target);
  deserializer.ReadObject(401, "copy", [&](duckdb::Deserializer& object) {
    auto op = duckdb::LogicalOperator::Deserialize(object);
    if (op->type != duckdb::LogicalOperatorType::LOGICAL_COPY_TO_FILE) {
      throw duckdb::SerializationException("a fragment that writes files holds no COPY");
    }
    copy_ = duckdb::unique_ptr_cast<duckdb::LogicalOperator, duckdb::LogicalCopyToFile>(std::move(op));
  });
}

}  // namespace skein::core
