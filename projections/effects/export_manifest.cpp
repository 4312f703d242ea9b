#include "projections/effects/export_manifest.h"

#include <array>
#include <charconv>
#include <filesystem>
#include <utility>

#include "engine/transaction.h"
#include "projections/json_members.h"

namespace till {
namespace {

constexpr std::string_view kSumBegin = ",\"sum\":\"";
constexpr std::string_view kSumEnd = "\"}";
constexpr std::size_t kSumBytes = 8;
constexpr std::size_t kSumTail = kSumBegin.size() + 2 * kSumBytes + kSumEnd.size();
constexpr std::uint64_t kLookBack = 64u << 10;

std::string sum_of_line(std::string_view text) {
  return to_hex(as_bytes(sha256(text)).substr(0, kSumBytes));
}

// Members of one flat object. No value in a manifest needs an escape.
class MemberText {
 public:
  explicit MemberText(std::string& out) : out_(out) {}
  MemberText& text(std::string_view name, std::string_view value) {
    begin(name).append("\"").append(value).append("\"");
    return *this;
  }
  MemberText& number(std::string_view name, std::uint64_t value) {
    begin(name).append(std::to_string(value));
    return *this;
  }
  std::string& begin(std::string_view name) {
    out_ += first_ ? '{' : ',';
    first_ = false;
    return out_.append("\"").append(name).append("\":");
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_file_entry(const ExportFile& file, std::string& out) {
  MemberText entry(out);
  entry.text("file", file.path).text("tenant", file.tenant).text("date", file.date);
  entry.number("rows", file.rows).number("bytes", file.bytes).text("sha256", to_hex(as_bytes(file.hash)));
  entry.number("first", file.first.value()).number("last", file.last.value());
  out += '}';
}

bool take_number(std::string_view value, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  return error == std::errc() && end == value.data() + value.size();
}

bool take_text(std::string_view value, std::string& out) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return false;
  out = value.substr(1, value.size() - 2);
  return true;
}

template <class Typed>
bool take_typed(std::string_view value, Typed& out) {
  std::uint64_t number = 0;
  if (!take_number(value, number)) return false;
  out = Typed(number);
  return true;
}

template <std::size_t N>
bool take_hex(std::string_view value, std::array<std::uint8_t, N>& out) {
  std::string hex;
  return take_text(value, hex) && from_hex(hex, out);
}

bool take_file_member(std::string_view name, std::string_view value, ExportFile& file) {
  if (name == "file") return take_text(value, file.path);
  if (name == "tenant") return take_text(value, file.tenant);
  if (name == "date") return take_text(value, file.date);
  if (name == "rows") return take_number(value, file.rows);
  if (name == "bytes") return take_number(value, file.bytes);
  if (name == "sha256") return take_hex(value, file.hash);
  if (name == "first") return take_typed(value, file.first);
  if (name == "last") return take_typed(value, file.last);
  return true;
}

// Files are removed by their path: it has to lead into a partition.
bool is_sound(const ExportFile& file) {
  return file.path.starts_with("tenant=") && file.path.find("..") == std::string::npos && file.first <= file.last;
}

bool take_files(std::string_view array, std::vector<ExportFile>& files) {
  JsonScanner scanner(array);
  if (!scanner.take('[')) return false;
  if (scanner.take(']')) return true;
  do {
    std::string_view object;
    if (!scanner.take_value(object)) return false;
    ExportFile& file = files.emplace_back();
    bool good = true;
    const bool read = each_json_member(object, [&](std::string_view name, std::string_view value) {
      good = good && take_file_member(name, value, file);
    });
    if (!read || !good || !is_sound(file)) return false;
  } while (scanner.take(','));
  return scanner.take(']');
}

bool take_batch_member(std::string_view name, std::string_view value, ExportBatch& batch) {
  if (name == "batch_from") return take_typed(value, batch.from);
  if (name == "batch_to") return take_typed(value, batch.to.position);
  if (name == "log") return take_hex(value, batch.to.log_id);
  if (name == "epoch") return take_typed(value, batch.to.epoch);
  if (name == "hash") return take_hex(value, batch.to.hash);
  if (name == "files") return take_files(value, batch.files);
  return true;
}

// Reads a file's end piece by piece.
class TailFile {
 public:
  explicit TailFile(const std::string& path) : file_(path, std::ios::binary) {}
  bool ok() const { return file_.good(); }

  // Bytes `begin` to `end`, as far as they are there.
  std::string read(std::uint64_t begin, std::uint64_t end) {
    std::string bytes(static_cast<std::size_t>(end - begin), '\0');
    file_.seekg(static_cast<std::streamoff>(begin));
    file_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
  }

  // Where the line begins whose last byte stands before `end`, which may be its line end.
  std::uint64_t line_begin(std::uint64_t end) {
    std::uint64_t at = end == 0 ? 0 : end - 1;
    while (at > 0) {
      const std::uint64_t from = at > kLookBack ? at - kLookBack : 0;
      const std::size_t found = read(from, at).rfind('\n');
      if (found != std::string::npos) return from + found + 1;
      at = from;
    }
    return 0;
  }

 private:
  std::ifstream file_;
};

}  // namespace

std::uint64_t ExportBatch::rows() const {
  std::uint64_t sum = 0;
  for (const ExportFile& file : files) sum += file.rows;
  return sum;
}

std::string manifest_line(const ExportBatch& batch) {
  std::string line;
  MemberText members(line);
  members.number("batch_from", batch.from.value()).number("batch_to", batch.to.position.value());
  members.text("log", to_hex(as_bytes(batch.to.log_id))).number("epoch", batch.to.epoch.value());
  members.text("hash", to_hex(as_bytes(batch.to.hash))).number("rows", batch.rows());
  members.begin("files") += '[';
  for (const ExportFile& file : batch.files) {
    if (&file != batch.files.data()) line += ',';
    append_file_entry(file, line);
  }
  line += ']';
  const std::string sum = sum_of_line(line);
  return line.append(kSumBegin).append(sum).append(kSumEnd).append("\n");
}

Result<ExportBatch> read_manifest_line(std::string_view line) {
  const Error torn{ErrorKind::kCorrupt, "export: not a whole line of a manifest"};
  if (line.size() < kSumTail || line.size() > kManifestLineMost) return torn;
  const std::string_view body = line.substr(0, line.size() - kSumTail);
  if (line.substr(body.size()) != std::string(kSumBegin) + sum_of_line(body) + std::string(kSumEnd)) return torn;
  ExportBatch batch;
  bool good = true;
  const bool read = each_json_member(line, [&](std::string_view name, std::string_view value) {
    good = good && take_batch_member(name, value, batch);
  });
  if (!read || !good || batch.from == Position() || batch.from > batch.to.position) return torn;
  return batch;
}

Result<ManifestTail> read_manifest_tail(const std::string& path) {
  ManifestTail tail;
  std::error_code trouble;
  if (!std::filesystem::exists(path, trouble) && !trouble) return tail;
  tail.bytes = std::filesystem::file_size(path, trouble);
  TailFile file(path);
  if (trouble || !file.ok()) return Error{ErrorKind::kUnavailable, "export: cannot read " + path};
  std::uint64_t end = tail.bytes;
  bool damaged = false;
  while (end > 0) {
    const std::uint64_t begin = file.line_begin(end);
    const bool too_long = end - begin > kManifestLineMost;
    std::string line = too_long ? std::string() : file.read(begin, end);
    const bool ended = !line.empty() && line.back() == '\n';
    if (ended) line.pop_back();
    Result<ExportBatch> batch = read_manifest_line(line);
    if (ended && batch.ok()) {
      tail.last = std::move(*batch);
      tail.last_begin = begin;
      tail.whole_bytes = end;
      return tail;
    }
    // One line is what a crash can tear.
    if (damaged) return Error{ErrorKind::kCorrupt, "export: " + path + " is damaged before its last line"};
    damaged = true;
    end = begin;
  }
  return tail;
}

ManifestReader::ManifestReader(const std::string& path) : path_(path), file_(path, std::ios::binary) {}

Result<bool> ManifestReader::next() {
  if (!file_.is_open()) return false;
  line_.clear();
  std::streambuf& bytes = *file_.rdbuf();
  while (line_.empty() || line_.back() != '\n') {
    const int byte = bytes.sbumpc();
    if (byte == std::char_traits<char>::eof()) return false;
    line_ += static_cast<char>(byte);
    if (line_.size() > kManifestLineMost) break;
  }
  Result<ExportBatch> batch = read_manifest_line(std::string_view(line_).substr(0, line_.size() - 1));
  if (!batch.ok()) {
    return Error{ErrorKind::kCorrupt, "export: " + path_ + " is damaged at byte " + std::to_string(end_)};
  }
  batch_ = std::move(*batch);
  end_ += line_.size();
  return true;
}

}  // namespace till
