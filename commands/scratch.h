// Room for n values during one decision: on the stack for an everyday sale, on the heap above that.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace till {

template <class T, std::size_t N = 32>
class Scratch {
 public:
  // `size` values, each T{}.
  explicit Scratch(std::size_t size) : size_(size) {
    if (size > N)
      heap_ = std::make_unique<T[]>(size);
    else
      std::fill_n(stack_.data(), size, T{});
  }
  std::span<T> all() { return {heap_ ? heap_.get() : stack_.data(), size_}; }
  T& operator[](std::size_t index) { return all()[index]; }

 private:
  std::size_t size_;
  std::unique_ptr<T[]> heap_;
  std::array<T, N> stack_;
};

}  // namespace till
