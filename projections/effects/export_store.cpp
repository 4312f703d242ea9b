#include "projections/effects/export_store.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <utility>
#include <vector>

namespace till {
namespace {

namespace fs = std::filesystem;

Position last_position(const std::optional<ExportBatch>& batch) {
  return batch ? batch->to.position : Position();
}

}  // namespace

ExportStore::ExportStore(ExportDisk& disk, ExportLayout layout) : disk_(disk), layout_(std::move(layout)) {}

Status ExportStore::take_folder() {
  std::error_code trouble;
  // Not made here: where a disk is not mounted, an export must not begin anew below its mount point.
  if (!fs::is_directory(layout_.directory, trouble)) {
    return Error{ErrorKind::kUnavailable, "export: there is no folder " + layout_.directory};
  }
  if (Status made = disk_.make_folder(layout_.staging); !made.ok()) return made;
  if (lock_) return {};
  Result<DirectoryLock> taken = DirectoryLock::take(layout_.folder);
  if (!taken.ok()) return Error{ErrorKind::kUnavailable, "export: " + taken.error().message};
  lock_.emplace(std::move(*taken));
  return {};
}

Result<std::optional<ExportBatch>> ExportStore::recover() {
  if (Status taken = take_folder(); !taken.ok()) return taken.error();
  Result<ManifestTail> tail = read_manifest_tail(layout_.manifest);
  if (!tail.ok()) return tail.error();
  Result<std::optional<ExportBatch>> journal = read_journal();
  if (!journal.ok()) return journal.error();
  const std::optional<ExportBatch>& begun = *journal;
  const bool told = begun && tail->last == begun;
  const bool carried_on = told || (begun && begun->from == last_position(tail->last).next());
  // A line whose journal is still there may be known to the page cache alone, after a sync that failed: written anew.
  const std::uint64_t keep = told ? tail->last_begin : tail->whole_bytes;
  const bool cuts = keep < tail->bytes;
  Status done;
  if (!carried_on && (begun || cuts || !tail->last)) done = remove_behind(last_position(tail->last));
  if (done.ok() && cuts) {
    spdlog::warn("export: the end of {} is cut and made again: {} bytes", layout_.manifest, tail->bytes - keep);
    done = disk_.cut(layout_.manifest, keep);
  }
  if (done.ok() && carried_on && !told) done = place(*begun);
  if (done.ok() && carried_on) done = tell(manifest_line(*begun));
  if (done.ok()) done = clear_staging();
  if (!done.ok()) return done.error();
  return carried_on ? begun : tail->last;
}

Status ExportStore::stage(std::size_t number, std::string_view bytes) {
  return disk_.replace(layout_.staged(number), bytes);
}

Status ExportStore::commit(const ExportBatch& batch) {
  const std::string line = manifest_line(batch);
  if (batch.files.empty()) return disk_.append(layout_.manifest, line);
  if (Status begun = disk_.replace(layout_.journal, line); !begun.ok()) return begun;
  if (Status placed = place(batch); !placed.ok()) return placed;
  return tell(line);
}

Result<std::optional<ExportBatch>> ExportStore::take_back(const Stands& stands) {
  std::optional<ExportBatch> kept;
  std::uint64_t keep = 0;
  std::size_t taken_back = 0;
  ManifestReader lines(layout_.manifest);
  while (true) {
    const Result<bool> more = lines.next();
    if (!more.ok()) return more.error();
    if (!*more) break;
    if (taken_back == 0) {
      const Result<bool> stays = stands(lines.batch().to);
      if (!stays.ok()) return stays.error();
      if (*stays) {
        kept = lines.batch();
        keep = lines.end();
        continue;
      }
    }
    ++taken_back;
    if (Status told = disk_.append(layout_.voided, lines.line()); !told.ok()) return told.error();
    for (const ExportFile& file : lines.batch().files) {
      if (Status gone = disk_.remove(layout_.folder + "/" + file.path); !gone.ok()) return gone.error();
    }
  }
  if (taken_back == 0) return kept;
  if (Status cut = disk_.cut(layout_.manifest, keep); !cut.ok()) return cut.error();
  spdlog::warn("export: {} batches behind position {} are void, since the log has lost them; see {}", taken_back,
               last_position(kept).value(), layout_.voided);
  return kept;
}

// Nothing where there is none, or where it is not what manifest_line() makes.
Result<std::optional<ExportBatch>> ExportStore::read_journal() const {
  Result<std::string> line = read_file(layout_.journal, kManifestLineMost);
  if (!line.ok() && line.error().kind == ErrorKind::kUnavailable) return line.error();
  if (!line.ok() || line->empty()) return std::optional<ExportBatch>();
  line->pop_back();
  Result<ExportBatch> batch = read_manifest_line(*line);
  return batch.ok() ? std::optional<ExportBatch>(std::move(*batch)) : std::nullopt;
}

Status ExportStore::place(const ExportBatch& batch) {
  for (std::size_t i = 0; i < batch.files.size(); ++i) {
    const fs::path to = layout_.folder + "/" + batch.files[i].path;
    if (Status made = disk_.make_folder(to.parent_path().string()); !made.ok()) return made;
    if (Status moved = disk_.move(layout_.staged(i), to.string()); !moved.ok()) return moved;
  }
  return {};
}

Status ExportStore::tell(const std::string& line) {
  if (Status told = disk_.append(layout_.manifest, line); !told.ok()) return told;
  return disk_.remove(layout_.journal);
}

Status ExportStore::remove_behind(Position last) {
  std::vector<std::string> unknown;
  Status listed = each_export_file(layout_.folder, [&](const std::string& path, Position first) -> Status {
    if (first > last) unknown.push_back(path);
    return {};
  });
  if (!listed.ok()) return listed;
  if (!unknown.empty()) spdlog::warn("export: {} files that no manifest names are removed", unknown.size());
  for (const std::string& path : unknown) {
    if (Status gone = disk_.remove(path); !gone.ok()) return gone;
  }
  return {};
}

Status ExportStore::clear_staging() {
  std::error_code trouble;
  std::vector<std::string> left;
  fs::directory_iterator entry(layout_.staging, trouble);
  for (; !trouble && entry != fs::directory_iterator(); entry.increment(trouble))
    left.push_back(entry->path().string());
  if (trouble) {
    return Error{ErrorKind::kUnavailable, "export: cannot read " + layout_.staging + ": " + trouble.message()};
  }
  for (const std::string& path : left) {
    if (Status gone = disk_.remove(path); !gone.ok()) return gone;
  }
  return {};
}

}  // namespace till
