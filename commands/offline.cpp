#include "commands/offline.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/offline_quarantine.h"
#include "commands/retail_domain.h"

namespace till {
namespace {

using schema::Event;
using schema::OfflineChainMoved;
using schema::RecordOffline;

constexpr EntityKind kChain = kind_of(schema::OFFLINE_CHAIN);
constexpr EntityKind kEntry = kind_of(schema::OFFLINE_ENTRY);
constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);
constexpr EntityKind kCommandKey = kind_of(schema::COMMAND_KEY);

// Events of the command inside: with those of the entry itself they stay within the door of a transaction.
constexpr std::size_t kEventsInsideMost = 966;
// Codes that are noted of one entry.
constexpr std::size_t kConsequencesMost = 32;

// The command of an entry; false where there is none, or none that can be read.
bool read_command(const RecordOffline& entry, schema::Command& command) {
  return entry.has_command() && command.ParseFromString(entry.command().SerializeAsString()) &&
         find_command_rule(command.command_case()) != nullptr;
}

void needs_record(const RecordOffline& entry, std::vector<EntityRef>& out) {
  out.push_back({kTerminal, entry.terminal_id()});
  out.push_back({kChain, entry.terminal_id()});
  out.push_back({kEntry, offline_entry_id(entry.terminal_id(), entry.client_seq(), entry.hash())});
  if (!entry.idempotency_key().empty()) out.push_back({kCommandKey, entry.idempotency_key()});
  schema::Command command;
  if (read_command(entry, command)) find_command_rule(command.command_case())->needs(command, out);
}

// A terminal that is retired still hands in what it did before.
Refusal check_sender(const RecordOffline& entry, const Deciding& deciding) {
  const auto* terminal = deciding.books.get<schema::TerminalState>(kTerminal, entry.terminal_id());
  if (terminal == nullptr) {
    return reject(schema::TERMINAL_NOT_FOUND, "No terminal " + entry.terminal_id(), "/terminal_id");
  }
  if (terminal->key_version() == entry.key_version()) return std::nullopt;
  return reject(
      schema::OFFLINE_KEY_CHANGED,
      "Terminal " + entry.terminal_id() + " signs with key version " + std::to_string(terminal->key_version()),
      "/signature");
}

Refusal check_next(const RecordOffline& entry, const schema::OfflineChainState* chain) {
  const std::uint64_t last = chain == nullptr ? 0 : chain->last_client_seq();
  Refusal refusal;
  if (entry.client_seq() != last + 1) {
    refusal =
        reject(schema::OFFLINE_SEQUENCE_GAP,
               "Terminal " + entry.terminal_id() + " continues with entry " + std::to_string(last + 1), "/client_seq");
  } else if (entry.prev_hash() != (chain == nullptr ? kNoOfflineHash : std::string_view(chain->last_hash()))) {
    refusal = reject(schema::OFFLINE_CHAIN_BROKEN,
                     "Entry " + std::to_string(entry.client_seq()) + " follows another one than entry " +
                         std::to_string(last) + " of terminal " + entry.terminal_id(),
                     "/prev_hash");
  }
  if (refusal) refusal->expected = last + 1;
  return refusal;
}

void move_chain(const RecordOffline& entry, OfflineChainMoved::Outcome outcome, const Rejection* rejection,
                const Deciding& deciding, Acceptance& accepted) {
  auto& fact = *add_event(accepted, deciding, schema::OFFLINE_CHAIN, entry.terminal_id(), Event::kOfflineChainMoved)
                    .mutable_offline_chain_moved();
  fact.set_terminal_id(entry.terminal_id());
  fact.set_client_seq(entry.client_seq());
  fact.set_hash(entry.hash());
  fact.set_outcome(outcome);
  if (rejection == nullptr) return;
  fact.set_code(code_of(*rejection));
  fact.set_detail(rejection->detail);
}

schema::Answer& answer_entry(const RecordOffline& entry, std::uint64_t acknowledged, const Deciding& deciding,
                             Acceptance& accepted) {
  schema::Answer& answer = set_answer(accepted, deciding);
  answer.set_terminal_id(entry.terminal_id());
  answer.set_client_seq(entry.client_seq());
  answer.set_acknowledged(acknowledged);
  return answer;
}

// Puts the entry aside. A fork is no part of the chain, whose last entry stays `acknowledged`.
Decision quarantine(const RecordOffline& entry, const Rejection& rejection, OfflineChainMoved::Outcome outcome,
                    std::uint64_t acknowledged, const Deciding& deciding) {
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::OFFLINE_ENTRY,
                          offline_entry_id(entry.terminal_id(), entry.client_seq(), entry.hash()),
                          Event::kOfflineEntryQuarantined)
                    .mutable_offline_entry_quarantined();
  fact.set_terminal_id(entry.terminal_id());
  fact.set_client_seq(entry.client_seq());
  fact.set_hash(entry.hash());
  fact.set_idempotency_key(entry.idempotency_key());
  fact.set_command(entry.command_name());
  fact.set_code(code_of(rejection));
  fact.set_pointer(rejection.pointer);
  fact.set_detail(rejection.detail);
  if (entry.payload().size() <= kOfflinePayloadKeptMost) fact.set_payload(entry.payload());
  move_chain(entry, outcome, &rejection, deciding, accepted);
  schema::Answer& answer = answer_entry(entry, acknowledged, deciding, accepted);
  answer.set_refused(fact.code());
  answer.set_refusal(rejection.detail);
  return accepted;
}

Decision quarantine(const RecordOffline& entry, const Rejection& rejection, const Deciding& deciding) {
  return quarantine(entry, rejection, OfflineChainMoved::QUARANTINED, entry.client_seq(), deciding);
}

// An entry whose sequence is kept already: the same one, or one that somebody else made under its number.
Decision decide_known(const RecordOffline& entry, std::uint64_t last, const Deciding& deciding) {
  const auto* known = deciding.books.get<schema::OfflineEntryState>(
      kEntry, offline_entry_id(entry.terminal_id(), entry.client_seq(), entry.hash()));
  if (known != nullptr) return AlreadyDone{Position(known->position())};
  const Rejection fork = reject(
      schema::OFFLINE_SEQUENCE_FORK,
      "Terminal " + entry.terminal_id() + " has another entry " + std::to_string(entry.client_seq()), "/client_seq");
  return quarantine(entry, fork, OfflineChainMoved::FORK, last, deciding);
}

void add_recorded(const RecordOffline& entry, Position duplicate_of, const Deciding& deciding, Acceptance& accepted) {
  auto& fact =
      *add_event(accepted, deciding, schema::OFFLINE_ENTRY,
                 offline_entry_id(entry.terminal_id(), entry.client_seq(), entry.hash()), Event::kOfflineEntryRecorded)
           .mutable_offline_entry_recorded();
  fact.set_terminal_id(entry.terminal_id());
  fact.set_client_seq(entry.client_seq());
  fact.set_hash(entry.hash());
  fact.set_idempotency_key(entry.idempotency_key());
  fact.set_command(entry.command_name());
  fact.set_duplicate_of(duplicate_of.value());
}

Decision record_duplicate(const RecordOffline& entry, Position first, const Deciding& deciding) {
  Acceptance accepted;
  add_recorded(entry, first, deciding, accepted);
  move_chain(entry, OfflineChainMoved::DUPLICATE, nullptr, deciding, accepted);
  answer_entry(entry, entry.client_seq(), deciding, accepted).set_duplicate(true);
  return accepted;
}

// The receipts that an entry is about; empty where there is none.
struct EntryReceipts {
  std::string sale_id;
  std::string return_id;
};

EntryReceipts receipts_of(const schema::OfflineCommand& command) {
  switch (int{command.command_case()}) {
    case schema::OfflineCommand::kRingUpSale:
      return {command.ring_up_sale().sale_id(), {}};
    case schema::OfflineCommand::kVoidSale:
      return {command.void_sale().sale_id(), {}};
    case schema::OfflineCommand::kStartReturn:
      return {command.start_return().sale_id(), command.start_return().return_id()};
    case schema::OfflineCommand::kStartUnlinkedReturn:
      return {{}, command.start_unlinked_return().return_id()};
    case schema::OfflineCommand::kCompleteReturn:
      return {{}, command.complete_return().return_id()};
    case schema::OfflineCommand::kCancelReturn:
      return {{}, command.cancel_return().return_id()};
    case schema::OfflineCommand::kExchangeGoods:
      return {command.exchange_goods().sale().sale_id(), command.exchange_goods().return_id()};
    default:
      return {};
  }
}

// One event a code, so that a long sale of recalled goods is told of once.
void add_consequences(const RecordOffline& entry, const Consequences& consequences, const Deciding& deciding,
                      Acceptance& accepted) {
  const EntryReceipts receipts = receipts_of(entry.command());
  std::vector<schema::OfflineConsequenceNoted*> noted;
  for (const Rejection& one : consequences) {
    const schema::ErrorCode code = code_of(one);
    const auto found = std::ranges::find_if(noted, [&](const auto* fact) { return fact->code() == code; });
    if (found != noted.end()) {
      (*found)->set_count((*found)->count() + 1);
      continue;
    }
    if (noted.size() == kConsequencesMost) return;
    noted.push_back(add_event(accepted, deciding, schema::OFFLINE_ENTRY,
                              offline_entry_id(entry.terminal_id(), entry.client_seq(), entry.hash()),
                              Event::kOfflineConsequenceNoted)
                        .mutable_offline_consequence_noted());
    noted.back()->set_terminal_id(entry.terminal_id());
    noted.back()->set_client_seq(entry.client_seq());
    noted.back()->set_sale_id(receipts.sale_id);
    noted.back()->set_return_id(receipts.return_id);
    noted.back()->set_code(code);
    noted.back()->set_pointer(one.pointer);
    noted.back()->set_detail(one.detail);
    noted.back()->set_count(1);
  }
}

// The transaction of the command inside, with what the entry adds to it.
Decision record(const RecordOffline& entry, Acceptance accepted, const Consequences& consequences,
                const Deciding& deciding) {
  add_recorded(entry, Position(), deciding, accepted);
  add_consequences(entry, consequences, deciding, accepted);
  move_chain(entry, OfflineChainMoved::RECORDED, nullptr, deciding, accepted);
  const auto* const inner = static_cast<const schema::Answer*>(accepted.answer);
  schema::Answer& answer = answer_entry(entry, entry.client_seq(), deciding, accepted);
  if (inner != nullptr) answer.MergeFrom(*inner);
  return accepted;
}

Decision decide_inside(const RecordOffline& entry, const schema::Command& command, const Deciding& deciding) {
  // Online under the same key, with the answer lost on its way: done, whatever the command. Of another content under
  // that key nothing is dropped: it is decided as what it is.
  const auto* seen = deciding.books.get<schema::CommandKey>(kCommandKey, entry.idempotency_key());
  if (seen != nullptr && same_content(seen->fingerprint(), deciding)) {
    return record_duplicate(entry, Position(seen->position()), deciding);
  }
  DecideContext context = deciding.context;
  context.bound_terminal = entry.terminal_id();
  Consequences consequences;
  const Deciding inside{context, deciding.books, deciding.zones, deciding.domain, &consequences};
  Decision decision = find_command_rule(command.command_case())->decide(command, inside);
  if (const auto* rejection = std::get_if<Rejection>(&decision)) return quarantine(entry, *rejection, deciding);
  if (const auto* done = std::get_if<AlreadyDone>(&decision)) {
    return record_duplicate(entry, done->position, deciding);
  }
  auto& accepted = std::get<Acceptance>(decision);
  if (accepted.events.size() > kEventsInsideMost) {
    return quarantine(entry, reject(schema::TRANSACTION_TOO_LARGE, "The command makes too many events", "/lines"),
                      deciding);
  }
  return record(entry, std::move(accepted), consequences, deciding);
}

Decision decide_record(const RecordOffline& entry, const Deciding& deciding) {
  if (auto refusal = check_sender(entry, deciding)) return *std::move(refusal);
  const auto* chain = deciding.books.get<schema::OfflineChainState>(kChain, entry.terminal_id());
  const std::uint64_t last = chain == nullptr ? 0 : chain->last_client_seq();
  if (entry.client_seq() > 0 && entry.client_seq() <= last) return decide_known(entry, last, deciding);
  if (auto refusal = check_next(entry, chain)) return *std::move(refusal);
  auto* const command = google::protobuf::Arena::CreateMessage<schema::Command>(deciding.context.arena);
  if (read_command(entry, *command)) return decide_inside(entry, *command, deciding);
  const schema::ErrorCode code =
      entry.refused() == schema::ERROR_UNSPECIFIED ? schema::COMMAND_UNKNOWN : entry.refused();
  return quarantine(entry, reject(code, entry.refused_detail(), entry.refused_pointer()), deciding);
}

constexpr std::array kCommands{
    command_rule<&schema::Command::record_offline, needs_record, decide_record>(schema::Command::kRecordOffline),
};

}  // namespace

const Aggregate& offline_aggregate() {
  static constexpr Aggregate kAggregate{"offline", kCommands, {}, {}};
  return kAggregate;
}

std::string offline_entry_id(std::string_view terminal_id, std::uint64_t client_seq, std::string_view hash) {
  std::string id(terminal_id);
  id.append("/").append(std::to_string(client_seq)).append("/").append(hash);
  return id;
}

}  // namespace till
