#include "engine/stage.h"

namespace till {

StageThread::StageThread(std::string name, Stage& stage, ThreadShare share)
    : thread_(named_thread(
          std::move(name),
          [&stage] {
            for (Stage::Step step = stage.step(); step != Stage::Step::kDone; step = stage.step()) {
              if (step == Stage::Step::kIdle) stage.wait();
            }
          },
          share)) {}

void StageThread::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace till
