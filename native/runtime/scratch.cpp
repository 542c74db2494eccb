#include "runtime/scratch.h"

#include <new>

namespace amr {

Scratch::Scratch(std::size_t bytes) : data_(::operator new(bytes == 0 ? 64 : bytes, std::align_val_t{64})) {}
Scratch::~Scratch() { ::operator delete(data_, std::align_val_t{64}); }
void* Scratch::data() const { return data_; }
float* Scratch::floats() const { return static_cast<float*>(data_); }
int* Scratch::ints() const { return static_cast<int*>(data_); }
double* Scratch::doubles() const { return static_cast<double*>(data_); }

}  // namespace amr
