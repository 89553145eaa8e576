# The WebAssembly modules: the core, and four that are loaded when asked for and have memories of
# their own: queries about graphs, queries over rows on demand, factors, and policy with witness. Each
# is linked once without and once with SIMD128, but rows and policy, which gain nothing by it; core and
# factors once more with the fused multiply-add of relaxed SIMD. All links give the same glue, so one
# core.js, one graph.js, one factor.js serves them.

set(CMAKE_EXECUTABLE_SUFFIX .js)

# Wasm exceptions: the bindings' shared pointers throw where memory is short, and `guard` catches that.
add_compile_options(-fwasm-exceptions -flto)
add_link_options(-fwasm-exceptions -flto -Os)

# Code that runs once per solve is built for size, kernels and factorizations for speed.
set(cold_direct
    amalgamation
    bytes_export
    bytes_import
    cholesky
    cholesky_bytes
    cholesky_update
    column_reach
    condition
    factor_bytes
    factor_pieces
    factorization
    inner_gmres
    inverse_entries
    "ldlt[a-z_]*"
    lu
    lu_analysis
    lu_answers
    lu_bytes
    lu_import
    lu_reach
    lu_solve_transposed
    "mixed[a-z_]*"
    numeric_cholesky
    numeric_lu
    "qr[a-z_]*"
    reach_solve
    reach_sweep
    refined_solve
    supernodal_vectors
    symbolic
    tree_check
    tree_import)
list(JOIN cold_direct "|" cold_direct)
# What an analysis spends its time in, or a query, a walk, a pass over a graph, is not among them.
set(warm_ordering adjacency amd amd_elimination bisection coarsening elimination_tree separator
    twins)
list(JOIN warm_ordering "|" warm_ordering)
# What a proposal and a record of a policy spend their time in, and a check of a chain.
set(warm_policy distributions entry level_structure linear_posterior row_pass verify)
list(JOIN warm_policy "|" warm_policy)
set(cold_sources ${core_sources})
list(FILTER cold_sources INCLUDE REGEX
     "/(base|sparse|ordering|solver|iterative|precond|policy|witness)/[^/]*\\.cpp$|/lacuna/local/.*\\.cpp$|/direct/(${cold_direct})\\.cpp$")
list(FILTER cold_sources EXCLUDE REGEX
     "/ordering/(${warm_ordering})\\.cpp$|/(operations|shake256)\\.cpp$|/(policy|witness)/(${warm_policy})\\.cpp$|/local/(push|push_move|walk_block|certificate|forecast)\\.cpp$|/local/graph/(pagerank|mass_push|personalized)\\.cpp$")
set_source_files_properties(${cold_sources} PROPERTIES COMPILE_OPTIONS -Oz)
# Between the two: what unrolled loops would only make larger.
set(warm_sources ${core_sources})
list(FILTER warm_sources INCLUDE REGEX "/ordering/(bisection|coarsening|separator|twins)\\.cpp$|/direct/lu_fronts\\.cpp$")
set_source_files_properties(${warm_sources} PROPERTIES COMPILE_OPTIONS -Os)
set(plain_sources ${core_sources})
list(FILTER plain_sources INCLUDE REGEX "/direct/(lu_[a-z_]*|simplicial_[a-z_]*|sparse_inverse|supernodal_[a-z_]*|symbolic_places|update_path)\\.cpp$|/ordering/(adjacency|amd[a-z_]*|elimination_tree)\\.cpp$|/local/[a-z_]*\\.cpp$|/(policy|witness)/(${warm_policy})\\.cpp$|/sparse/operations\\.cpp$")
list(REMOVE_ITEM plain_sources ${cold_sources} ${warm_sources})
set_source_files_properties(${plain_sources} PROPERTIES COMPILE_OPTIONS -O2)

# Our cut-down runtime of Embind knows the registrations of Debian's Emscripten.
if(EMSCRIPTEN_VERSION VERSION_EQUAL 3.1.6)
  set(embind_runtime
      --js-library=${CMAKE_CURRENT_SOURCE_DIR}/bindings/embind/runtime.js)
  set(embind_runtime_file ${CMAKE_CURRENT_SOURCE_DIR}/bindings/embind/runtime.js)
else()
  set(embind_runtime -lembind)
endif()

set(link_options
    ${embind_runtime}
    -sMODULARIZE=1
    -sEXPORT_ES6=1
    # No import.meta in the glue: it is bundled as ESM and as CommonJS.
    -sUSE_ES6_IMPORT_META=0
    # Without "node": that branch of 3.1.6 dies in Node's ESM. Our loaders supply the module.
    -sENVIRONMENT=web
    -sINCOMING_MODULE_JS_API=[wasmMemory,instantiateWasm,locateFile,onAbort,print,printErr]
    # Content security policies and Workers forbid code from strings.
    -sDYNAMIC_EXECUTION=0
    -sALLOW_MEMORY_GROWTH=1
    # The memory is made by the loader, so that its maximum can be the caller's memoryLimit.
    -sIMPORTED_MEMORY=1
    -sMAXIMUM_MEMORY=4GB
    -sINITIAL_MEMORY=1MB
    -sTOTAL_STACK=256KB
    -sFILESYSTEM=0
    -sWASM_BIGINT=1
    "-sEXPORTED_RUNTIME_METHODS=[HEAPU8,HEAP32,HEAPF64]")

set(bindings ${CMAKE_CURRENT_SOURCE_DIR}/bindings/embind)
file(GLOB binding_sources CONFIGURE_DEPENDS ${bindings}/*.cpp)
set_source_files_properties(${binding_sources} PROPERTIES COMPILE_OPTIONS -Oz)
set(common_bindings ${bindings}/matrix_binding.cpp ${bindings}/module_binding.cpp
                    ${bindings}/span_exports.cpp ${bindings}/task_binding.cpp)
set(core_bindings ${binding_sources})
list(FILTER core_bindings EXCLUDE REGEX "/(factor|graph|policy|row)_[^/]*\\.cpp$")
set(graph_bindings ${binding_sources})
list(FILTER graph_bindings INCLUDE REGEX "/graph_[^/]*\\.cpp$")
list(APPEND graph_bindings ${common_bindings})
set(rows_bindings ${bindings}/local_binding.cpp ${bindings}/row_binding.cpp
                  ${bindings}/tracked_binding.cpp ${common_bindings})
set(factor_bindings ${binding_sources})
list(FILTER factor_bindings INCLUDE REGEX "/factor_[^/]*\\.cpp$")
list(APPEND factor_bindings ${common_bindings})
set(policy_bindings ${binding_sources})
list(FILTER policy_bindings INCLUDE REGEX "/policy_[^/]*\\.cpp$")
list(APPEND policy_bindings ${common_bindings})

# A module of these bindings and what they need of a core library; `factory` names what its glue
# exports.
function(lacuna_module target factory bindings core)
  add_executable(${target} ${${bindings}})
  target_compile_definitions(${target} PRIVATE LACUNA_VERSION="${PROJECT_VERSION}")
  target_compile_options(${target} PRIVATE ${warning_options} ${ARGN})
  target_link_libraries(${target} PRIVATE ${core})
  target_link_options(${target} PRIVATE ${link_options} -sEXPORT_NAME=${factory})
  set_target_properties(${target} PROPERTIES LINK_DEPENDS "${embind_runtime_file}")
endfunction()

# Built only when asked for; run by scripts/wasm-test.mjs, which supplies the bytes.
set(test_link_options
    -sMODULARIZE=1
    -sEXPORT_ES6=1
    -sEXPORT_NAME=createProgram
    -sUSE_ES6_IMPORT_META=0
    -sENVIRONMENT=web,worker
    -sALLOW_MEMORY_GROWTH=1
    -sMAXIMUM_MEMORY=4GB
    # Like the module's: a deep recursion must show here too. Catch2 itself needs more, however.
    -sTOTAL_STACK=512KB
    -sWASM_BIGINT=1
    -sEXIT_RUNTIME=1
    -sINVOKE_RUN=0
    "-sEXPORTED_RUNTIME_METHODS=[callMain]")

function(lacuna_variant suffix)
  lacuna_core(lacuna_core${suffix} ${ARGN})
  lacuna_module(core${suffix} createCore core_bindings lacuna_core${suffix} ${ARGN})
  lacuna_module(factor${suffix} createFactorCore factor_bindings lacuna_core${suffix} ${ARGN})
  if(LACUNA_TESTS AND NOT suffix STREQUAL "-relaxed")
    lacuna_tests("${suffix}" -fno-lto ${ARGN})
    foreach(target lacuna_tests${suffix} lacuna_bits${suffix})
      set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL TRUE)
      target_link_options(${target} PRIVATE ${test_link_options})
    endforeach()
  endif()
endfunction()

lacuna_variant("")
lacuna_variant("-simd" -msimd128)
# Not the same bits as the others, therefore without tests of bits.
lacuna_variant("-relaxed" -msimd128 -mrelaxed-simd)
foreach(target core-relaxed factor-relaxed)
  target_link_options(${target} PRIVATE -msimd128 -mrelaxed-simd)
endforeach()

# The last one of these options holds: these have room for speed. Factors spend their time in kernels
# that are compiled for it, and would be past their limit.
lacuna_module(graph createGraphCore graph_bindings lacuna_core)
lacuna_module(graph-simd createGraphCore graph_bindings lacuna_core-simd -msimd128)
lacuna_module(rows createRowsCore rows_bindings lacuna_core)
lacuna_module(policy createPolicyCore policy_bindings lacuna_core)
foreach(target graph graph-simd policy)
  target_link_options(${target} PRIVATE -O3)
endforeach()
