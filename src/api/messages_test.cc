#include "skein/messages.h"

#include <gtest/gtest.h>

#include "skein/retryable.h"

namespace skein {
namespace {

const TaskAttempt kTask{{"00112233445566778899aabbccddeeff", 2, 3}, 1, 0xfedcba9876543210};

std::vector<CoordinatorMessage::Value> CoordinatorMessages() {
  ExecuteTask task;
  task.task = kTask;
  task.task_count = 4;
  task.fragment = std::string("a\0\xff", 3);
  task.inputs = {{1, {0, uint64_t{1} << 32}, true, 2, {{"host:1", 4, 5, 6, 7}, {"host:2", 1, 1, 0, 9}}, 3, true}, {}};
  task.output = {9, {{0, 10}, {10, 20}}};
  task.scans = {{0, {{1, "payload", 100}, {2, "", 0}}, true}, {}};
  task.is_in_plain_order = true;
  task.is_profiled = true;
  return {task, CancelTask{kTask, "enough"}, Ping{17}, Ping{}};
}

TaskComplete Complete() {
  TaskComplete task;
  task.task = kTask;
  task.units = {{0, {0, 0}, {4, 5}, 3, 24}, {}};
  task.ledgers = {{1, 2, 3, 4, true}, {}};
  task.rows_in = 1;
  task.rows_out = 2;
  task.bytes_in = 3;
  task.bytes_out = 4;
  task.cpu_us = 5;
  task.wall_us = 6;
  task.partial_scans = {0, 1};
  task.rows_per_range = {0, 7, 0};
  task.spill_bytes = 8;
  task.operators = {{0, "HASH_JOIN", 9, 10}, {1, "", 0, 0}};
  task.temp_bytes = 11;
  return task;
}

std::vector<WorkerMessage::Value> WorkerMessages() {
  const auto lost = Retryable(arrow::Status::IOError("worker lost"));
  return {Complete(), TaskFailed{kTask, lost, {{0, 5, true}, {}}, 2, UINT32_MAX}, Heartbeat{17, 1, 2, 3, 4},
          TaskProgress{kTask, 30, 20, 10}};
}

TEST(Messages, OfTheCoordinatorComeBack) {
  for (const auto& value : CoordinatorMessages()) {
    const auto bytes = CoordinatorMessage(value).Serialize();
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const auto back = CoordinatorMessage::Parse(**bytes);
    ASSERT_TRUE(back.ok()) << value.index() << " " << back.status();
    EXPECT_TRUE(back->value() == value) << value.index();
  }
}

TEST(Messages, OfAWorkerComeBack) {
  for (const auto& value : WorkerMessages()) {
    const auto bytes = WorkerMessage(value).Serialize();
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const auto back = WorkerMessage::Parse(**bytes);
    ASSERT_TRUE(back.ok()) << value.index() << " " << back.status();
    EXPECT_EQ(back->value().index(), value.index());
    EXPECT_TRUE((*back->Serialize())->Equals(**bytes)) << value.index();
  }
}

TEST(Messages, OfAFinishedTaskKeepEachField) {
  const auto back = WorkerMessage::Parse(**WorkerMessage(Complete()).Serialize());
  EXPECT_TRUE(std::get<TaskComplete>(back->value()) == Complete());
}

TEST(Messages, OfAFailedTaskKeepWhetherItMayBeRetried) {
  for (const bool is_retryable : {true, false}) {
    const auto error = arrow::Status::IOError("gone");
    const TaskFailed failed{kTask, is_retryable ? Retryable(error) : error, {}, 0, 0};
    const auto back = WorkerMessage::Parse(**WorkerMessage(failed).Serialize());
    const auto& found = std::get<TaskFailed>(back->value());
    EXPECT_EQ(IsRetryable(found.error), is_retryable);
    EXPECT_EQ(found.error.message(), "gone");
  }
}

TEST(Messages, RefuseDamagedBytes) {
  for (const auto& value : CoordinatorMessages()) {
    const auto bytes = CoordinatorMessage(value).Serialize().ValueOrDie();
    for (int64_t size = 0; size < bytes->size(); size++) {
      const auto status = CoordinatorMessage::Parse(*arrow::SliceBuffer(bytes, 0, size)).status();
      EXPECT_TRUE(status.IsInvalid()) << value.index() << " " << size << " of " << bytes->size();
    }
  }
  for (const auto& value : WorkerMessages()) {
    const auto bytes = WorkerMessage(value).Serialize().ValueOrDie();
    for (int64_t size = 0; size < bytes->size(); size++) {
      EXPECT_TRUE(WorkerMessage::Parse(*arrow::SliceBuffer(bytes, 0, size)).status().IsInvalid()) << size;
    }
  }
}

TEST(Messages, RefuseOtherKinds) {
  const auto ping = CoordinatorMessage(Ping{17}).Serialize().ValueOrDie();
  EXPECT_TRUE(WorkerMessage::Parse(*ping).status().IsInvalid());
  const auto heartbeat = WorkerMessage(Heartbeat{17, 1, 2, 3, 4}).Serialize().ValueOrDie();
  EXPECT_TRUE(CoordinatorMessage::Parse(*heartbeat).status().IsInvalid());
  const arrow::Buffer unknown(std::string_view("\xfa\x01\x00", 3));  // field 31, empty
  EXPECT_NE(CoordinatorMessage::Parse(unknown).status().message().find("kind=0"), std::string::npos);
}

TEST(Messages, RefuseWhatTheyDoNotKnow) {
  const auto bytes = CoordinatorMessage(Ping{17}).Serialize().ValueOrDie()->ToString() + "\xfa\x01\x01x";
  EXPECT_TRUE(CoordinatorMessage::Parse(arrow::Buffer(bytes)).status().IsInvalid());
}

TEST(Messages, RefuseATaskWithoutItsName) {
  const arrow::Buffer cancel(std::string_view("\x42\x00", 2));  // field 8, empty
  EXPECT_NE(CoordinatorMessage::Parse(cancel).status().message().find("does not name it"), std::string::npos);
}

TEST(Messages, RefuseToWriteIdsThatAreNone) {
  auto task = kTask;
  task.id.query = "q";
  EXPECT_TRUE(CoordinatorMessage(CancelTask{task, ""}).Serialize().status().IsInvalid());
}

TEST(Messages, RefuseToWriteAFailureWithoutError) {
  EXPECT_TRUE(WorkerMessage(TaskFailed{kTask, arrow::Status::OK(), {}, 0, 0}).Serialize().status().IsInvalid());
}

}  // namespace
}  // namespace skein
