#include "engine/line_range.h"

#include <fstream>

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"

namespace skein::core {
namespace {

class LineRangeTest : public testing::Test {
 protected:
  std::string Read(const std::string& text, uint64_t begin, uint64_t end) {
    std::ofstream(dir_.path("f"), std::ios::binary) << text;
    auto file = system_->OpenFile(LineRangePath(dir_.path("f"), begin, end), duckdb::FileFlags::FILE_FLAGS_READ);
    std::string found(file->GetFileSize(), '\0');
    EXPECT_EQ(file->Read(found.data(), found.size() + 7), static_cast<int64_t>(found.size()));
    EXPECT_EQ(file->Read(found.data(), 1), 0);
    return found;
  }

  TempDir dir_;
  duckdb::unique_ptr<duckdb::FileSystem> system_ = MakeLineRangeFileSystem();
};

TEST_F(LineRangeTest, EachLineIsInTheRangeInWhichItBegins) {
  const std::string text = "ab\ncd\n\nefgh\ni";
  EXPECT_EQ(Read(text, 0, 13), text);
  EXPECT_EQ(Read(text, 0, 1), "ab\n");
  EXPECT_EQ(Read(text, 1, 3), "");
  EXPECT_EQ(Read(text, 3, 4), "cd\n\n");
  EXPECT_EQ(Read(text, 6, 8), "efgh\n");
  EXPECT_EQ(Read(text, 8, 13), "i");
}

TEST_F(LineRangeTest, RangesThatMeetGiveEachByteOnce) {
  std::string text;
  for (int line = 0; line < 40; line++) text += std::string(line * 977 % 6000, 'x') + "\n";
  text += "\xEF\xBB\xBFmarked\nlast";
  for (const uint64_t step : {1000, 4096, 5001, 40000}) {
    std::string found;
    for (uint64_t begin = 0; begin < text.size(); begin += step) {
      found += Read(text, begin, std::min<uint64_t>(begin + step, text.size()));
    }
    EXPECT_EQ(found, text) << step;
  }
}

TEST_F(LineRangeTest, NoRangeBeginsWithAnEmptyLine) {
  const std::string text = "ab\r\n\r\ncd\n\ne\n";
  EXPECT_EQ(Read(text, 0, 4), "ab\r\n\r\n");
  EXPECT_EQ(Read(text, 4, 9), "cd\n\n");
  EXPECT_EQ(Read(text, 9, 13), "e\n");
}

TEST_F(LineRangeTest, NoRangeBeginsWithAByteOrderMarkOfALaterLine) {
  const std::string text = "ab\n\xEF\xBB\xBFx\ny\n";
  EXPECT_EQ(Read(text, 0, 3), "ab\n\xEF\xBB\xBFx\n");
  EXPECT_EQ(Read(text, 3, 10), "y\n");
}

}  // namespace
}  // namespace skein::core
