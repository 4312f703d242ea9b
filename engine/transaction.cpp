#include "engine/transaction.h"

#include <openssl/evp.h>

#include <algorithm>

#include "engine/control_record.h"
#include "engine/domain.h"

namespace till {
namespace {

// One context per thread: EVP allocates on every init otherwise.
EVP_MD_CTX* digest_context() {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return context.get();
}

Hash sha256_of(std::string_view first, std::string_view second) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* const context = digest_context();
  Hash hash;
  unsigned length = 0;
  TILL_ASSERT(EVP_DigestInit_ex2(context, algorithm, nullptr) == 1);
  TILL_ASSERT(EVP_DigestUpdate(context, first.data(), first.size()) == 1);
  if (!second.empty()) TILL_ASSERT(EVP_DigestUpdate(context, second.data(), second.size()) == 1);
  TILL_ASSERT(EVP_DigestFinal_ex(context, hash.data(), &length) == 1 && length == hash.size());
  return hash;
}

// First block of a transaction's arena: a common sale with its events fits without a second block.
constexpr std::size_t kArenaBlockBytes = 4096;
constexpr std::size_t kArenaBlockMost = 64 * 1024;

std::unique_ptr<google::protobuf::Arena> make_arena() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = kArenaBlockBytes;
  options.max_block_size = kArenaBlockMost;
  return std::make_unique<google::protobuf::Arena>(options);
}

}  // namespace

Hash sha256(std::string_view bytes) {
  return sha256_of(bytes, {});
}

Hash genesis_chain(const LogId& log_id) {
  return sha256_of("till log", as_bytes(log_id));
}

Hash next_chain(const Hash& previous_chain, const Hash& record_hash) {
  return sha256_of(as_bytes(previous_chain), as_bytes(record_hash));
}

LogPoint Transaction::point() const {
  LogPoint point;
  TILL_ASSERT(from_bytes(record_->log_id(), point.log_id));
  point.epoch = Epoch(record_->epoch());
  point.position = position();
  point.hash = chain_;
  return point;
}

Result<std::shared_ptr<const Transaction>> Transaction::decode(std::string_view stored, const Domain& domain) {
  if (stored.size() < kStoredPrefix) return Error{ErrorKind::kCorrupt, "a stored record is shorter than its prefix"};
  if (stored[0] != kStoredFormat) {
    return Error{ErrorKind::kInvalid, "a stored record has format " + std::to_string(stored[0]) + ", known is 1"};
  }
  auto transaction = std::make_shared<Transaction>();
  transaction->stored_bytes_ = stored.size();
  transaction->arena_ = make_arena();
  TILL_ASSERT(from_bytes(stored.substr(1, 32), transaction->chain_));
  const std::string_view record_bytes = stored.substr(kStoredPrefix);
  transaction->record_hash_ = sha256(record_bytes);
  auto* const record = google::protobuf::Arena::CreateMessage<schema::Record>(transaction->arena_.get());
  if (!record->ParseFromArray(record_bytes.data(), static_cast<int>(record_bytes.size()))) {
    return Error{ErrorKind::kCorrupt, "a stored record does not parse"};
  }
  if (record->version() > kRecordVersion) {
    return Error{ErrorKind::kInvalid, "record version " + std::to_string(record->version()) + " at position " +
                                          std::to_string(record->position()) + " is newer than this program reads"};
  }
  if (record->log_id().size() != LogId().size()) return Error{ErrorKind::kCorrupt, "a stored record has no log id"};
  transaction->record_ = record;
  for (const schema::RecordedEvent& event : record->events()) {
    const auto where = [&] {
      return "event " + std::to_string(transaction->events_.size()) + " at position " +
             std::to_string(record->position());
    };
    if (domain.event_name(event.type()).empty()) {
      return Error{ErrorKind::kInvalid, where() + " has type " + std::to_string(event.type()) + ", not known here"};
    }
    google::protobuf::Message* const message = domain.new_event(transaction->arena_.get());
    if (!message->ParseFromString(event.payload())) return Error{ErrorKind::kCorrupt, where() + " does not parse"};
    transaction->events_.push_back(message);
  }
  return std::shared_ptr<const Transaction>(std::move(transaction));
}

TransactionBuilder::TransactionBuilder()
    : arena_(make_arena()), record_(google::protobuf::Arena::CreateMessage<schema::Record>(arena_.get())) {}

schema::RecordedEvent& TransactionBuilder::add_event(const google::protobuf::Message& message) {
  schema::RecordedEvent& event = *record_->add_events();
  TILL_ASSERT(message.SerializeToString(event.mutable_payload()));
  event_bytes_ += event.payload().size();
  event_bytes_most_ = std::max(event_bytes_most_, event.payload().size());
  events_.push_back(&message);
  return event;
}

std::shared_ptr<const Transaction> TransactionBuilder::finish(const Hash& previous_chain, std::string& stored) {
  const std::size_t record_bytes = record_->ByteSizeLong();
  stored.resize(kStoredPrefix + record_bytes);
  auto* const bytes = reinterpret_cast<std::uint8_t*>(stored.data());
  record_->SerializeWithCachedSizesToArray(bytes + kStoredPrefix);

  auto transaction = std::make_shared<Transaction>();
  transaction->record_hash_ = sha256(std::string_view(stored).substr(kStoredPrefix));
  transaction->chain_ = next_chain(previous_chain, transaction->record_hash_);
  transaction->stored_bytes_ = stored.size();
  stored[0] = kStoredFormat;
  stored.replace(1, 32, as_bytes(transaction->chain_));
  transaction->arena_ = std::move(arena_);
  transaction->record_ = record_;
  transaction->events_ = std::move(events_);
  return transaction;
}

}  // namespace till
