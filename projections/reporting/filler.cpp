#include "projections/digest_difference.h"
#include "projections/reporting/rebuild.h"
#include "projections/reporting/row_digest.h"

namespace till::reporting {
namespace {

// So little may be missing when the serving generation is held.
constexpr std::uint64_t kNearTransactions = 2000;
// Rounds of approach before the log is said to grow faster than the rebuild.
constexpr int kApproachRounds = 1000;
// The digest of what stands already is folded in steps, so that a stop is noticed between them.
constexpr std::uint64_t kDigestStep = 100'000;

}  // namespace

Filler::Filler(const RebuildSite& site, const RebuildRequest& request, WriterTarget target)
    : site_(site),
      request_(request),
      writer_(site.options.server, writer_options(site.options, site.options.maintenance_timeout), std::move(target)) {}

bool Filler::cancelled() const {
  return site_.stopping || (request_.cancelled != nullptr && request_.cancelled->load());
}

Status Filler::start() {
  Result<Offset> offset = writer_.offset();
  if (!offset.ok()) return offset.error();
  if (Status known = check_history(site_.feed, offset->point); !known.ok()) return known;
  at_ = offset->point;
  while (digest_.position() < at_.position) {
    if (cancelled()) return Error{ErrorKind::kCancelled, "cancelled"};
    if (request_.on_progress) request_.on_progress({digest_.position().value(), at_.position.value()});
    const Position step(std::min(at_.position.value(), digest_.position().value() + kDigestStep));
    if (Status folded = advance_digest(site_.feed, step, digest_); !folded.ok()) return folded;
  }
  return {};
}

Status Filler::advance_to(Position target, bool quiet) {
  std::vector<TransactionPtr> batch;
  while (at_.position < target) {
    if (cancelled()) return Error{ErrorKind::kCancelled, "cancelled"};
    const std::uint64_t missing = target.value() - at_.position.value();
    const std::size_t most = std::min<std::uint64_t>(missing, site_.options.rebuild_batch_transactions);
    if (Status read = site_.feed.read(at_.position, most, site_.options.rebuild_batch_bytes, batch); !read.ok())
      return read;
    if (batch.empty()) return Error{ErrorKind::kHistoryMismatch, "the log ends before a position that it had reached"};
    if (Status applied = writer_.apply(batch); !applied.ok()) return applied;
    for (const TransactionPtr& transaction : batch) digest_.add(*transaction);
    at_ = batch.back()->point();
    if (!quiet && request_.on_progress) {
      request_.on_progress({at_.position.value(), std::max(target.value(), site_.feed.durable().position.value())});
    }
  }
  return {};
}

Status Filler::approach(const std::function<Position()>& limit) {
  for (int round = 0; round < kApproachRounds; ++round) {
    const Position target = limit();
    if (target.value() <= at_.position.value() + kNearTransactions && round > 0) return {};
    if (Status advanced = advance_to(target); !advanced.ok()) return advanced;
  }
  return Error{ErrorKind::kUnavailable, "the log grows faster than the rebuild follows"};
}

Status Filler::verify() {
  auto connection = SqlConnection::open(site_.options.server, SessionKind::kReader, site_.options.maintenance_timeout);
  if (!connection.ok()) return connection.error();
  Result<DigestAt> rows = read_row_digest(**connection, writer_.target().prefix, [this] { return cancelled(); });
  if (!rows.ok()) return rows.error();
  if (rows->at != at_ || digest_.position() != at_.position) {
    return Error{ErrorKind::kCorrupt, "the new rows stand at position " + std::to_string(rows->at.position.value()) +
                                          " instead of " + std::to_string(at_.position.value())};
  }
  const std::string difference = first_difference(*rows, digest_.digests(), writer_.target().tenant);
  if (difference.empty()) return {};
  return Error{ErrorKind::kCorrupt, "the new rows differ from the log: " + difference};
}

}  // namespace till::reporting
