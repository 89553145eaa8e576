// Emscripten's glue brings ways to find and fetch the module by itself. The loaders of this package hand
// it an instance, so that these never run; nothing of the glue says so to a minifier.

/** Parts that cannot be reached, by their first and last words, in the wording of Emscripten 3.1.6. */
const UNREACHED = [
  // Whatever reads files, and where they would lie.
  ['var read_,readAsync,', '}else{}', 'var readBinary;'],
  ['if(!isDataURI(wasmBinaryFile)){', '}', ''],
  ['instantiateAsync().catch(', '{}', ''],
  // A memory of its own, and what would delay the start.
  ['else{wasmMemory=new WebAssembly.Memory(', '})}', ''],
  ['Module["preloadedImages"]=', 'Module["preloadedAudios"]={};', ''],
  ['if(runDependencyWatcher!==null){', '}', ''],
  ['var func=callback.func;', 'null:callback.arg)}', ''],
  ['var _scriptDir=', ':undefined;', ''],
  // Views that nothing looks through.
  ...['HEAP8', 'HEAP16', 'HEAPU16', 'HEAPF32', 'HEAP64', 'HEAPU64'].map((name) => [`Module["${name}"]=`, '(buf);', '']),
];

/** The glue without them; what another version words differently stays. */
export function trimGlue(text) {
  for (const [first, last, instead] of UNREACHED) {
    const start = text.indexOf(first);
    const end = text.indexOf(last, start + first.length);
    if (start >= 0 && end >= 0) text = text.slice(0, start) + instead + text.slice(end + last.length);
  }
  return text;
}
