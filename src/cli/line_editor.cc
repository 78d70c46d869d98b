#include "cli/line_editor.h"

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <filesystem>
#include <string_view>

#include <fcntl.h>
#include <histedit.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/history_rule.h"
#include "cli/word_completion.h"

namespace skein::core {
namespace {

constexpr int kHistorySize = 1000;

/// Makes the file for this user only, before anything is written into it.
bool PrepareHistory(const std::string& path) {
  if (path.empty()) return false;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return false;
  fchmod(file, 0600);
  close(file);
  return true;
}

/// One line of the history: comments to the end of a line need their ends, and stay out.
std::string OneLine(std::string statement) {
  std::replace(statement.begin(), statement.end(), '\n', ' ');
  return statement.substr(0, statement.find_last_not_of(' ') + 1);
}

class EditedLines : public LineEditor {
 public:
  explicit EditedLines(LineEditorOptions options)
      : options_(std::move(options)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), history_(history_init()) {
    std::setlocale(LC_CTYPE, "C.UTF-8");  // how the terminal's bytes become characters
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistorySize);
    history(history_, &event, H_SETUNIQUE, 1);
    keeps_history_ = PrepareHistory(options_.history_file);
    if (keeps_history_) history(history_, &event, H_LOAD, options_.history_file.c_str());
    edit_ = el_init("skein", stdin, stderr, stderr);  // standard output is for results
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_HIST, history, history_);
    el_set(edit_, EL_PROMPT, &EditedLines::Prompt);
    el_set(edit_, EL_GETCFN, &EditedLines::ReadCharacter);
    el_set(edit_, EL_ADDFN, "skein-complete", "completes a name", &EditedLines::Complete);
    el_set(edit_, EL_BIND, "^I", "skein-complete", nullptr);
    el_set(edit_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  }
  ~EditedLines() override {
    el_end(edit_);
    history_end(history_);
    close(wake_);
  }

  Result Read(const std::string& prompt, std::string& line) override {
    prompt_ = prompt;
    is_interrupted_ = false;
    for (eventfd_t before = 0; eventfd_read(wake_, &before) == 0;) continue;  // of a statement, not of this line
    el_resize(edit_);                                                         // the window may have another size by now
    // The prompt comes when keys are the editor's: libedit shows it first, and a Ctrl-D before the terminal has changed
    // is lost.
    el_set(edit_, EL_PREP_TERM, 1);
    int count = 0;
    const char* text = el_gets(edit_, &count);
    if (is_interrupted_) {
      std::fputs("^C\n", stderr);
      el_reset(edit_);
      return kInterrupted;
    }
    if (text == nullptr || count <= 0) {
      std::fputs("\n", stderr);
      return kEnd;
    }
    line.assign(text, static_cast<size_t>(count));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    return kLine;
  }

  void Remember(const std::string& statement) override {
    if (MayHoldASecret(statement) || statement.find("--") != std::string::npos) return;
    HistEvent event;
    history(history_, &event, H_ENTER, OneLine(statement).c_str());
    if (keeps_history_) history(history_, &event, H_SAVE, options_.history_file.c_str());
  }

  void Interrupt() override { eventfd_write(wake_, 1); }

 private:
  static EditedLines& Of(EditLine* edit) {
    void* self = nullptr;
    el_get(edit, EL_CLIENTDATA, &self);
    return *static_cast<EditedLines*>(self);
  }

  static char* Prompt(EditLine* edit) { return Of(edit).prompt_.data(); }

  /// Waits for a byte of the terminal or an interrupt; 1 when there is a byte.
  int ReadByte(char& byte) {
    pollfd watched[] = {{STDIN_FILENO, POLLIN, 0}, {wake_, POLLIN, 0}};
    while (poll(watched, 2, -1) < 0 && errno == EINTR) continue;
    if ((watched[1].revents & POLLIN) != 0) {
      is_interrupted_ = true;
      return -1;
    }
    return static_cast<int>(read(STDIN_FILENO, &byte, 1));
  }

  static int ReadCharacter(EditLine* edit, wchar_t* out) {
    std::mbstate_t state{};
    char byte = 0;
    for (int bytes = 0; bytes < 4; bytes++) {
      const int got = Of(edit).ReadByte(byte);
      if (got <= 0) return got;
      const auto length = std::mbrtowc(out, &byte, 1, &state);
      if (length == static_cast<size_t>(-1)) break;
      if (length != static_cast<size_t>(-2)) return 1;
    }
    *out = L'?';
    return 1;
  }

  static unsigned char Complete(EditLine* edit, int) {
    const auto* line = el_line(edit);
    const std::string before(line->buffer, static_cast<size_t>(line->cursor - line->buffer));
    const auto completion = CompleteWord(before, Of(edit).options_.complete);
    if (!completion.added.empty()) {
      el_insertstr(edit, completion.added.c_str());
      return CC_REFRESH;
    }
    if (completion.choices.empty()) return CC_REFRESH_BEEP;
    std::fprintf(stderr, "\n%s\n", completion.choices.c_str());
    return CC_REDISPLAY;
  }

  const LineEditorOptions options_;
  const int wake_;
  History* const history_;
  bool keeps_history_ = false;
  EditLine* edit_ = nullptr;
  std::string prompt_;
  bool is_interrupted_ = false;
};

}  // namespace

std::unique_ptr<LineEditor> LineEditor::Open(LineEditorOptions options) {
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  if (is_dumb || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) return nullptr;
  return std::make_unique<EditedLines>(std::move(options));
}

std::string HistoryFile() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/skein/history";
  }
  const char* home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? std::string(home) + "/.skein_history" : "";
}

}  // namespace skein::core
