// The export's folder of one log: batches become part of it whole, once and in order, whatever dies in between.
//
// A batch is staged file by file, then named in the journal. From there on it is carried through, also after a crash:
// its files are moved to their places, its line is appended to the manifest, the journal is removed. So a file outside
// of the staging folder is whole and stays, and the manifest names it as soon as the batch is through.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/durable_file.h"
#include "engine/result.h"
#include "engine/vocabulary.h"
#include "projections/effects/export_disk.h"
#include "projections/effects/export_layout.h"
#include "projections/effects/export_manifest.h"

namespace till {

// `disk` outlives it. One thread. After an error recover() comes first.
class ExportStore {
 public:
  ExportStore(ExportDisk& disk, ExportLayout layout);

  // Carries through or removes what a crash has left, and gives the manifest's last batch; nothing where nothing is
  // exported. Files behind what the manifest says are removed where its end was damaged or it is gone or empty.
  // kCorrupt where more than its last line is damaged; kUnavailable where the folder above is not there, or another
  // process has this one.
  Result<std::optional<ExportBatch>> recover();

  // Puts the file with that number, from 0, of the next batch down.
  Status stage(std::size_t number, std::string_view bytes);
  // The batch of the staged files, as many as it names. Durable when it returns.
  Status commit(const ExportBatch& batch);

  // Whether a point is in the log at hand.
  using Stands = std::function<Result<bool>(const LogPoint&)>;
  // Takes back the first batch whose end does not stand and all behind it: their lines go to the file of void ones,
  // their files are removed. Gives the last batch that stays. After a crash it is simply done again.
  Result<std::optional<ExportBatch>> take_back(const Stands& stands);

 private:
  Status take_folder();
  Result<std::optional<ExportBatch>> read_journal() const;
  Status place(const ExportBatch& batch);
  Status tell(const std::string& line);
  Status remove_behind(Position last);
  Status clear_staging();

  ExportDisk& disk_;
  const ExportLayout layout_;
  std::optional<DirectoryLock> lock_;  // on the log's folder, from the first recover() on
};

}  // namespace till
