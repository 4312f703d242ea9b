#include "engine/recovery.h"

#include "engine/control_record.h"
#include "engine/fold.h"

namespace till {
namespace {

constexpr std::uint64_t kProgressEvery = 100'000;
// Visits of the sweep for each entity taken in, so that memory stays within its budget.
constexpr std::size_t kSweepPerInstalled = 4;

// True where the store can be carried on from its cut.
Result<bool> cut_is_usable(const Log& log, const Domain& domain, const BooksStore& store, LogPoint& cut) {
  const Result<LogPoint> stored = store.cut();
  if (!stored.ok()) return stored.error();
  const Result<std::uint32_t> fold_version = store.fold_version();
  if (!fold_version.ok()) return fold_version.error();
  cut = stored.value();
  if (cut.position == Position() || fold_version.value() != domain.fold_version()) return false;
  const LogPoint head = log.head();
  if (cut.log_id != head.log_id) {
    return Error{
        ErrorKind::kHistoryMismatch,
        "log: this is log " + to_hex(as_bytes(head.log_id)) + " but the data folder belongs to log " +
            to_hex(as_bytes(cut.log_id)) +
            "; put that log back, or remove books/ and cache/ to begin with this one: the reporting tables' rows "
            "of the other log will be dropped too"};
  }
  if (cut.position > head.position) {
    // A later epoch was opened below the cut: an operator accepted the loss. A log of an older one lost it.
    if (head.epoch > cut.epoch) return false;
    return Error{ErrorKind::kHistoryMismatch,
                 "log: ends at position " + std::to_string(head.position.value()) + " but the books reflect " +
                     std::to_string(cut.position.value()) +
                     "; restore it from a backup, or accept the loss with: till log repair --accept-loss"};
  }
  const Result<std::string> record = log.read(cut.position);
  if (!record.ok()) return record.error();
  const Result<LogPoint> there = claimed_point(record.value());
  if (!there.ok()) return there.error();
  if (there.value() == cut) return true;
  if (head.epoch > cut.epoch) return false;
  return Error{ErrorKind::kHistoryMismatch,
               "log: another history at position " + std::to_string(cut.position.value()) +
                   " than the books reflect; put the right log back, or accept this one by removing books/ and cache/"};
}

Status install_missing(const std::vector<std::string>& keys, const BooksStore& store, Books& books) {
  std::vector<std::string> missing;
  for (const std::string& key : keys) {
    if (books.find(key) == nullptr) missing.push_back(key);
  }
  if (missing.empty()) return {};
  std::vector<std::optional<std::string>> images;
  if (Status loaded = store.load(missing, images); !loaded.ok()) return loaded;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (Status installed = books.install(missing[i], images[i]); !installed.ok()) {
      store.note_damage();
      return installed;
    }
  }
  return {};
}

Status write_cut(const LogPoint& cut, Micros recorded_at, std::uint64_t number, BooksStore& store, Books& books) {
  BooksBatch batch;
  books.collect(number, batch);
  batch.cut = cut;
  batch.recorded_at = recorded_at;
  return store.write(batch);
}

}  // namespace

Result<Recovered> recover_books(const Log& log, const Domain& domain, std::size_t batch_transactions, BooksStore& store,
                                Books& books,
                                const std::function<void(std::uint64_t done, std::uint64_t total)>& on_progress) {
  LogPoint at;
  Result<bool> usable = cut_is_usable(log, domain, store, at);
  if (!usable.ok()) return usable.error();
  if (!*usable) {
    at = {};
    if (Status reset = store.reset(domain.fold_version()); !reset.ok()) return reset.error();
  }
  const Position head = log.head().position;
  const std::uint64_t total = head.value() - at.position.value();
  Recovered recovered;
  std::vector<std::string> keys;
  const Position first = total == 0 ? head : at.position.next();
  const auto cursor = log.cursor(first);
  while (cursor->next()) {
    Result<TransactionPtr> transaction = Transaction::decode(cursor->bytes(), domain);
    if (!transaction.ok()) return transaction.error();
    recovered.recorded_at = Micros((*transaction)->record().recorded_at_us());
    if (total == 0) break;
    keys.clear();
    changed_keys((*transaction)->record(), keys);
    if (Status installed = install_missing(keys, store, books); !installed.ok()) return installed.error();
    if (Status folded = fold(**transaction, domain, books); !folded.ok()) {
      return Error{folded.error().kind, "log: " + folded.error().message};
    }
    at = (*transaction)->point();
    ++recovered.transactions;
    if (recovered.transactions % batch_transactions == 0) {
      // Written at once, so every batch counts as flushed.
      if (Status written = write_cut(at, recovered.recorded_at, 0, store, books); !written.ok()) return written.error();
      books.evict(0, batch_transactions + books.take_installed() * kSweepPerInstalled);
    }
    if (on_progress && recovered.transactions % kProgressEvery == 0) on_progress(recovered.transactions, total);
  }
  if (Status status = cursor->status(); !status.ok()) return status.error();
  if (recovered.transactions != total) {
    return Error{ErrorKind::kCorrupt, "log: records are missing after position " + std::to_string(at.position.value())};
  }
  if (total != 0) {
    if (Status written = write_cut(at, recovered.recorded_at, 0, store, books); !written.ok()) return written.error();
  }
  return recovered;
}

}  // namespace till
