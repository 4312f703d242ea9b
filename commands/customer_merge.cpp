#include "commands/customer_merge.h"

#include <algorithm>
#include <array>
#include <string>

#include "commands/authority.h"
#include "commands/customer.h"

namespace till {
namespace {

using schema::CustomerState;

// An erasure takes the aliases with it, each with some events, and a transaction has at most 1,000.
constexpr int kAliasesMost = 64;

void needs_merge(const schema::MergeCustomers& command, std::vector<EntityRef>& out) {
  need_session(command.session_id(), out);
  need_customer(command.customer_id(), out);
  need_customer(command.into_customer_id(), out);
}

void needs_unmerge(const schema::UnmergeCustomer& command, std::vector<EntityRef>& out) {
  need_session(command.session_id(), out);
  need_customer(command.customer_id(), out);
}

Refusal check_pair(const CustomerState& alias, const CustomerState& into) {
  const std::string& alias_id = alias.customer().customer_id();
  const std::string& into_id = into.customer().customer_id();
  if (alias_id == into_id) {
    return reject(schema::MERGE_INVALID, "Customer " + into_id + " cannot be merged into itself", "/into_customer_id");
  }
  if (alias.status() == CustomerState::MERGED) {
    return reject(schema::MERGE_INVALID, "Customer " + alias_id + " is merged into " + alias.merged_into() + " already",
                  "/customer_id");
  }
  if (into.status() == CustomerState::MERGED) {
    return reject(schema::MERGE_INVALID, "Customer " + into_id + " is itself merged into " + into.merged_into(),
                  "/into_customer_id");
  }
  if (!alias.aliases().empty()) {
    return reject(schema::MERGE_INVALID, "Others are merged into customer " + alias_id, "/customer_id");
  }
  if (into.aliases_size() >= kAliasesMost) {
    return reject(schema::MERGE_INVALID, "At most " + std::to_string(kAliasesMost) + " customers are merged into one",
                  "/into_customer_id");
  }
  return std::nullopt;
}

schema::CustomerMerge merge_of(const std::string& alias_id, const std::string& into_id, std::string employee_id) {
  schema::CustomerMerge merge;
  merge.set_customer_id(alias_id);
  merge.set_into_customer_id(into_id);
  merge.set_employee_id(std::move(employee_id));
  return merge;
}

Decision decide_merge(const schema::MergeCustomers& command, const Deciding& deciding) {
  Acceptance accepted;
  if (auto refusal =
          authorize(deciding, command.session_id(), schema::CUSTOMER_MERGE, deciding.context.recorded_at, accepted)) {
    return *std::move(refusal);
  }
  const auto* alias = find_customer(deciding, command.customer_id());
  if (auto refusal = check_customer(alias, command.customer_id())) return *std::move(refusal);
  const auto* into = find_customer(deciding, command.into_customer_id());
  if (auto refusal = check_customer(into, command.into_customer_id(), "/into_customer_id")) return *std::move(refusal);
  if (auto refusal = check_pair(*alias, *into)) return *std::move(refusal);
  const schema::CustomerMerge fact = merge_of(command.customer_id(), command.into_customer_id(),
                                              std::string(employee_of(deciding, command.session_id())));
  *add_event(accepted, deciding, schema::CUSTOMER, command.customer_id(), schema::Event::kCustomerMerged)
       .mutable_customer_merged() = fact;
  *add_event(accepted, deciding, schema::CUSTOMER, command.into_customer_id(), schema::Event::kCustomerAliasAdded)
       .mutable_customer_alias_added() = fact;
  set_customer_answer(accepted, deciding, *alias).set_into_customer_id(command.into_customer_id());
  return accepted;
}

Decision decide_unmerge(const schema::UnmergeCustomer& command, const Deciding& deciding) {
  Acceptance accepted;
  if (auto refusal =
          authorize(deciding, command.session_id(), schema::CUSTOMER_MERGE, deciding.context.recorded_at, accepted)) {
    return *std::move(refusal);
  }
  const auto* alias = find_customer(deciding, command.customer_id());
  if (auto refusal = check_customer(alias, command.customer_id())) return *std::move(refusal);
  if (alias->status() != CustomerState::MERGED) {
    return reject(schema::CUSTOMER_NOT_MERGED, "Customer " + command.customer_id() + " is not merged", "/customer_id");
  }
  const std::string employee_id(employee_of(deciding, command.session_id()));
  *add_event(accepted, deciding, schema::CUSTOMER, command.customer_id(), schema::Event::kCustomerUnmerged)
       .mutable_customer_unmerged() = merge_of(command.customer_id(), alias->merged_into(), employee_id);
  remove_alias(accepted, deciding, *alias, employee_id);
  set_customer_answer(accepted, deciding, *alias).set_into_customer_id(alias->merged_into());
  return accepted;
}

void evolve_merged(CustomerState& state, const schema::CustomerMerge& fact, const schema::Record&) {
  state.set_status(CustomerState::MERGED);
  state.set_merged_into(fact.into_customer_id());
  count_change(state);
}

void evolve_unmerged(CustomerState& state, const schema::CustomerMerge&, const schema::Record&) {
  state.set_status(CustomerState::ACTIVE);
  state.clear_merged_into();
  count_change(state);
}

void evolve_alias_added(CustomerState& state, const schema::CustomerMerge& fact, const schema::Record&) {
  state.add_aliases(fact.customer_id());
  count_change(state);
}

void evolve_alias_removed(CustomerState& state, const schema::CustomerMerge& fact, const schema::Record&) {
  auto& aliases = *state.mutable_aliases();
  const auto found = std::find(aliases.begin(), aliases.end(), fact.customer_id());
  if (found != aliases.end()) aliases.erase(found);
  count_change(state);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::merge_customers, needs_merge, decide_merge>(Command::kMergeCustomers),
    command_rule<&Command::unmerge_customer, needs_unmerge, decide_unmerge>(Command::kUnmergeCustomer),
};
constexpr std::array kEvents{
    event_rule<CustomerState, &Event::customer_merged, evolve_merged>(Event::kCustomerMerged, schema::CUSTOMER),
    event_rule<CustomerState, &Event::customer_unmerged, evolve_unmerged>(Event::kCustomerUnmerged, schema::CUSTOMER),
    event_rule<CustomerState, &Event::customer_alias_added, evolve_alias_added>(Event::kCustomerAliasAdded,
                                                                                schema::CUSTOMER),
    event_rule<CustomerState, &Event::customer_alias_removed, evolve_alias_removed>(Event::kCustomerAliasRemoved,
                                                                                    schema::CUSTOMER),
};

}  // namespace

const Aggregate& customer_merge_aggregate() {
  static constexpr Aggregate kAggregate{"customer_merge", kCommands, kEvents, {}};
  return kAggregate;
}

void remove_alias(Acceptance& acceptance, const Deciding& deciding, const CustomerState& alias,
                  const std::string& employee_id) {
  *add_event(acceptance, deciding, schema::CUSTOMER, alias.merged_into(), schema::Event::kCustomerAliasRemoved)
       .mutable_customer_alias_removed() = merge_of(alias.customer().customer_id(), alias.merged_into(), employee_id);
}

}  // namespace till
