#include "worker/query_table.h"

#include <gtest/gtest.h>

#include "worker/fake_engine.h"
#include "worker/mailbox.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

class MailboxPeer : public ControlPeer {
 public:
  void Send(const wire::FromWorker& message) override { mailbox.Put(message); }
  void Close() override { closed.Open(); }

  Mailbox mailbox;
  Gate closed;
};

class QueryTableTest : public testing::Test {
 protected:
  QueryTableTest() {
    options_.capacity = {1, 1000};
    options_.query_limit = 2;
    options_.lease_floor = std::chrono::milliseconds(0);
    options_.lease_interval = std::chrono::milliseconds(5);
    table_ = std::make_unique<QueryTable>(options_, environment_);
  }

  void Join(const std::shared_ptr<MailboxPeer>& peer, uint32_t heartbeat_interval_ms) {
    wire::Hello hello;
    hello.set_heartbeat_interval_ms(heartbeat_interval_ms);
    table_->Join(peer, hello);
  }

  void Ask(const std::shared_ptr<MailboxPeer>& peer, const QueryId& query) {
    wire::ToWorker message;
    message.mutable_grant()->set_query(query.ToBytes());
    message.mutable_grant()->set_task_slots(1);
    message.mutable_grant()->set_deadline_ms(10000);
    table_->Handle(peer, message);
  }

  bool TakeGrant(MailboxPeer& peer) {
    auto reply = peer.mailbox.Take(wire::FromWorker::kGrant);
    return reply && reply->grant().is_granted();
  }

  FakeEngine engine_;
  std::unique_ptr<RetainedStore> store_ = RetainedStore::Make(RetainedStoreOptions()).ValueOrDie();
  TaskEnvironment environment_{.engine = engine_, .store = *store_, .resolver = nullptr, .own_address = ""};
  QueryTableOptions options_;
  std::unique_ptr<QueryTable> table_;
  const std::shared_ptr<MailboxPeer> first_ = std::make_shared<MailboxPeer>();
  const std::shared_ptr<MailboxPeer> second_ = std::make_shared<MailboxPeer>();
  const QueryId query_ = QueryId::Random();
};

TEST_F(QueryTableTest, ReleasesQueriesOfSilentCoordinator) {
  Join(first_, 1);
  Join(second_, 0);
  Ask(first_, query_);
  ASSERT_TRUE(TakeGrant(*first_));
  Ask(second_, QueryId::Random());
  EXPECT_TRUE(first_->closed.Wait());
  EXPECT_TRUE(TakeGrant(*second_));
}

TEST_F(QueryTableTest, IgnoresStreamThatHasLeft) {
  Join(first_, 0);
  table_->Leave(first_);
  Ask(first_, query_);
  EXPECT_FALSE(TakeGrant(*first_));
}

TEST_F(QueryTableTest, RefusesQueryOfAnotherStream) {
  Join(first_, 0);
  Join(second_, 0);
  Ask(first_, query_);
  Ask(second_, query_);
  EXPECT_TRUE(TakeGrant(*first_));
  EXPECT_FALSE(TakeGrant(*second_));
}

TEST_F(QueryTableTest, RefusesMoreQueriesThanItsLimit) {
  Join(first_, 0);
  Ask(first_, query_);
  ASSERT_TRUE(TakeGrant(*first_));
  Ask(first_, QueryId::Random());
  Ask(first_, QueryId::Random());
  const auto reply = first_->mailbox.Take(wire::FromWorker::kGrant);
  ASSERT_TRUE(reply);
  EXPECT_NE(reply->grant().error().message().find("limit=2"), std::string::npos);
}

TEST_F(QueryTableTest, TakesNextQueryAfterReleaseOfOneInLine) {
  Join(first_, 0);
  const QueryId waiting = QueryId::Random();
  Ask(first_, query_);
  ASSERT_TRUE(TakeGrant(*first_));
  Ask(first_, waiting);
  wire::ToWorker release;
  release.mutable_release()->set_query(waiting.ToBytes());
  table_->Handle(first_, release);
  EXPECT_TRUE(first_->mailbox.Take(wire::FromWorker::kReleased));
  EXPECT_EQ(first_->mailbox.Count(wire::FromWorker::kGrant), 0u);
}

TEST_F(QueryTableTest, EndsWhileQueriesWait) {
  Join(first_, 0);
  Ask(first_, query_);
  Ask(first_, QueryId::Random());
  table_.reset();
  EXPECT_TRUE(first_->mailbox.Take(wire::FromWorker::kReleased));
}

}  // namespace
}  // namespace skein::core
