#include "base/error.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

class ForeignDetail : public arrow::StatusDetail {
 public:
  const char* type_id() const override { return "another::Detail"; }
  std::string ToString() const override { return "foreign"; }
};

TEST(Error, SaysWhoseFaultItIsAndWhetherToRetry) {
  struct Case {
    arrow::Status status;
    Fault fault;
    bool is_retryable;
  };
  for (const auto& [status, fault, is_retryable] :
       {Case{UserError("u"), Fault::kUser, false}, Case{Unavailable("a"), Fault::kWorld, true},
        Case{WorldError("w"), Fault::kWorld, false}, Case{InternalError("i"), Fault::kInternal, false},
        Case{CancelledError("c"), Fault::kUser, false}}) {
    ASSERT_NE(DetailOf(status), nullptr) << status.ToString();
    EXPECT_EQ(DetailOf(status)->fault(), fault) << status.ToString();
    EXPECT_EQ(DetailOf(status)->is_retryable(), is_retryable) << status.ToString();
  }
}

TEST(Error, KeepsDuckDbsClass) {
  EXPECT_EQ(DetailOf(UserError("cannot cast", "Conversion"))->duckdb_type(), "Conversion");
  EXPECT_EQ(DetailOf(Unavailable("gone"))->duckdb_type(), "");
}

TEST(Error, CancelsWithArrowsOwnCode) { EXPECT_TRUE(CancelledError("enough").IsCancelled()); }

TEST(Error, HasNoDetailWhereAnotherLibraryMadeTheStatus) {
  EXPECT_EQ(DetailOf(arrow::Status::OK()), nullptr);
  EXPECT_EQ(DetailOf(arrow::Status::IOError("theirs")), nullptr);
  EXPECT_EQ(DetailOf(arrow::Status::IOError("theirs").WithDetail(std::make_shared<ForeignDetail>())), nullptr);
}

}  // namespace
}  // namespace skein::core
