#include "projections/effects/effect_host.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <utility>

#include "projections/effects/jetstream_source.h"
#include "projections/effects/log_source.h"

namespace till {
namespace {

constexpr std::size_t kDeadLettersRead = 1000;  // at once
// A rate over a longer time says nothing of now.
constexpr std::chrono::seconds kRateOverMost{60};
constexpr std::size_t kOneRecordBytes = 4u << 20;

template <class Number>
bool read_decimal(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool lets_through(const DeadLetterFilter& filter, const ParkedRow& row) {
  return (filter.tenant.empty() || filter.tenant == row.parked.tenant()) &&
         (filter.target.empty() || filter.target == row.delivery.target) &&
         (filter.event_name.empty() || filter.event_name == row.parked.event_name());
}

Error no_effect(std::string_view name) {
  return Error{ErrorKind::kNotFound, "effects: there is no effect " + std::string(name)};
}

}  // namespace

std::string delivery_text(const DeliveryName& name) {
  const EventRef& event = name.delivery.event;
  return name.effect + "." + std::to_string(event.position.value()) + "." + std::to_string(event.index) + "." +
         name.delivery.target;
}

std::optional<DeliveryName> read_delivery_text(std::string_view text) {
  std::string_view parts[3];
  for (std::string_view& part : parts) {
    const std::size_t point = text.find('.');
    if (point == std::string_view::npos) return std::nullopt;
    part = text.substr(0, point);
    text.remove_prefix(point + 1);
  }
  std::uint64_t position = 0;
  std::uint32_t index = 0;
  if (parts[0].empty() || !read_decimal(parts[1], position) || !read_decimal(parts[2], index)) return std::nullopt;
  if (position == 0) return std::nullopt;
  return DeliveryName{std::string(parts[0]), {{Position(position), index}, std::string(text)}};
}

std::string effect_consumer(std::string_view effect) {
  return "effect-" + std::string(effect);
}

struct EffectHost::Hosted {
  std::unique_ptr<Effect> effect;
  Position begin;
  bool runs = true;
  std::unique_ptr<EffectSource> source;
  std::unique_ptr<EffectRunner> runner;
  // Of the rate: how many were done at the last look, and when that was.
  mutable std::mutex mutex;
  mutable std::uint64_t done = 0;
  mutable std::chrono::steady_clock::time_point looked;
  mutable double rate = 0;

  double current_rate(std::uint64_t done_now) const;
};

double EffectHost::Hosted::current_rate(std::uint64_t done_now) const {
  const std::lock_guard lock(mutex);
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::duration<double> passed = now - looked;
  if (passed.count() >= 1) {
    rate = passed > kRateOverMost ? 0 : static_cast<double>(done_now - done) / passed.count();
    done = done_now;
    looked = now;
  }
  return rate;
}

EffectHost::EffectHost(Feed& feed, const Domain& domain, EffectHostOptions options)
    : feed_(feed), options_(std::move(options)), events_(feed, domain) {}

EffectHost::~EffectHost() {
  stop();
}

Result<std::unique_ptr<EffectHost>> EffectHost::open(Feed& feed, const Domain& domain, EffectHostOptions options) {
  std::unique_ptr<EffectHost> host(new EffectHost(feed, domain, std::move(options)));
  host->log_id_ = feed.durable().log_id;
  EffectLedgerOptions ledger_options;
  ledger_options.directory = host->options_.directory + "/ledger";
  Result<std::unique_ptr<EffectLedger>> ledger = EffectLedger::open(ledger_options);
  if (!ledger.ok()) return ledger.error();
  host->ledger_ = std::move(*ledger);
  Result<std::unique_ptr<EffectJournal>> journal = EffectJournal::open(host->options_.directory + "/deliveries");
  if (!journal.ok()) return journal.error();
  host->journal_ = std::move(*journal);
  if (Status forgot = host->forget_another_log(); !forgot.ok()) return forgot.error();
  return host;
}

// Nothing that stands behind the log's end can be finished: what comes there will be something else.
Status EffectHost::forget_another_log() {
  const Position head = feed_.durable().position;
  for (const std::string& effect : ledger_->effects()) {
    if (Status forgot = ledger_->forget_after(effect, head); !forgot.ok()) return forgot;
  }
  return {};
}

Status EffectHost::add(std::unique_ptr<Effect> effect, std::size_t threads, bool runs) {
  const Result<Position> begin = ledger_->begin(effect->name(), feed_.durable().position.next());
  if (!begin.ok()) return begin.error();
  auto hosted = std::make_unique<Hosted>();
  hosted->effect = std::move(effect);
  hosted->begin = *begin;
  hosted->runs = runs;
  const std::string name(hosted->effect->name());
  if (hosted->effect->keeps_order()) {
    hosted->source = std::make_unique<LogSource>(feed_, events_, finished_up_to(ledger_->progress(name)));
  } else {
    JetStreamSourceOptions source;
    source.stream = options_.stream;
    source.consumer = effect_consumer(name);
    source.log_id = log_id_;
    hosted->source = std::make_unique<JetStreamSource>(
        std::move(source), [this, name] { return finished_up_to(ledger_->progress(name)).next(); },
        [this](const EventPlace& place) { return has_event(events_, place); });
  }
  EffectRunnerOptions runner;
  runner.begin = *begin;
  runner.threads = threads;
  runner.time_scale = options_.time_scale;
  runner.journal = journal_.get();
  hosted->runner =
      std::make_unique<EffectRunner>(*hosted->effect, *ledger_, *hosted->source, events_, options_.clock, runner);
  effects_.push_back(std::move(hosted));
  return {};
}

void EffectHost::start() {
  for (const auto& hosted : effects_) {
    if (hosted->runs) hosted->runner->start();
  }
}

void EffectHost::stop() {
  for (const auto& hosted : effects_) hosted->runner->begin_stop();
  for (const auto& hosted : effects_) hosted->runner->stop();
}

EffectHost::Hosted* EffectHost::find(std::string_view effect) const {
  for (const auto& hosted : effects_) {
    if (hosted->effect->name() == effect) return hosted.get();
  }
  return nullptr;
}

std::vector<EffectInfo> EffectHost::list() const {
  std::vector<EffectInfo> list;
  const Position head = feed_.durable().position;
  for (const auto& hosted : effects_) {
    EffectInfo info;
    info.name = hosted->effect->name();
    info.begin = hosted->begin;
    info.finished = finished_up_to(ledger_->progress(info.name));
    info.lag = head > info.finished ? head.value() - info.finished.value() : 0;
    info.counts = ledger_->counts(info.name);
    info.status = hosted->runner->status();
    info.rate = hosted->current_rate(info.status.done);
    std::vector<TransactionPtr> first;
    if (info.lag > 0 && feed_.read(info.finished, 1, kOneRecordBytes, first).ok() && !first.empty()) {
      info.oldest_pending = Micros(first.front()->record().recorded_at_us());
    }
    list.push_back(std::move(info));
  }
  return list;
}

Status EffectHost::set_paused(std::string_view effect, bool paused) {
  return find(effect) == nullptr ? Status(no_effect(effect)) : ledger_->set_paused(effect, paused);
}

Result<Position> EffectHost::position_at(Micros moment) const {
  // The log's clock does not go back.
  std::uint64_t low = 1;
  std::uint64_t high = feed_.durable().position.value() + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    std::vector<TransactionPtr> found;
    if (Status read = feed_.read(Position(middle - 1), 1, kOneRecordBytes, found); !read.ok()) return read.error();
    if (found.empty()) return Error{ErrorKind::kUnavailable, "effects: the log does not read"};
    if (found.front()->record().recorded_at_us() < moment.value()) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return Position(low);
}

Result<ReplayReport> EffectHost::replay(std::string_view effect, const ReplayRange& range,
                                        const std::atomic<bool>& stopping) {
  const Hosted* const hosted = find(effect);
  if (hosted == nullptr) return no_effect(effect);
  ReplayReport report;
  const Position last = std::min(range.to, feed_.durable().position);
  Position at(std::max<std::uint64_t>(1, range.from.value()) - 1);
  while (at < last) {
    if (stopping) return Error{ErrorKind::kCancelled, "effects: the replay was ended; a second one goes on"};
    std::vector<EffectMessage> messages;
    Position reached = at;
    if (Status read = events_.read(at, last, messages, reached); !read.ok()) return read.error();
    if (reached == at) break;
    at = reached;
    for (const EffectMessage& message : messages) {
      if (!hosted->effect->wants(message.event_name)) continue;
      if (!range.tenant.empty() && message.tenant != range.tenant) continue;
      const Result<std::vector<std::string>> targets = hosted->effect->targets(message);
      if (!targets.ok()) return targets.error();
      if (targets->empty()) continue;
      ++report.events;
      if (!range.ignore_ledger && ledger_->is_known(effect, message.event)) {
        ++report.known;
        continue;
      }
      report.deliveries += targets->size();
      for (const std::string& target : *targets) {
        if (report.examples.size() >= kReplayExamples) break;
        report.examples.push_back(delivery_text({std::string(effect), {message.event, target}}));
      }
      if (range.dry_run) continue;
      const EventLabel label{message.tenant, message.event_name, hosted->effect->order_key(message)};
      const Status parked =
          ledger_->park_again(effect, message.event, label, *targets, EffectLedger::Again::kFinish, options_.clock());
      if (!parked.ok()) return parked.error();
    }
    if (range.dry_run) continue;
    if (Status synced = ledger_->sync(); !synced.ok()) return synced.error();
  }
  return report;
}

Result<std::vector<DeadLetter>> EffectHost::dead_letters(const DeadLetterFilter& filter,
                                                         const std::optional<DeliveryName>& after,
                                                         std::size_t most) const {
  std::vector<DeadLetter> letters;
  for (const std::string& effect : ledger_->effects()) {
    if (!filter.effect.empty() && effect != filter.effect) continue;
    if (after && effect < after->effect) continue;
    std::optional<DeliveryRef> from;
    if (after && effect == after->effect) from = after->delivery;
    for (;;) {
      Result<std::vector<ParkedRow>> rows = ledger_->dead(effect, from, kDeadLettersRead);
      if (!rows.ok()) return rows.error();
      for (ParkedRow& row : *rows) {
        from = row.delivery;
        if (!lets_through(filter, row)) continue;
        if (letters.size() >= most) return letters;
        letters.push_back({{effect, std::move(row.delivery)}, std::move(row.parked)});
      }
      if (rows->size() < kDeadLettersRead) break;
    }
  }
  return letters;
}

Result<DeadLetter> EffectHost::dead_letter(const DeliveryName& name, std::string_view tenant) const {
  Result<schema::ParkedDelivery> parked = ledger_->read_dead(name.effect, name.delivery);
  if (!parked.ok()) return parked.error();
  // Another tenant's is none of its business.
  if (!tenant.empty() && parked->tenant() != tenant) {
    return Error{ErrorKind::kNotFound, "effects: there is no such dead letter"};
  }
  return DeadLetter{name, std::move(*parked)};
}

Result<std::uint64_t> EffectHost::redrive(const DeadLetterFilter& filter, std::chrono::microseconds spacing,
                                          bool dry_run) {
  std::uint64_t redriven = 0;
  std::optional<DeliveryName> after;
  std::int64_t due = options_.clock().value();
  for (;;) {
    Result<std::vector<DeadLetter>> letters = dead_letters(filter, after, kDeadLettersRead);
    if (!letters.ok()) return letters.error();
    for (const DeadLetter& letter : *letters) {
      after = letter.name;
      if (!dry_run) {
        const Status driven = ledger_->redrive(letter.name.effect, letter.name.delivery, Micros(due));
        if (!driven.ok() && driven.error().kind != ErrorKind::kNotFound) return driven.error();
        due += spacing.count();
      }
      ++redriven;
    }
    if (Status synced = ledger_->sync(); !synced.ok()) return synced.error();
    if (letters->size() < kDeadLettersRead) return redriven;
  }
}

Status EffectHost::redrive(const DeliveryName& name) {
  if (Status driven = ledger_->redrive(name.effect, name.delivery, options_.clock()); !driven.ok()) return driven;
  return ledger_->sync();
}

Status EffectHost::discard(const DeliveryName& name) {
  return ledger_->discard(name.effect, name.delivery, options_.clock());
}

Status EffectHost::send_again(const DeliveryName& name, std::string_view event_id, std::string_view tenant) {
  const Hosted* const hosted = find(name.effect);
  if (hosted == nullptr) return no_effect(name.effect);
  const Result<EffectMessage> message = events_.find(name.delivery.event);
  if (!message.ok()) return message.error();
  if (message->id != event_id || (!tenant.empty() && message->tenant != tenant)) {
    return Error{ErrorKind::kNotFound, "effects: there is no such event"};
  }
  const EventLabel label{message->tenant, message->event_name, hosted->effect->order_key(*message)};
  const std::string target = name.delivery.target;
  const Status parked = ledger_->park_again(name.effect, name.delivery.event, label, std::span(&target, 1),
                                            EffectLedger::Again::kLeaveOpen, options_.clock());
  return parked.ok() ? ledger_->sync() : parked;
}

}  // namespace till
