// What becomes of a Worker's connections to the outside world.
//
// Stand-ins are servers on this machine that answer for other hosts (`cwrangler dev --outbound-map`), so
// that a Worker which talks to the outside world can be tried without it. A Worker that another one has
// made may be cut off, or its requests may go to an entry point of that one.

/** @type {Map<string, URL>} by "host" or "host:port", in lower case */
const standIns = new Map();

/** @param {Record<string, string>} map host, or host:port, to the stand-in's http: or https: URL */
export function setOutboundMap(map) {
  for (const [host, url] of Object.entries(map)) standIns.set(host.toLowerCase(), new URL(url));
}

/** @type {{fetch(request: Request): Promise<Response>} | null | undefined} */
let interceptor;

/**
 * @param {{fetch(request: Request): Promise<Response>} | null | undefined} target gets what fetch() is
 *     asked for; null: nothing leaves at all; undefined: there are no restrictions
 */
export function interceptOutbound(target) {
  interceptor = target;
}

/**
 * Who answers fetch() in place of the network, if anybody.
 * @returns {{fetch(request: Request): Promise<Response>} | undefined}
 * @throws {Error} when nothing may leave, in Cloudflare's words
 */
export function outboundInterceptor() {
  if (interceptor === null) {
    throw new Error(
        'This worker is not permitted to access the internet via global functions like fetch(). ' +
        'It must use capabilities (such as bindings in \'env\') to talk to the outside world.');
  }
  return interceptor;
}

const nothing = () => {};

/** @type {() => () => void} */
let count = () => nothing;

/**
 * @param {() => () => void} counter is called before each request or connection, and what it returns
 *     before each that follows from it; both throw to prevent it
 */
export function countSubrequests(counter) {
  count = counter;
}

/**
 * A request or a connection is about to be made.
 * @returns {() => void} for those that follow from it, when it may no longer be known whose they are
 * @throws {Error} when it may not be made
 */
export function beginSubrequest() {
  return count();
}

/** For connections that only the network can have. @throws {Error} when they are not allowed */
export function checkConnection() {
  if (outboundInterceptor() !== undefined) {
    throw new Error('This worker may not open connections: its globalOutbound takes requests only.');
  }
  beginSubrequest();
}

/** @returns {URL | undefined} */
function find(hostname, port) {
  const name = hostname.toLowerCase();
  return standIns.get(`${name}:${port}`) ?? standIns.get(name);
}

/** The port of a URL, also where it is its scheme's. @param {URL} url @returns {string} */
const portOf = (url) =>
    url.port || (url.protocol === 'https:' || url.protocol === 'wss:' ? '443' : '80');

/**
 * Where a request goes instead.
 * @param {string} url absolute, http: or https:
 * @returns {{url: string, host: string} | null} with the value of the Host header, which stays; null:
 *     the host has no stand-in
 */
export function redirectUrl(url) {
  if (standIns.size === 0) return null;
  const target = new URL(url);
  const standIn = find(target.hostname, portOf(target));
  if (standIn === undefined) return null;
  const {host} = target;
  target.protocol = standIn.protocol;
  target.hostname = standIn.hostname;
  target.port = standIn.port;
  return {url: target.href, host};
}

/**
 * Where a connection goes.
 * @param {string} hostname
 * @param {string} port
 * @returns {{hostname: string, port: string, tls: boolean}} `tls`: whether the other end understands
 *     TLS; a stand-in with an http: URL does not
 */
export function redirectAddress(hostname, port) {
  const standIn = find(hostname, port);
  if (standIn === undefined) return {hostname, port, tls: true};
  return {
    hostname: standIn.hostname.replace(/^\[|\]$/g, ''),
    port: portOf(standIn),
    tls: standIn.protocol === 'https:',
  };
}
