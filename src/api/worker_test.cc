#include "skein/worker.h"

#include "api/api_fixture.h"

namespace skein {
namespace {

class WorkerTest : public ApiCluster {
 protected:
  static int64_t CountRows(const TaskResult& result) {
    int64_t rows = 0;
    for (const auto& batch : result.rows) rows += batch->num_rows();
    return rows;
  }
};

TEST_F(WorkerTest, AcceptsTasksWhenItHasSlots) {
  const auto worker = Must(Worker::Start(SmallWorker()));
  EXPECT_TRUE(worker->CanAcceptTask());
  EXPECT_EQ(worker->running_tasks(), 0U);
}

TEST_F(WorkerTest, IsAnotherOneInEachLife) {
  const auto first = Must(Worker::Start(SmallWorker())), second = Must(Worker::Start(SmallWorker()));
  EXPECT_NE(first->id(), second->id());
}

TEST_F(WorkerTest, NamesAnAddressInUse) {
  const auto first = Must(Worker::Start(SmallWorker()));
  auto options = SmallWorker();
  options.address = first->address();
  const auto second = Worker::Start(options);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().message().find(first->address()), std::string::npos) << second.status().ToString();
}

TEST_F(WorkerTest, RefusesWhatIsNoAddress) {
  for (const auto* address : {"", "here", "here:", ":1", "here:70000", "here:x"}) {
    auto options = SmallWorker();
    options.address = address;
    EXPECT_TRUE(Worker::Start(options).status().IsInvalid()) << address;
  }
}

TEST_F(WorkerTest, RefusesOptionsOutOfRangeByName) {
  auto options = SmallWorker();
  options.threads = 0;
  EXPECT_EQ(Worker::Start(options).status().message(), "threads = 0 is out of range: 1 to 1024");
}

TEST_F(WorkerTest, RunsTheTasksOfAPlan) {
  StartCluster(2);
  const auto plan = Must(executor_->Plan("SELECT k, count(*) FROM " + MakeFile() + " WHERE k < 5 GROUP BY k"));
  int64_t partial_rows = 0;
  std::vector<ExecuteTask> tasks = Must(executor_->MakeTasks(plan, 0));
  ASSERT_EQ(tasks.size(), 2U);
  uint64_t rows_in = 0;
  for (size_t i = 0; i < tasks.size(); i++) {
    const auto result = Must(workers_[i]->ExecuteTask(tasks[i]));
    partial_rows += CountRows(result);
    rows_in += result.report.rows_in;
  }
  EXPECT_EQ(rows_in, 50000U);      // what the scans give, after their filter
  EXPECT_EQ(partial_rows, 2 * 5);  // each task has each key
}

TEST_F(WorkerTest, ReadsWhatTasksOfAnotherWorkerPutOut) {
  StartCluster(2);
  const auto plan = Must(executor_->Plan("SELECT k, count(*) FROM " + MakeFile() + " GROUP BY k"));
  auto makers = Must(executor_->MakeTasks(plan, 0)), readers = Must(executor_->MakeTasks(plan, 1));
  std::vector<ExecuteTask::Producer> producers;
  for (size_t i = 0; i < makers.size(); i++) {
    producers.push_back(Must(workers_[i]->ExecuteTask(makers[i])).producer);
  }
  int64_t groups = 0;
  for (size_t i = 0; i < readers.size(); i++) {
    readers[i].task.id.query = makers[0].task.id.query;
    readers[i].inputs[0].producers = producers;
    groups += CountRows(Must(workers_[i]->ExecuteTask(readers[i])));
  }
  EXPECT_EQ(groups, 10);
  for (const auto& worker : workers_) EXPECT_TRUE(worker->DropOutput(makers[0].task.id.query).ok());
}

TEST_F(WorkerTest, GivesTheErrorOfTheTask) {
  StartCluster(2);
  const auto file = MakeFile();
  auto tasks = Must(executor_->MakeTasks(Must(executor_->Plan("SELECT k FROM " + file)), 0));
  std::filesystem::remove(folder_ / "numbers.parquet");
  const auto failed = workers_[0]->ExecuteTask(tasks[0]);
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.status().message().find("numbers.parquet"), std::string::npos);
  EXPECT_TRUE(workers_[0]->CanAcceptTask());
}

TEST_F(WorkerTest, RefusesATaskThatLacksProducers) {
  StartCluster(2);
  const auto plan = Must(executor_->Plan("SELECT k, count(*) FROM " + MakeFile() + " GROUP BY k"));
  const auto refused = workers_[0]->ExecuteTask(Must(executor_->MakeTasks(plan, 1))[0]);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.status().message().find("names 0 producers, of which there are 2"), std::string::npos);
}

TEST_F(WorkerTest, EndsATaskWhoseRowsNeverCome) {
  StartCluster(2);
  const auto plan = Must(executor_->Plan("SELECT k, count(*) FROM " + MakeFile() + " GROUP BY k"));
  auto options = SmallWorker();
  options.task_timeout_ms = 100;
  const auto worker = Must(Worker::Start(options));
  auto task = Must(executor_->MakeTasks(plan, 1))[0];
  const auto maker = Must(workers_[0]->ExecuteTask(Must(executor_->MakeTasks(plan, 0))[0])).producer;
  task.inputs[0].producers = {maker, maker};  // of another query: it never has rows
  task.inputs[0].producers[1].task = 1;
  const auto ended = worker->ExecuteTask(task);
  ASSERT_FALSE(ended.ok());
  EXPECT_NE(ended.status().message().find("longer than its time-out"), std::string::npos) << ended.status().ToString();
}

TEST_F(WorkerTest, RefusesAFragmentOfGarbage) {
  const auto worker = Must(Worker::Start(SmallWorker()));
  ExecuteTask task;
  task.task.id.query = std::string(32, 'a');
  task.fragment = "garbage";
  task.output.ranges = {{0, uint64_t{1} << 32}};
  EXPECT_FALSE(worker->ExecuteTask(task).ok());
}

TEST_F(WorkerTest, RefusesToDropWhatIsNoQuery) {
  const auto worker = Must(Worker::Start(SmallWorker()));
  EXPECT_FALSE(worker->DropOutput("x").ok());
}

}  // namespace
}  // namespace skein
