// The JavaScript side of Embind, cut down to what these bindings register: functions, and classes
// behind smart pointers whose methods take and give numbers and such objects. Emscripten's own
// also carries strings, memory views, inheritance and overloads, 6 kB of gzipped glue, and where
// code from strings is forbidden a call through it takes 0.9 µs. Types are looked up when a
// function is called, so the order of registration is free; one that is no class is a number.
// The registrations are those of Emscripten 3.1.6: bindings/wasm.cmake takes Embind's own runtime
// with any other version.
mergeInto(LibraryManager.library, {
  // Classes and smart pointers by the ids of their types.
  $nativeClasses: {},
  $nativePointers: {},

  $nativeName: function (address) {
    let name = '';
    while (HEAPU8[address]) name += String.fromCharCode(HEAPU8[address++]);
    return name;
  },

  // What C++ takes for a value: the address of the object behind a handle, a number as it is.
  $nativeArgument: function (value) {
    if (typeof value != 'object') return value;
    if (!value.address) throw new TypeError('this native object was deleted');
    return value.address;
  },

  // What JavaScript gets for a value: a handle that owns the smart pointer, a number as it is.
  $nativeResult__deps: ['$nativeClasses', '$nativePointers'],
  $nativeResult: function (type, value) {
    const pointer = nativePointers[type];
    if (!pointer) return value;
    const address = pointer.get(value);
    if (address) return Object.assign(Object.create(nativeClasses[pointer.to].prototype), { address, value, pointer });
    pointer.destroy(value);
    return null;
  },

  // The function behind a registration; `target` comes first, then the object of a method.
  $nativeFunction__deps: ['$nativeArgument', '$nativeResult'],
  $nativeFunction: function (types, invoker, target, isMethod) {
    const result = HEAPU32[types >> 2];
    const call = wasmTable.get(invoker);
    return function (...values) {
      if (isMethod) values.unshift(this);
      return nativeResult(result, call(target, ...values.map(nativeArgument)));
    };
  },

  _embind_register_function__deps: ['$nativeFunction', '$nativeName'],
  _embind_register_function: function (name, count, types, signature, invoker, target) {
    Module[nativeName(name)] = nativeFunction(types, invoker, target);
  },

  _embind_register_class__deps: ['$nativeClasses', '$nativeName'],
  _embind_register_class: function (type, pointer, constPointer, base, s0, actual, s1, up, s2, down, name) {
    class Native {
      constructor() {
        return Native.construct();
      }
      delete() {
        if (this.address) this.pointer.destroy(this.value);
        this.address = 0;
      }
    }
    Module[nativeName(name)] = nativeClasses[type] = Native;
  },

  _embind_register_smart_ptr__deps: ['$nativePointers'],
  _embind_register_smart_ptr: function (type, to, name, policy, s0, get, s1, construct, s2, share, s3, destroy) {
    nativePointers[type] = { to, get: wasmTable.get(get), destroy: wasmTable.get(destroy) };
  },

  _embind_register_class_constructor__deps: ['$nativeClasses', '$nativeFunction'],
  _embind_register_class_constructor: function (type, count, types, signature, invoker, target) {
    nativeClasses[type].construct = nativeFunction(types, invoker, target);
  },

  _embind_register_class_function__deps: ['$nativeClasses', '$nativeFunction', '$nativeName'],
  _embind_register_class_function: function (type, name, count, types, signature, invoker, target) {
    nativeClasses[type].prototype[nativeName(name)] = nativeFunction(types, invoker, target, true);
  },

  // Emscripten's own tries more sizes, 0.1 kB of gzipped glue: up to a fifth more than there was, so
  // that growing is rare, else what is asked for. The last page stays unused, so that the end of memory
  // is a number of 32 bits.
  emscripten_resize_heap__deps: ['$emscripten_realloc_buffer'],
  emscripten_resize_heap: function (wanted) {
    wanted >>>= 0;
    const most = 4294901760;
    const roomy = Math.min(1.2 * HEAPU8.length, wanted + 1e8, most);
    return wanted <= most && (emscripten_realloc_buffer(Math.max(wanted, roomy)) || emscripten_realloc_buffer(wanted));
  },
});
