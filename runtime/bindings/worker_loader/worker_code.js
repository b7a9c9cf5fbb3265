// What a Worker is made from, checked:
// https://developers.cloudflare.com/dynamic-workers/api-reference/#workercode

/** Cloudflare's own limit for the code of one dynamic Worker. */
const MAX_CODE_BYTES = 64 << 20;

const TYPES = ['js', 'py', 'text', 'data', 'json'];

const encoder = new TextEncoder();

function requireString(code, field) {
  if (typeof code[field] !== 'string') {
    throw new TypeError(`The code of a dynamic Worker needs a string "${field}".`);
  }
  return code[field];
}

/** @returns {[string, string | Uint8Array]} the type of a module and what is in it */
function typedContent(name, module) {
  if (typeof module === 'string') {
    const type = /\.(js|mjs|py)$/.exec(name)?.[1];
    if (type === undefined) {
      throw new TypeError(
          `The module "${name}" of a dynamic Worker is a string, so its name must end in .js or .py; ` +
          'else say what it is: {text: "…"}, {data: …} or {json: …}.');
    }
    return [type === 'mjs' ? 'js' : type, module];
  }
  const given = TYPES.filter((type) => module?.[type] !== undefined);
  if (given.length !== 1) {
    throw new TypeError(
        `The module "${name}" of a dynamic Worker must be a string or an object with exactly one of ` +
        `${TYPES.join(', ')}.`);
  }
  const [type] = given;
  const content = module[type];
  if (type === 'json') return [type, JSON.stringify(content)];
  if (type === 'data') {
    if (content instanceof ArrayBuffer) return [type, new Uint8Array(content)];
    if (content instanceof Uint8Array) return [type, content];
  } else if (typeof content === 'string') {
    return [type, content];
  }
  throw new TypeError(
      `The module "${name}" of a dynamic Worker has ${type}, which must be ` +
      `${type === 'data' ? 'an ArrayBuffer' : 'a string'}.`);
}

/**
 * @param {any} code as the Worker gave it
 * @returns {{configuration: object, environment: Record<string, any>, globalOutbound: any}} what
 *     `ops.dynamicWorkerStart` takes, and what the new Worker gets as values
 * @throws {TypeError} for what cannot be a Worker
 */
export function readWorkerCode(code) {
  if (typeof code !== 'object' || code === null) {
    throw new TypeError('The code of a dynamic Worker must be an object.');
  }
  const mainModule = requireString(code, 'mainModule');
  const modules = [];
  let size = 0;
  for (const [name, module] of Object.entries(code.modules ?? {})) {
    const [type, content] = typedContent(name, module);
    size += typeof content === 'string' ? encoder.encode(content).length : content.length;
    modules.push(name, type, content);
  }
  if (size > MAX_CODE_BYTES) {
    throw new RangeError(
        `The modules of a dynamic Worker have ${size} bytes, which is more than ${MAX_CODE_BYTES}.`);
  }
  if (!Object.hasOwn(code.modules ?? {}, mainModule)) {
    throw new TypeError(`The main module "${mainModule}" of a dynamic Worker is not among its modules.`);
  }
  if (!/\.(js|mjs|py)$/.test(mainModule)) {
    throw new TypeError(`The main module "${mainModule}" of a dynamic Worker must end in .js or .py.`);
  }
  const {env = {}, globalOutbound} = code;
  if (typeof env !== 'object' || env === null) {
    throw new TypeError('The env of a dynamic Worker must be an object.');
  }
  if (globalOutbound !== undefined && globalOutbound !== null &&
      globalOutbound.constructor?.name !== 'Fetcher') {
    throw new TypeError('The globalOutbound of a dynamic Worker must be a service binding or null.');
  }
  return {
    configuration: {
      name: 'dynamic',
      mainModule,
      compatibilityDate: requireString(code, 'compatibilityDate'),
      compatibilityFlags: (code.compatibilityFlags ?? []).map(String),
      modules,
      cpuLimit: Number(code.limits?.cpuMs ?? 0),
    },
    environment: env,
    globalOutbound,
  };
}
