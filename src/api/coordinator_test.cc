#include "skein/coordinator.h"

#include <chrono>
#include <thread>

#include "api/api_fixture.h"

namespace skein {
namespace {

class CoordinatorTest : public ApiCluster {
 protected:
  /// Waits ten seconds at most until the first worker is shown as lost: the coordinator hears of it a moment later.
  bool IsShownAsLost() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (Must(coordinator_->CheckWorkerHealth())[0].state != WorkerState::kLost) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }
};

TEST_F(CoordinatorTest, BeginsWithoutWorkers) {
  StartCluster(0);
  EXPECT_EQ(coordinator_->ClusterStatus().total_workers, 0U);
  EXPECT_EQ(coordinator_->ClusterStatus().Utilization(), 0);
}

TEST_F(CoordinatorTest, KnowsAWorkerOnceItIsRegistered) {
  StartCluster(0);
  const auto worker = Must(Worker::Start(SmallWorker()));
  EXPECT_EQ(Must(coordinator_->RegisterWorker(worker->address())), 0U);
  const auto status = coordinator_->ClusterStatus();
  EXPECT_EQ(status.active_workers, 1U);
  EXPECT_EQ(status.total_capacity, 256U);
}

TEST_F(CoordinatorTest, RefusesAWorkerThatIsThereAlready) {
  StartCluster(1);
  const auto again = coordinator_->RegisterWorker(workers_[0]->address());
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.status().message().find(workers_[0]->address()), std::string::npos);
}

TEST_F(CoordinatorTest, NamesAnAddressThatNobodyListensAt) {
  StartCluster(0);
  std::string address;
  {
    const auto gone = Must(Worker::Start(SmallWorker()));
    address = gone->address();
  }
  const auto registered = coordinator_->RegisterWorker(address);
  ASSERT_FALSE(registered.ok());
  EXPECT_NE(registered.status().message().find(address), std::string::npos);
  EXPECT_EQ(coordinator_->ClusterStatus().total_workers, 0U);
}

TEST_F(CoordinatorTest, RefusesAWorkerOfAnotherSecretWithoutShowingIt) {
  StartCluster(0);
  auto options = SmallWorker();
  options.secret = "another-secret";
  const auto worker = Must(Worker::Start(options));
  const auto registered = coordinator_->RegisterWorker(worker->address());
  ASSERT_FALSE(registered.ok());
  EXPECT_EQ(registered.status().message().find("another-secret"), std::string::npos);
  EXPECT_EQ(registered.status().message().find(kSecret), std::string::npos);
}

TEST_F(CoordinatorTest, KnowsAWorkerUnderItsOtherAddress) {
  StartCluster(1);
  const auto port = workers_[0]->address().substr(workers_[0]->address().rfind(':'));
  const auto again = coordinator_->RegisterWorker("localhost" + port);
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.status().message().find("worker 0 is the same one"), std::string::npos) << again.status().ToString();
  EXPECT_EQ(AskNumber("SELECT count(*) FROM " + MakeFile()), 100000);
}

TEST_F(CoordinatorTest, ForgetsAWorkerThatIsUnregistered) {
  StartCluster(2);
  ASSERT_TRUE(coordinator_->UnregisterWorker(0).ok());
  ASSERT_EQ(coordinator_->Workers().size(), 1U);
  EXPECT_EQ(coordinator_->Workers()[0].id, 1U);
  EXPECT_FALSE(coordinator_->UnregisterWorker(0).ok());
}

TEST_F(CoordinatorTest, NeverGivesANumberAgain) {
  StartCluster(1);
  ASSERT_TRUE(coordinator_->UnregisterWorker(0).ok());
  EXPECT_EQ(Must(coordinator_->RegisterWorker(workers_[0]->address())), 1U);
}

TEST_F(CoordinatorTest, GetsAHeartbeatWhenItAsksForOne) {
  StartCluster(1);
  const auto status = Must(coordinator_->WorkerHeartbeat(0));
  EXPECT_EQ(status.state, WorkerState::kReady);
  EXPECT_GE(status.heartbeat_age_ms, 0);
}

TEST_F(CoordinatorTest, SaysThatAWorkerIsUnknown) {
  StartCluster(0);
  EXPECT_FALSE(coordinator_->WorkerHeartbeat(7).ok());
}

TEST_F(CoordinatorTest, SeesALeavingWorkerAtOnce) {
  StartCluster(2);
  workers_.pop_back();
  EXPECT_EQ(coordinator_->ClusterStatus().total_workers, 1U);
}

TEST_F(CoordinatorTest, ShowsALostWorkerAndBringsItBack) {
  StartCluster(0);
  auto worker = Must(Worker::Start(SmallWorker()));
  auto options = SmallWorker();
  options.address = worker->address();
  ASSERT_TRUE(coordinator_->RegisterWorker(options.address).ok());
  worker.reset();
  EXPECT_TRUE(IsShownAsLost());
  worker = Must(Worker::Start(options));
  EXPECT_EQ(Must(coordinator_->CheckWorkerHealth())[0].state, WorkerState::kReady);
}

TEST_F(CoordinatorTest, RefusesSettingsOutOfRangeByName) {
  auto config = Config();
  config.heartbeat_timeout_ms = config.heartbeat_interval_ms;
  const auto made = Coordinator::Make(config);
  ASSERT_TRUE(made.status().IsInvalid());
  EXPECT_NE(made.status().message().find("heartbeat_timeout_ms = 500"), std::string::npos);
}

TEST_F(CoordinatorTest, RefusesToWorkWithoutASecret) {
  auto config = Config();
  config.secret.clear();
  EXPECT_TRUE(Coordinator::Make(config).status().IsInvalid());
}

/// Names what the test tells it to.
class ListedWorkers : public WorkerResolver {
 public:
  arrow::Result<std::vector<std::string>> Resolve() override { return addresses; }
  std::vector<std::string> addresses;
};

TEST_F(CoordinatorTest, FollowsItsWorkerResolver) {
  const auto resolver = std::make_shared<ListedWorkers>();
  auto config = Config();
  config.worker_resolver = resolver;
  StartCluster(0, config);
  const auto first = Must(Worker::Start(SmallWorker())), second = Must(Worker::Start(SmallWorker()));
  resolver->addresses = {first->address()};
  EXPECT_EQ(Must(coordinator_->CheckWorkerHealth())[0].address, first->address());
  resolver->addresses = {second->address()};
  const auto workers = Must(coordinator_->CheckWorkerHealth());
  ASSERT_EQ(workers.size(), 1U);
  EXPECT_EQ(workers[0].address, second->address());
}

/// Reaches every worker at one forwarded name.
class Forwarded : public ChannelResolver {
 public:
  arrow::Result<std::string> Resolve(const std::string& address) override {
    return "127.0.0.1" + address.substr(address.rfind(':'));
  }
};

TEST_F(CoordinatorTest, ReachesWorkersWhereItsChannelResolverSays) {
  auto config = Config();
  config.channel_resolver = std::make_shared<Forwarded>();
  StartCluster(0, config);
  const auto worker = Must(Worker::Start(SmallWorker()));
  const auto port = worker->address().substr(worker->address().rfind(':'));
  ASSERT_TRUE(coordinator_->RegisterWorker("no-such-name.invalid" + port).ok());
  EXPECT_EQ(AskNumber("SELECT count(*) FROM " + MakeFile()), 100000);
}

}  // namespace
}  // namespace skein
