#include "api/change_feed.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/product_view.h"
#include "commands/rules.h"
#include "projections/read_cache/read_cache.h"

namespace till {
namespace {

struct ChangeKind {
  std::string_view word;
  schema::Kind kind;
};

constexpr std::array<ChangeKind, 7> kKinds{{{"product", schema::PRODUCT},
                                            {"price", schema::PRICE},
                                            {"tax", schema::TAX},
                                            {"promotion", schema::PROMOTION},
                                            {"barcode", schema::BARCODE},
                                            {"store", schema::STORE},
                                            {"customer", schema::CUSTOMER}}};

std::string_view word_of(EntityKind kind) {
  const auto found = std::ranges::find_if(kKinds, [&](const ChangeKind& one) { return kind_of(one.kind) == kind; });
  return found == kKinds.end() ? std::string_view() : found->word;
}

// A product's own events say all of it.
void show_product_event(const schema::Event& event, schema::Change& change) {
  switch (int{event.event_case()}) {
    case schema::Event::kProductUpserted:
      *change.mutable_entity()->mutable_product() = view_of_product(event.product_upserted());
      return;
    case schema::Event::kProductDiscontinued:
      *change.mutable_entity()->mutable_product_status() = event.product_discontinued();
      return;
    case schema::Event::kProductReinstated:
      *change.mutable_entity()->mutable_product_status() = event.product_reinstated();
      return;
    case schema::Event::kProductRecalled:
      *change.mutable_entity()->mutable_product_status() = event.product_recalled();
      return;
    case schema::Event::kRecallLifted:
      *change.mutable_entity()->mutable_product_status() = event.recall_lifted();
      return;
  }
}

// The member of Change.Entity that shows entities of a kind.
google::protobuf::Message* member_for(schema::Change::Entity& entity, EntityKind kind) {
  switch (kind.value()) {
    case schema::STORE:
      return entity.mutable_store();
    case schema::PRICE:
      return entity.mutable_price();
    case schema::TAX:
      return entity.mutable_tax();
    case schema::PROMOTION:
      return entity.mutable_promotion();
    case schema::BARCODE:
      return entity.mutable_barcode();
  }
  return nullptr;
}

class PageReader {
 public:
  PageReader(Queries& queries, std::string_view tenant, const ChangesRequest& request, ChangesPage& page)
      : queries_(queries), tenant_(tenant), request_(request), page_(page) {}

  Status add(const Transaction& transaction) {
    const schema::Record& record = transaction.record();
    for (int i = 0; i < transaction.event_count(); ++i) {
      const schema::RecordedEvent& header = record.events(i);
      const EntityKind kind(static_cast<std::uint16_t>(header.stream_kind()));
      if (std::ranges::find(request_.kinds, kind) == request_.kinds.end()) continue;
      EntityChange& change = page_.changes.emplace_back();
      change.at = transaction.point();
      change.change.set_kind(std::string(word_of(kind)));
      change.change.set_id(header.stream_id());
      const auto* member = schema::Event::descriptor()->FindFieldByNumber(static_cast<int>(header.type()));
      if (member != nullptr) change.change.set_event(event_type_name(*member));
      if (Status shown = show(kind, static_cast<const schema::Event&>(transaction.event(i)), change); !shown.ok()) {
        return shown;
      }
    }
    return {};
  }

 private:
  Status show(EntityKind kind, const schema::Event& event, EntityChange& change) {
    if (kind == kind_of(schema::PRODUCT)) {
      show_product_event(event, change.change);
      return {};
    }
    if (kind == kind_of(schema::CUSTOMER)) return show_customer(change);
    auto found = queries_.entity(tenant_, kind, change.change.id(), std::nullopt);
    if (!found.ok()) return found.error();
    if (!found->message) return {};
    google::protobuf::Message* const member = member_for(*change.change.mutable_entity(), kind);
    if (member != nullptr) member->CopyFrom(*found->message->state);
    return {};
  }

  Status show_customer(EntityChange& change) {
    auto found = queries_.customer(tenant_, change.change.id());
    if (!found.ok()) return found.error();
    if (found->message && !found->message->erased) change.customer = std::move(*found->message);
    return {};
  }

  Queries& queries_;
  std::string_view tenant_;
  const ChangesRequest& request_;
  ChangesPage& page_;
};

}  // namespace

std::vector<EntityKind> change_kinds(const std::vector<std::string>& words) {
  std::vector<EntityKind> kinds;
  for (const ChangeKind& one : kKinds) {
    if (words.empty() || std::ranges::find(words, one.word) != words.end()) kinds.push_back(kind_of(one.kind));
  }
  return kinds;
}

Result<Reflected<ChangesPage>> read_changes(ReadCache& cache, Queries& queries, std::string_view tenant,
                                            const ChangesRequest& request) {
  const auto run = cache.transactions(tenant, request.after, kTransactionsScannedMost, kBytesScannedMost);
  if (!run.ok()) return run.error();
  const std::vector<TransactionPtr>& transactions = run.value().value.transactions;
  Reflected<ChangesPage> out{{}, run.value().at};
  PageReader reader(queries, tenant, request, out.message);
  std::size_t seen = 0;
  for (; seen < transactions.size() && out.message.changes.size() < request.limit; ++seen) {
    if (Status added = reader.add(*transactions[seen]); !added.ok()) return added.error();
  }
  out.message.has_more = seen > 0 && (seen < transactions.size() || !run.value().value.whole);
  // Caught up, the next page goes on behind what other tenants did meanwhile.
  out.message.next = out.message.has_more ? transactions[seen - 1]->point() : out.at;
  return out;
}

}  // namespace till
