#include "matrix_binding.hpp"

#include <emscripten/bind.h>

EMSCRIPTEN_BINDINGS(lacuna_matrix) {
  using lacuna::native::NativeMatrix;
  emscripten::class_<NativeMatrix>("NativeMatrix")
      .smart_ptr_constructor("NativeMatrix", &lacuna::native::make_owner<NativeMatrix>)
      .function("allocate", &NativeMatrix::allocate)
      .function("indptr", &NativeMatrix::indptr)
      .function("indices", &NativeMatrix::indices)
      .function("data", &NativeMatrix::data)
      .function("seal", &NativeMatrix::seal)
      .function("faultPosition", &NativeMatrix::fault_position);
}
