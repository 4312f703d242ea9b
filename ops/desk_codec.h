// What effects and their ledger talk of, in the form that it has on the operator socket (schemas/effect_desk.proto).
#pragma once

#include <string>

#include "engine/effect.h"
#include "engine/effect_desk.h"
#include "engine/result.h"
#include "projections/effects/receipt_mail.h"
#include "schemas/effect_desk.pb.h"

namespace till {

void to_desk(const EventRef& event, schema::DeskEvent& out);
EventRef from_desk(const schema::DeskEvent& event);
void to_desk(const EventLabel& label, schema::DeskLabel& out);
EventLabel from_desk(const schema::DeskLabel& label);
void to_desk(const DeliveryOutcome& outcome, schema::DeskOutcome& out);
DeliveryOutcome from_desk(const schema::DeskOutcome& outcome);
void to_desk(const EffectMessage& message, schema::DeskMessage& out);
EffectMessage from_desk(const schema::DeskMessage& message);
void to_desk(const ReceiptTexts& texts, schema::DeskReceipt& out);
ReceiptTexts from_desk(const schema::DeskReceipt& receipt);
void to_desk(const MailReceiver& receiver, schema::DeskReceiver& out);
MailReceiver from_desk(const schema::DeskReceiver& receiver);

void to_desk(const Error& error, schema::DeskAnswer& out);
// Ok where the answer is of no error.
Status status_of(const schema::DeskAnswer& answer);

// The bodies of request and answer: {"call": hexadecimal}, {"answer": hexadecimal}.
std::string desk_body(std::string_view member, const google::protobuf::Message& message);

}  // namespace till
