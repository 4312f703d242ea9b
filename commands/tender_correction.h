// A sale that was paid with something else than was rung up, put right while its shift is open. The third file of the
// sale.
#pragma once

#include <cstdint>
#include <optional>

#include "commands/rules.h"

namespace till {

const Aggregate& tender_correction_aggregate();

using RetypedTenders = google::protobuf::RepeatedPtrField<schema::RetypedTender>;

// What a tender of the sale, by its place from 0, was found to be: as `retyped` says, else as it was rung up. Nothing
// where there is no such tender.
std::optional<schema::Tender::Type> tender_type(const schema::SaleCompleted& sale, const RetypedTenders& retyped,
                                                std::uint32_t tender);

// `sale` with the types that `retyped` gives to its tenders: itself where it gives none, else made in `room`.
const schema::SaleCompleted& retyped_sale(const schema::SaleCompleted& sale, const RetypedTenders& retyped,
                                          schema::SaleCompleted& room);

// The sale with its tenders as they were corrected, for what takes it back.
schema::SaleCompleted with_corrections(const schema::SaleState& state, const schema::SaleCompleted& sale);

// The same for an event that carries the sale as it was completed, at the end of `retyped`. Left out are corrections
// whose event did not carry it: no view could follow them, so none has to take them back.
void write_corrections(const schema::SaleState& state, RetypedTenders& retyped);

}  // namespace till
