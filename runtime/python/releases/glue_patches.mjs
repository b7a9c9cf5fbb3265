// The places where the JavaScript glue of a Pyodide release does not fit this host.

const NEW_TASK = 'await new Promise(d=>API.scheduleCallback(d,0))';

/** A promising call starts at once when the host says that no Python code is on the stack. */
const AT_ONCE = `Module.stackIsEmpty?Module.stackIsEmpty=!1:${NEW_TASK}`;

/**
 * In 0.27 and 0.28 a promising call keeps its exception slot on the C stack and does not give it back:
 * every call leaks 16 bytes, and a call started from running Python corrupts the stack. This makes the
 * call as 314 does: started from the event loop, with the slot on the heap and the callee kept alive.
 *
 * @param {{error: string, suspender: string, name: string, isCoroutine: string, keepName: string}} names
 *     what the minifier has called things
 * @returns {[string, string][]} texts and their replacements
 */
function promisingCallFixes({error, suspender, name, isCoroutine, keepName}) {
  const take = `_check_gil();let ${suspender}=validSuspender.value;`;
  const coroutine = `if(u&&u.type==="coroutine"&&u._ensure_future){_check_gil();` +
      `let ${suspender}=validSuspender.value;validSuspender.value=!1;` +
      `let ${isCoroutine}=__iscoroutinefunction(t);` +
      `validSuspender.value=${suspender},${isCoroutine}&&u._ensure_future()}return u}`;
  const call = 'validSuspender.value=!1,u=await Module.promisingApply(';
  const failed = `if(u=u[0],u===${error}){_PyErr_SetRaisedException(HEAPU32[c/4>>>0]);`;
  const named = `${keepName}(${name},"callPyObjectKwargsPromising")`;
  return [
    [
      `let l=stackSave(),c=stackAlloc(4),u;try{${take}${call}`,
      `_Py_IncRef(t);${AT_ONCE};` +
          `let c=_malloc(4),u;try{${take}${call}`,
    ],
    [
      `${failed}try{_pythonexc2js()}finally{stackRestore(l)}}${coroutine}${named}`,
      `try{${failed}_pythonexc2js()}${coroutine}` +
          `finally{_free(c);_Py_DecRef(t)}}${named}`,
    ],
  ];
}

/** Tells the host that a call is about to leave its stack. See event_loop.js. */
const SUSPENSION = [
  'const stackState=new StackState;',
  'Module.eventLoop?.wake();const stackState=new StackState;',
];

/**
 * Each attribute of a JavaScript object that Python reads or sets has its name looked at: `from_` is
 * `from`. Only names that end so need the search for what stands before.
 */
const RESERVED_WORDS = [
  'function normalizeReservedWords(word){',
  'function normalizeReservedWords(word){if(!word.endsWith("_"))return word;',
];

/** By its file's name the glue knows its own frames, which tracebacks are not to show. */
const frameName = (name) => [`includes("${name}")`, 'includes("glue.js")'];

/** Lets the host place side modules in memory. */
const LIBRARY_PLACES = [
  'getMemory(metadata.memorySize+memAlign)',
  'Module.placeLibrary(libName,metadata.memorySize+memAlign,getMemory)',
];

/** Lets the host make room for a snapshot; 0.27 does by itself. */
const MEMORY_GROWTH = ['var growMemory=size=>{', 'var growMemory=Module.growMemory=size=>{'];

/** Lets the host answer what the proxies of a type can do. See proxy_flags.js. */
const PROXY_FLAGS = [
  'try{return _pyproxy_getflags(t,e)}', 'try{return Module.proxyFlags.of(Module,_pyproxy_getflags,t,e)}',
];

const CLASSIC_EXPORT = [
  ['globalThis._createPyodideModule = _createPyodideModule;', 'return _createPyodideModule;'],
];

/**
 * By Python version. A linked one has its main module linked ahead of time.
 * @type {Record<string, {glue: string, linked?: boolean, replacements: [string, string][]}>}
 */
export const RELEASES = {
  '3.12': {
    glue: 'pyodide.asm.js',
    replacements: [
      ...CLASSIC_EXPORT,
      frameName('pyodide.asm.js'),
      LIBRARY_PLACES,
      RESERVED_WORDS,
      PROXY_FLAGS,
      SUSPENSION,
      ...promisingCallFixes(
          {error: 'null', suspender: 'd', name: 'Ue', isCoroutine: 'p', keepName: 'i'}),
    ],
  },
  '3.13': {
    glue: 'pyodide.asm.js',
    replacements: [
      ...CLASSIC_EXPORT,
      frameName('pyodide.asm.js'),
      LIBRARY_PLACES,
      MEMORY_GROWTH,
      RESERVED_WORDS,
      PROXY_FLAGS,
      SUSPENSION,
      ...promisingCallFixes(
          {error: 'Module.error', suspender: 'y', name: 'de', isCoroutine: 'm', keepName: 'a'}),
    ],
  },
  '3.14': {
    glue: 'pyodide.asm.mjs',
    linked: true,
    replacements: [
      frameName('pyodide.asm.mjs'),
      LIBRARY_PLACES,
      MEMORY_GROWTH,
      RESERVED_WORDS,
      PROXY_FLAGS,
      SUSPENSION,
      [NEW_TASK, AT_ONCE],
      ['export default _createPyodideModule;', 'return _createPyodideModule;'],
      ['var _scriptName=import.meta.url;', 'var _scriptName="file:///pyodide.asm.mjs";'],
      ['createRequire(import.meta.url)', 'createRequire(_scriptName)'],
      ['new URL("pyodide.asm.wasm",import.meta.url)', 'new URL("pyodide.asm.wasm",_scriptName)'],
      // See suspended_frames.js.
      ['=_captureThreadState();', '=Module.suspendedFrames.hide(Module,_captureThreadState());'],
      [
        '_restoreThreadState(state.threadState);',
        'Module.suspendedFrames.show(Module,state.threadState);_restoreThreadState(state.threadState);',
      ],
    ],
  },
};

/**
 * @param {string} text
 * @param {string} old must be there exactly once
 * @param {string} replacement
 */
export function replaceOnce(text, old, replacement) {
  const start = text.indexOf(old);
  if (start < 0 || text.indexOf(old, start + 1) >= 0) {
    throw new Error(`the Pyodide release is not the expected one: no single "${old}" in its glue`);
  }
  return text.slice(0, start) + replacement + text.slice(start + old.length);
}
