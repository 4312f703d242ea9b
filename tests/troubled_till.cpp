#include "tests/troubled_till.h"

#include <fstream>

#include "engine/durable_file.h"
#include "engine/rocks_books_store.h"
#include "tests/memory_books.h"
#include "tests/simulation/auditor.h"
#include "tests/simulation/books_check.h"

namespace till::testing {
namespace {

constexpr int kTills = 24;
constexpr std::size_t kWriteBufferBytes = 64 * 1024;  // the least that RocksDB takes
constexpr std::chrono::seconds kPatience{30};

}  // namespace

TroubledTill::TroubledTill(std::uint64_t seed)
    : dice_(seed),
      disk_(std::make_shared<FaultyFileSystem>(home_.path() + "/attic", seed)),
      env_(env_on(disk_)),
      domain_(test_zones()),
      fleet_(dice_, kTills, [this](std::function<void()> take) {
        const std::lock_guard lock(mutex_);
        answers_.push_back(std::move(take));
        answered_.notify_one();
      }) {
  TILL_ASSERT(create_rocks_log(log_options()).ok());
  TILL_ASSERT(open().ok());
  for (schema::Command& command : fleet_.setup()) {
    fleet_.send(*engine_, *log_, std::move(command));
    settle();
  }
  TILL_ASSERT(fleet_.answers(OutcomeKind::kAccepted) == fleet_.journal().size());
  close();
}

TroubledTill::~TroubledTill() {
  close();
}

RocksLogOptions TroubledTill::log_options() const {
  RocksLogOptions options;
  options.directory = home_.path() + "/log";
  options.env = env_.get();
  return options;
}

Status TroubledTill::open_stores() {
  RocksLogOptions options = log_options();
  options.write_buffer_bytes = kWriteBufferBytes << dice_.below(3);
  OpenReport report;
  Result<std::unique_ptr<Log>> log = open_rocks_log(options, report);
  if (!log.ok()) return log.error();
  log_ = std::move(*log);
  RocksBooksStoreOptions books_options;
  books_options.directory = home_.path() + "/books";
  books_options.env = env_.get();
  books_options.write_buffer_bytes = kWriteBufferBytes << dice_.below(3);
  books_options.block_cache_bytes = 1u << 20;
  Result<std::unique_ptr<BooksStore>> books = open_rocks_books_store(books_options);
  if (!books.ok()) return books.error();
  books_ = std::move(*books);
  return {};
}

EngineOptions TroubledTill::engine_options() {
  EngineOptions options;
  options.group_transactions = 1 + dice_.below(40);
  options.ring_transactions = 4 + dice_.below(60);
  options.books_bytes = dice_.once_in(2) ? 16 * 1024 : 4u << 20;
  options.flush_transactions = 1 + dice_.below(40);
  options.replay_transactions_most = 20 + dice_.below(400);
  options.on_failure = [this](const Error&) { failed_ = true; };
  return options;
}

Status TroubledTill::open() {
  failed_ = false;
  Status opened = open_stores();
  if (opened.ok()) {
    Result<std::unique_ptr<Engine>> engine = Engine::open(*log_, *books_, domain_, engine_options());
    if (engine.ok()) {
      engine_ = std::move(*engine);
      return {};
    }
    opened = engine.error();
  }
  books_.reset();
  log_.reset();
  return opened;
}

void TroubledTill::take_answers(std::chrono::milliseconds patience) {
  std::deque<std::function<void()>> taken;
  {
    std::unique_lock lock(mutex_);
    answered_.wait_for(lock, patience, [&] { return !answers_.empty(); });
    std::swap(taken, answers_);
  }
  for (const auto& take : taken) take();
}

void TroubledTill::trade(std::size_t actions) {
  for (std::size_t action = 0; action < actions && !trouble(); ++action) {
    fleet_.act(*engine_, *log_);
    const bool all_wait = fleet_.in_flight() >= kTills;
    take_answers(std::chrono::milliseconds(all_wait ? 1 : 0));
  }
}

void TroubledTill::settle() {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (fleet_.in_flight() > 0 && std::chrono::steady_clock::now() < until) take_answers(std::chrono::milliseconds(5));
  if (fleet_.in_flight() > 0) noticed_.push_back(std::to_string(fleet_.in_flight()) + " commands were never answered");
}

void TroubledTill::close() {
  if (engine_) {
    engine_->stop();
    settle();
  }
  fleet_.crash();
  engine_.reset();
  books_.reset();
  log_.reset();
}

void TroubledTill::cut_power_at(std::uint64_t nth) {
  disk_->cut_power_at(nth, [this] {
    const Result<std::string> watermark = read_file(this->watermark());
    watermark_at_cut_ = watermark.ok() ? *watermark : "";
  });
}

void TroubledTill::restore_power(Loss loss) {
  close();
  if (!watermark_at_cut_.empty()) std::ofstream(this->watermark(), std::ios::binary) << watermark_at_cut_;
  watermark_at_cut_.clear();
  disk_->restore_power(loss);
}

bool TroubledTill::refuses() {
  const std::uint64_t before = fleet_.answers(OutcomeKind::kNotReady);
  fleet_.send(*engine_, *log_, fleet_.setup().front());
  take_answers(std::chrono::milliseconds(0));
  return fleet_.answers(OutcomeKind::kNotReady) > before;
}

std::vector<std::string> TroubledTill::faults() {
  std::vector<std::string> found = std::move(noticed_);
  noticed_.clear();
  for (std::string& fault : simulation::Auditor().audit(*log_, fleet_.journal())) found.push_back(std::move(fault));
  return found;
}

std::vector<std::string> TroubledTill::final_faults() {
  engine_->stop();
  settle();
  std::vector<std::string> found = faults();
  if (std::string differs = simulation::books_differ(*log_, domain_, *books_); !differs.empty()) {
    found.push_back(std::move(differs));
  }
  return found;
}

}  // namespace till::testing
