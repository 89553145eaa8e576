// Emscripten's glue finds, fetches and starts the module in ways that never come to pass here: the
// loaders of this package always hand it memory and an instance. Nothing in it tells a minifier so.

/** From its first words to its last ones, and what stands there instead. */
const cut = (first, last, instead = '') => ({ first, last, instead });

/** In the wording of Emscripten 3.1.6. */
const UNREACHED = [
  // Where files would lie, and what reads them.
  cut('var _scriptDir', ';'),
  cut('var read_,readAsync,', '}else{}', 'var readBinary;'),
  cut('if(!isDataURI(wasmBinaryFile)){', '}'),
  cut('if(Module["instantiateWasm"]){', 'return{}', 'Module["instantiateWasm"](info,receiveInstance)'),
  cut('if(typeof WebAssembly!="object"){', '}'),
  cut('else{wasmMemory=new WebAssembly.Memory(', '})}'),
  // What runs before and after a program, or waits for it: here the start is all.
  cut('addOnInit(Module["asm"]["', '"wasm-instantiate")', 'start()'),
  cut('addRunDependency("wasm-instantiate")', ';'),
  cut('var calledRun;', '=run;run();'),
  cut('Module["preloadedImages"]=', 'Module["preloadedAudios"]={};'),
  cut('var moduleOverrides=', ';'),
  cut('Object.assign(Module,moduleOverrides)', 'moduleOverrides=null;'),
  // Its own words to the console, which is the user's.
  cut('var out=Module["print"]', 'console.warn.bind(console);'),
  cut('err(what)', ';'),
  cut('what+=". Build with', '";'),
  // Views that nothing looks through.
  ...['HEAP8', 'HEAP16', 'HEAPU16', 'HEAPF32', 'HEAP64', 'HEAPU64'].map((name) => cut(`Module["${name}"]=`, '(buf)')),
];

/** An export that binds itself when it is first called. */
const LAZY = /var (\w+)=Module\["\1"\]=function\(\)\{return\(\1=Module\["\1"\]=Module\["asm"\]\["(\w+)"\]\)\.apply\(null,arguments\)\};/g;

/** The glue without what cannot be reached; whole as it is where another version words any of it differently. */
export function trimGlue(glue) {
  const exported = [...glue.matchAll(LAZY)];
  const constructors = exported.find(([, name]) => name === '___wasm_call_ctors');
  let text = glue.replace(LAZY, '');
  for (const { first, last, instead } of UNREACHED) {
    const start = text.indexOf(first);
    const end = text.indexOf(last, start + first.length);
    if (start < 0 || end < 0 || constructors === undefined) return glue;
    text = text.slice(0, start) + instead + text.slice(end + last.length);
  }
  const bound = exported.map(([, name, short]) => `Module["${name}"]=exports["${short}"];`).join('');
  return text.replace('start()', () => `${bound}exports["${constructors[2]}"]();readyPromiseResolve(Module)`);
}
