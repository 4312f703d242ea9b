#include "projections/digest_difference.h"

#include <algorithm>
#include <set>

namespace till {
namespace {

const Digest& digest_of(const Digests& digests, const DigestKey& key) {
  static const Digest kNone;
  const auto found = digests.find(key);
  return found == digests.end() ? kNone : found->second;
}

// Collects differences until there are enough.
class Comparison {
 public:
  Comparison(const Digests& log, std::string_view tenant, std::size_t most) : log_(log), tenant_(tenant), most_(most) {}

  void add(std::string_view part, const Digests& view, const std::vector<WideSum Digest::*>& fields) {
    std::set<DigestKey> keys;
    for (const Digests* const side : {&view, &log_}) {
      for (const auto& [key, digest] : *side) {
        if (tenant_.empty() || key.tenant == tenant_) keys.insert(key);
      }
    }
    for (const DigestKey& key : keys) {
      const auto compare = [&](const DigestField& field) {
        add_field(part, key, field, digest_of(view, key).*field.value, digest_of(log_, key).*field.value);
      };
      const auto told = [&](const DigestField& field) {
        return std::find(fields.begin(), fields.end(), field.value) != fields.end();
      };
      for (const DigestField& field : kDigestFields) {
        if (fields.empty() || told(field)) compare(field);
      }
      for (const DigestField& field : kPartFields) {
        if (told(field)) compare(field);
      }
    }
  }
  std::vector<DigestDifference> take() { return std::move(differences_); }

 private:
  void add_field(std::string_view part, const DigestKey& key, const DigestField& field, WideSum view, WideSum log) {
    if (view == log || differences_.size() >= most_) return;
    std::string name(part);
    if (!name.empty()) name.push_back(' ');
    differences_.push_back({key, name.append(field.name), view, log});
  }

  const Digests& log_;
  const std::string_view tenant_;
  const std::size_t most_;
  std::vector<DigestDifference> differences_;
};

}  // namespace

std::vector<DigestDifference> compare_digests(const DigestAt& view, const Digests& log, std::string_view tenant,
                                              std::size_t most) {
  Comparison comparison(log, tenant, most);
  comparison.add("", view.digests, {});
  for (const DigestPart& part : view.parts) comparison.add(part.name, part.digests, part.fields);
  return comparison.take();
}

std::string first_difference(const DigestAt& view, const Digests& log, std::string_view tenant) {
  const auto differences = compare_digests(view, log, tenant, 1);
  if (differences.empty()) return {};
  const DigestDifference& first = differences.front();
  return "tenant " + first.key.tenant + (first.key.currency.empty() ? "" : " in " + first.key.currency) + ": " +
         first.field + " " + to_text(first.view) + " in the rows, " + to_text(first.log) + " in the log";
}

}  // namespace till
