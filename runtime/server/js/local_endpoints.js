// What a dev session offers beside the Worker, at the addresses that wrangler has for it:
// https://developers.cloudflare.com/workers/configuration/cron-triggers/#test-cron-triggers-locally

import {dispatchEmail, dispatchFetch, dispatchScheduled, servedWorker} from '../../python/js/worker.js';

const PREFIX = '/cdn-cgi/';

/** What `--test-scheduled` adds. */
const SCHEDULED_PAGE = '/__scheduled';

/** A page of the web must not reach these through a name of its own that leads to this machine. */
const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whose name comes from the older addresses. */
const ALIASES = [['/cdn-cgi/mf/', '/cdn-cgi/local/'], ['/cdn-cgi/handler/', '/cdn-cgi/local/']];

/** @param {string} url absolute @returns {boolean} whether answerLocally() must be asked */
export function isLocalEndpoint(url) {
  // Most requests are none; only the others are parsed.
  if (url.includes(PREFIX)) {
    return servedWorker()?.localEndpoints === true && new URL(url).pathname.startsWith(PREFIX);
  }
  return url.includes(SCHEDULED_PAGE) && servedWorker()?.scheduledPage === true &&
      new URL(url).pathname === SCHEDULED_PAGE;
}

function isLocalHost(authority) {
  const host = authority.replace(/:\d*$/, '').toLowerCase();
  return LOCAL_HOSTS.has(host) || servedWorker().localHosts.includes(host);
}

function isLocalOrigin(origin) {
  try {
    return isLocalHost(new URL(origin).host);
  } catch {
    return false;  // "null"
  }
}

/**
 * @param {Request} request one that isLocalEndpoint() has chosen
 * @returns {Promise<Response>} of the Worker, when the path means nothing here
 */
export async function answerLocally(request) {
  if (!isLocalHost(request.headers.get('host') ?? '')) {
    return new Response('Invalid Host header', {status: 403});
  }
  const origin = request.headers.get('origin');
  if (origin !== null && !isLocalOrigin(origin)) {
    return new Response('Invalid Origin header', {status: 403});
  }
  const {pathname, searchParams} = new URL(request.url);
  if (pathname === SCHEDULED_PAGE) return showScheduled(searchParams);
  const alias = ALIASES.find(([from]) => pathname.startsWith(from));
  const path = alias === undefined ? pathname : pathname.replace(...alias);
  if (path === '/cdn-cgi/local/scheduled') return runScheduled(searchParams);
  if (path === '/cdn-cgi/local/email') return receiveEmail(request, searchParams);
  return dispatchFetch(request);
}

/** @param {URLSearchParams} options cron, time (ms since 1970), format ("json") */
async function runScheduled(options) {
  const time = Number.parseInt(options.get('time') ?? '', 10);
  const result = await dispatchScheduled({
    cron: options.get('cron') ?? '',
    scheduledTime: Number.isNaN(time) ? Date.now() : time,
  });
  const status = result.outcome === 'ok' ? 200 : 500;
  return options.get('format') === 'json'
      ? Response.json(result, {status}) : new Response(result.outcome, {status});
}

/** Worded as wrangler's page. @param {URLSearchParams} options cron */
async function showScheduled(options) {
  const cron = options.get('cron') ?? '';
  const {outcome} = await dispatchScheduled({cron, scheduledTime: Date.now()});
  return outcome === 'ok'
      ? new Response('Ran scheduled event')
      : new Response('The scheduled handler failed.', {status: 500});
}

/** @returns {Headers} of a message, folded lines joined */
function parseHeaders(content) {
  const text = new TextDecoder('latin1').decode(content);
  const head = text.slice(0, text.search(/\r?\n\r?\n|$/)).replace(/\r?\n[ \t]+/g, ' ');
  const headers = new Headers();
  for (const line of head.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return headers;
}

/** @param {URLSearchParams} options from, to: the envelope */
async function receiveEmail(request, options) {
  const refuse = (reason) => new Response(reason, {status: 400});
  const from = options.get('from');
  const to = options.get('to');
  if (!from || !to) return refuse('The envelope is missing: give "from" and "to" in the query.');
  const content = new Uint8Array(await request.arrayBuffer());
  let headers;
  try {
    headers = parseHeaders(content);
  } catch (error) {
    return refuse(`Email could not be parsed: ${error.message}`);
  }
  if (!headers.get('message-id')) {
    return refuse('Email could not be parsed: invalid or no message id provided');
  }
  const {outcome, rejection} = await dispatchEmail({from, to, headers, content});
  if (rejection !== undefined) {
    return refuse(`Worker rejected email with the following reason: ${rejection}`);
  }
  return outcome === 'ok'
      ? new Response('Worker successfully processed email')
      : new Response('The email handler failed.', {status: 500});
}
