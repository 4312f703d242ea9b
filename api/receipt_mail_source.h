// What the mail with a receipt is made of, from the read cache and the keys of persons: the functions that ReceiptMail
// asks. Personal data is opened here, while something is sent, and nowhere kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/queries.h"
#include "engine/person_keys.h"
#include "engine/result.h"
#include "projections/effects/receipt_mail.h"
#include "schemas/views.pb.h"

namespace till {

// Every name of receipt_template_names() but `customer_name`.
ReceiptTexts receipt_texts(const schema::Receipt& receipt);

// Thread safe. Each call waits up to two seconds for the read cache.
class ReceiptMailSource {
 public:
  // Both outlive it.
  ReceiptMailSource(Queries& queries, const PersonKeys& keys);

  // They ask this object, which outlives them.
  ReceiptMailSources sources();

 private:
  Status wait_for(Position at_least);
  Result<std::optional<ReceiptTexts>> receipt(const std::string& tenant, const ReceiptRef& ref, Position at_least);
  Result<MailReceiver> address(const std::string& tenant, const std::string& customer_id, Position at_least);
  Result<MailReceiver> sealed_address(const std::string& tenant, const std::string& customer_id,
                                      const std::string& sealed, Position at_least);
  Result<MailTemplate> own_template(const std::string& tenant);
  Result<MailReceiver> open(std::string_view tenant, std::string_view person, std::string_view sealed) const;

  Queries& queries_;
  const PersonKeys& keys_;
};

}  // namespace till
