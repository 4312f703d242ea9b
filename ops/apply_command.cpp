#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "api/problem.h"
#include "engine/durable_file.h"
#include "engine/json_writer.h"
#include "engine/transaction.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/server_access.h"

namespace till {
namespace {

namespace fs = std::filesystem;

// Where an interrupted run goes on. It counts only for the server, the key and the lines that it was written for.
struct ApplyProgress {
  std::string url;
  std::string key_id;
  std::uint64_t offset = 0;          // bytes of the file whose lines are answered
  std::uint64_t line = 0;            // lines before that offset
  std::uint64_t rejected_bytes = 0;  // size of the file of rejected lines at that offset
  Hash lines_hash{};                 // of the lines before that offset, each hashed behind the hash of those before it
};

Hash hash_behind(const Hash& before, std::string_view line) {
  return sha256(std::string(as_bytes(before)) + std::string(line));
}

// "till_<key id>_<secret>": the id alone is no secret.
std::string key_id_of(std::string_view key) {
  return std::string(key.substr(0, key.rfind('_')));
}

class Apply {
 public:
  Apply(std::string file, BatchSender sender, std::string url, std::string key_id)
      : file_(std::move(file)), sender_(std::move(sender)) {
    start_.url = std::move(url);
    start_.key_id = std::move(key_id);
  }

  Status run() {
    std::error_code error;
    file_bytes_ = fs::file_size(file_, error);
    std::ifstream stream(file_, std::ios::binary);
    if (error || !stream) return Error{ErrorKind::kInvalid, "cannot read " + file_};
    resume(stream);
    done_ = start_;
    sender_.on_answer(
        [this](std::string_view item, unsigned status, const JsonNode& body) { answered(item, status, body); });
    Status status;
    for (ApplyProgress read = start_; status && read_line(stream, read);) status = take(line_, read);
    if (status) status = sender_.flush();
    if (status) status = trouble_;
    clear_progress();
    save();
    if (status) finish();
    return status;
  }

  // Lines of the whole file, also of the runs that this one goes on from.
  std::uint64_t rejected() const { return rejected_; }
  std::string rejected_file() const { return file_ + ".rejected.ndjson"; }

  std::string summary() const {
    std::string text;
    JsonWriter json(text);
    json.begin_object().member("file", file_).key("lines").number(done_.line);
    json.key("resumed_at_line").number(start_.line);
    json.key("accepted").number(sender_.counts().accepted).key("rejected").number(rejected());
    json.key("retries").number(sender_.counts().retries).member("position", sender_.last_position());
    if (rejected() > 0) json.member("rejected_file", rejected_file());
    json.end_object();
    return text;
  }

 private:
  std::string progress_file() const { return file_ + ".progress"; }

  // The next line into line_, and `read` behind it.
  bool read_line(std::istream& stream, ApplyProgress& read) {
    if (!std::getline(stream, line_)) return false;
    ++read.line;
    read.offset += line_.size() + 1;
    read.lines_hash = hash_behind(read.lines_hash, line_);
    return true;
  }

  // Leaves `stream` where the run goes on: at its begin, where the lines that were answered are not those of the file.
  void resume(std::ifstream& stream) {
    auto content = read_file(progress_file());
    auto saved = content ? JsonNode::parse(*content) : Result<JsonNode>(content.error());
    if (saved && (*saved)["url"].text() == start_.url && (*saved)["key_id"].text() == start_.key_id) {
      ApplyProgress read = start_;
      const auto offset = static_cast<std::uint64_t>((*saved)["offset"].integer());
      while (read.offset < offset && read_line(stream, read)) {
      }
      if (read.offset == offset && to_hex(as_bytes(read.lines_hash)) == (*saved)["lines_sha256"].text()) {
        start_ = read;
        start_.rejected_bytes = static_cast<std::uint64_t>((*saved)["rejected_bytes"].integer());
        rejected_ = static_cast<std::uint64_t>((*saved)["rejected"].integer());
      }
    }
    if (start_.offset == 0) {
      stream.clear();
      stream.seekg(0);
    }
    // Lines rejected after the point of going on are decided anew. A file that was shortened or removed stays so.
    std::error_code ignored;
    if (rejected_file_bytes() > start_.rejected_bytes) {
      fs::resize_file(rejected_file(), start_.rejected_bytes, ignored);
    }
    rejected_bytes_ = rejected_file_bytes();
  }

  std::uint64_t rejected_file_bytes() const {
    std::error_code none_yet;
    const auto bytes = fs::file_size(rejected_file(), none_yet);
    return none_yet ? 0 : bytes;
  }

  // `read` is the progress behind the line.
  Status take(const std::string& line, const ApplyProgress& read) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) return {};
    const auto item = JsonNode::parse(line);
    const bool readable = item && item.value().is_object();
    if (!readable) {
      // What was added before it is answered first, so that the offset stays a point that everything before is done.
      const auto sent = sender_.flush();
      if (!sent) return sent;
      const auto problem = make_problem(schema::MALFORMED_BODY, item ? "not a JSON object" : item.error().message);
      pending_.push_back(read);
      if (trouble_) trouble_ = reject(line, problem.status(), problem_json(problem), false);
      if (trouble_) settle();
      return trouble_;
    }
    const auto before = sender_.counts().total();
    const auto status = sender_.add(line);
    pending_.push_back(read);
    if (sender_.counts().total() != before) after_batch();
    return status ? trouble_ : status;
  }

  void answered(std::string_view item, unsigned status, const JsonNode& body) {
    // A rejection that could not be kept: the next run goes on before it.
    if (!trouble_) return;
    if (status >= 400) trouble_ = reject(item, status, body.json(), true);
    if (trouble_) settle();
  }

  void settle() {
    done_ = std::move(pending_.front());
    pending_.pop_front();
  }

  // Of the first line that is pending.
  Status reject(std::string_view item, unsigned status, const std::string& problem, bool is_json) {
    std::string text;
    JsonWriter json(text);
    json.begin_object()
        .key("line")
        .number(pending_.front().line)
        .key("status")
        .number(std::uint64_t{status})
        .key("item");
    if (is_json) {
      json.raw(item);
    } else {
      json.string(item);
    }
    json.key("problem").raw(problem).end_object();
    std::ofstream out(rejected_file(), std::ios::app | std::ios::binary);
    out << text << '\n';
    out.close();
    if (!out) return Error{ErrorKind::kOutcomeUnknown, "cannot write " + rejected_file()};
    ++rejected_;
    rejected_bytes_ = rejected_file_bytes();
    return {};
  }

  void after_batch() {
    save();
    draw_progress("apply", done_.offset, file_bytes_);
  }

  // Lost progress costs a replay, nothing else: so its errors are no reason to stop.
  void save() {
    std::string text;
    JsonWriter json(text);
    json.begin_object().member("url", start_.url).member("key_id", start_.key_id);
    json.key("offset").number(done_.offset).key("line").number(done_.line);
    json.member("lines_sha256", to_hex(as_bytes(done_.lines_hash)));
    json.key("rejected").number(rejected_);
    json.key("rejected_bytes").number(rejected_bytes_).end_object();
    (void)replace_file(progress_file(), text);
  }

  void finish() {
    std::error_code ignored;
    fs::remove(progress_file(), ignored);
    if (fs::exists(rejected_file(), ignored) && fs::file_size(rejected_file(), ignored) == 0) {
      fs::remove(rejected_file(), ignored);
    }
  }

  const std::string file_;
  BatchSender sender_;
  std::uint64_t file_bytes_ = 0;
  ApplyProgress start_;
  ApplyProgress done_;
  std::deque<ApplyProgress> pending_;  // behind each line that is added and not answered yet; at most one batch
  std::string line_;
  std::uint64_t rejected_ = 0;
  std::uint64_t rejected_bytes_ = 0;  // of whole lines
  Status trouble_;                    // of the file of rejected lines
};

int run_apply(const Shell& shell, const std::string& file, std::size_t batch) {
  auto key = read_key(shell.options);
  if (!key) return fail(key.error());
  auto sender = open_sender(shell.options, batch);
  if (!sender) return fail(sender.error());
  Apply apply(file, std::move(*sender), server_url(shell.options), key_id_of(*key));
  const auto status = apply.run();
  if (!status) return fail(status.error());
  if (shell.json()) {
    print_document(apply.summary());
  } else {
    say("applied " + file + ": " + apply.summary());
  }
  if (apply.rejected() == 0) return kExitOk;
  return fail(kExitFailed, std::to_string(apply.rejected()) + " lines were rejected; see " + apply.rejected_file());
}

}  // namespace

void add_apply_command(CLI::App& app, Shell& shell) {
  constexpr std::size_t kBatchMost = 1000;
  auto* apply = app.add_subcommand("apply", "Sends the commands of a file, one JSON object a line; run again to go on");
  const auto file = std::make_shared<std::string>();
  const auto batch = std::make_shared<std::size_t>(500);
  apply->add_option("file", *file, "Lines of {\"idempotency_key\",\"command\",\"body\"}")->required();
  apply->add_option("--batch", *batch, "Commands a request")
      ->check(CLI::Range(std::size_t{1}, kBatchMost))
      ->capture_default_str();
  apply->callback(
      [&shell, file, batch] { shell.run = [&shell, file, batch] { return run_apply(shell, *file, *batch); }; });
}

}  // namespace till
