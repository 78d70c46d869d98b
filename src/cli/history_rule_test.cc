#include "cli/history_rule.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

TEST(MayHoldASecret, KnowsSecretsAndTheSettingsForThem) {
  EXPECT_TRUE(MayHoldASecret("create SECRET s (TYPE s3, KEY_ID 'a')"));
  EXPECT_TRUE(MayHoldASecret("SET GLOBAL skein_secret = 'hush'"));
  EXPECT_TRUE(MayHoldASecret("SET s3_access_key_id = 'hush'"));
  EXPECT_TRUE(MayHoldASecret("SET http_proxy_password = 'hush'"));
  EXPECT_TRUE(MayHoldASecret("PRAGMA add_parquet_key('k', 'hush')"));
}

TEST(MayHoldASecret, KnowsTheOptionsOfAnAttach) {
  EXPECT_TRUE(MayHoldASecret("ATTACH 'host=h Password=hush' AS db (TYPE postgres)"));
  EXPECT_TRUE(MayHoldASecret("ATTACH 'md:?motherduck_token=hush'"));
  EXPECT_TRUE(MayHoldASecret("ATTACH 'x.db' (ENCRYPTION_KEY 'hush')"));
  EXPECT_TRUE(MayHoldASecret("attach 'x' (TYPE mine, key 'hush')"));
}

TEST(MayHoldASecret, KnowsAddressesWithAPassword) {
  EXPECT_TRUE(MayHoldASecret("ATTACH 'postgres://user:hush@host/db' AS db"));
  EXPECT_TRUE(MayHoldASecret("FROM 'https://user:hu/sh@host/x.parquet'"));
  EXPECT_TRUE(MayHoldASecret("FROM 'https://host/a.parquet', \"https://user:hush@host/b.parquet\""));
  EXPECT_TRUE(MayHoldASecret("FROM 'https://host/x.parquet?X-Amz-Signature=hush'"));
}

TEST(MayHoldASecret, LeavesOtherStatementsAlone) {
  EXPECT_FALSE(MayHoldASecret("SELECT l_orderkey FROM lineitem ORDER BY key"));
  EXPECT_FALSE(MayHoldASecret("ATTACH 'data.db' AS d (READ_ONLY)"));
  EXPECT_FALSE(MayHoldASecret("FROM 'https://host:443/x.parquet'"));
  EXPECT_FALSE(MayHoldASecret("SELECT '@' FROM 'https://host/x.parquet' AS a(b) WHERE {'c': '@'}"));
}

}  // namespace
}  // namespace skein::core
