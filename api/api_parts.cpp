#include "api/api_parts.h"

namespace till {

ApiParts::ApiParts(Engine& engine_, Queries& queries_, PersonKeys& person_keys_, const MasterSecret& secret,
                   RateLimitOptions rate_limit_, const PoolLimits& limits)
    : engine(engine_),
      queries(queries_),
      person_keys(person_keys_),
      fingerprinter(secret),
      pin_hasher(secret),
      contacts(secret),
      webhook_secrets(secret),
      log_id(engine_.feed().durable().log_id),
      epoch(engine_.feed().durable().epoch),
      rate_limit(rate_limit_),
      waits(queries_),
      sealing(limits.sealing_threads, limits.sealing_queue),
      batches(limits.batch_threads, limits.batch_queue, ThreadShare::kSmall),
      answers(limits.answer_threads, limits.answer_queue),
      reports(limits.report_threads, limits.report_queue) {}

void ApiParts::stop() {
  // Waiting reads first: what they go on with may still be posted.
  waits.stop();
  batches.stop();
  sealing.stop();
  answers.stop();
  reports.stop();
}

}  // namespace till
