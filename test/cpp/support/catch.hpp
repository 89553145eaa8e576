#pragma once
// The only place that names the test framework: Debian 12 has Catch2 v2, whose single header this
// is; for v3 it is <catch2/catch_all.hpp>.
#include <catch2/catch.hpp>

/// A test over seeded random samples: a few by default, many under the hidden tag [.prove].
/// `function` takes the number of samples.
#define LACUNA_SAMPLED(function, name, few, many) \
  TEST_CASE(name) { function(few); }              \
  TEST_CASE(name " (many samples)", "[.prove]") { function(many); }
