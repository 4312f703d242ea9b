#include "api/log_verifier.h"

namespace till {
namespace {

Error corrupt(Position position, std::string_view what) {
  return {ErrorKind::kCorrupt, "position " + std::to_string(position.value()) + ": " + std::string(what)};
}

}  // namespace

LogVerifier::LogVerifier(const LogId& log_id, const Domain& domain) : log_id_(log_id), domain_(domain) {
  last_.log_id = log_id;
  last_.hash = genesis_chain(log_id);
}

Status LogVerifier::add(Position position, std::string_view stored) {
  Result<TransactionPtr> decoded = Transaction::decode(stored, domain_);
  if (!decoded.ok()) return corrupt(position, decoded.error().message);
  const Transaction& transaction = **decoded;
  if (Status place = check_place(transaction, position); !place.ok()) return place;
  if (Status tenant = check_tenant(transaction); !tenant.ok()) return tenant;
  if (Status terminal = check_terminal(transaction); !terminal.ok()) return terminal;
  last_ = transaction.point();
  recorded_at_us_ = transaction.record().recorded_at_us();
  events_ += static_cast<std::uint64_t>(transaction.event_count());
  return {};
}

Status LogVerifier::check_place(const Transaction& transaction, Position position) const {
  const schema::Record& record = transaction.record();
  if (position != last_.position.next()) {
    return corrupt(position, "follows position " + std::to_string(last_.position.value()));
  }
  if (transaction.position() != position) return corrupt(position, "the record names another position");
  if (record.log_id() != as_bytes(log_id_)) return corrupt(position, "the record belongs to another log");
  if (Epoch(record.epoch()) < last_.epoch) return corrupt(position, "the epoch goes back");
  if (record.recorded_at_us() < recorded_at_us_) return corrupt(position, "the time of recording goes back");
  if (transaction.chain() != next_chain(last_.hash, transaction.record_hash())) {
    return corrupt(position, "the chain value does not follow from the record and the one before");
  }
  return {};
}

Status LogVerifier::check_tenant(const Transaction& transaction) {
  const schema::Record& record = transaction.record();
  if (record.tenant().empty()) return {};
  Chain& chain = tenants_[record.tenant()];
  if (record.tenant_seq() != chain.seq + 1) return corrupt(transaction.position(), "the tenant's sequence has a gap");
  if (record.prev_tenant_hash() != as_bytes(chain.hash)) {
    return corrupt(transaction.position(), "the hash of the tenant's previous record differs");
  }
  chain = {record.tenant_seq(), transaction.record_hash()};
  return {};
}

Status LogVerifier::check_terminal(const Transaction& transaction) {
  const schema::Record& record = transaction.record();
  if (record.terminal().empty()) return {};
  Chain& chain = terminals_[{record.tenant(), record.terminal()}];
  if (record.terminal_seq() != chain.seq + 1) {
    return corrupt(transaction.position(), "the terminal's sequence has a gap");
  }
  if (record.prev_fiscal_hash() != as_bytes(chain.hash)) {
    return corrupt(transaction.position(), "the hash of the terminal's previous record differs");
  }
  chain = {record.terminal_seq(), transaction.record_hash()};
  return {};
}

LogVerification verify_log(const Log& log, const Domain& domain, const std::atomic<bool>* cancelled) {
  LogVerification verification;
  LogVerifier verifier(log.id(), domain);
  const LogPoint head = log.head();
  const std::unique_ptr<Log::Cursor> cursor = log.cursor(kFirstPosition);
  while (verifier.last().position < head.position && cursor->next()) {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
      verification.result = Error{ErrorKind::kCancelled, "cancelled"};
      break;
    }
    verification.result = verifier.add(cursor->position(), cursor->bytes());
    if (!verification.result.ok()) break;
    ++verification.verified;
  }
  verification.last = verifier.last();
  verification.events = verifier.events();
  if (!verification.result.ok()) return verification;
  if (!cursor->status().ok()) {
    verification.result = cursor->status();
  } else if (verifier.last() != head) {
    verification.result = corrupt(verifier.last().position, "is the last record, but the head of the log is another");
  }
  return verification;
}

}  // namespace till
