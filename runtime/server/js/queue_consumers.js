// Gives the Worker's queue handler the messages of the queues that it consumes:
// https://developers.cloudflare.com/queues/configuration/batching-retries/

import {readBody} from '../../bindings/queues/message_body.js';
import {metricsOf} from '../../bindings/queues/metrics.js';
import {dispatchQueue, servedWorker} from '../../python/js/worker.js';
import {hooks, ops} from '../../web/js/host.js';

/** How long to wait after the queues could not be read: the disk may have room again. */
const PAUSE_MS = 1000;

/** A handle of the queues' ops, while this instance consumes. @type {number | undefined} */
let handle;

/**
 * What becomes of each message: its own ack() or retry() counts first, then the batch's, then whether
 * the handler has failed.
 * @param {string[]} ids
 * @param {import('../../python/js/events.js').QueueResult} result
 * @param {number} retryDelay seconds, where the handler has said nothing else
 * @returns {{acknowledged: string[], retried: [id: string, delaySeconds: number][]}}
 */
function settle(ids, result, retryDelay) {
  const acks = new Set(result.explicitAcks);
  const retries = new Map(result.retryMessages.map(({msgId, delaySeconds}) => [msgId, delaySeconds]));
  const {retry: isRetried, delaySeconds: batchDelay} = result.retryBatch;
  const retriesRest = isRetried || (!result.ackAll && result.outcome !== 'ok');
  const acknowledged = [];
  const retried = [];
  for (const id of ids) {
    if (retries.has(id)) {
      retried.push([id, secondsOf(retries.get(id) ?? retryDelay)]);
    } else if (acks.has(id) || !retriesRest) {
      acknowledged.push(id);
    } else {
      retried.push([id, secondsOf(batchDelay ?? retryDelay)]);
    }
  }
  return {acknowledged, retried};
}

/** @param {any} delay what a handler gave as one @returns {number} from 0 to 12 hours */
function secondsOf(delay) {
  const seconds = Number(delay);
  return seconds > 0 ? Math.min(seconds, 43_200) : 0;
}

/** @returns {Promise<import('../../python/js/events.js').QueueResult>} never rejects */
async function dispatch(queue, messages, backlog) {
  try {
    const read = messages.map(([id, sent, attempts, type, body]) =>
        ({id, timestamp: new Date(sent), body: readBody(body, type), attempts}));
    return await dispatchQueue(queue, read, {metrics: metricsOf(backlog)});
  } catch (error) {
    hooks.reportFailure(error);
    return {
      outcome: 'exception', ackAll: false, retryBatch: {retry: false}, explicitAcks: [],
      retryMessages: [],
    };
  }
}

/** Handles one batch. Never rejects. */
async function deliver(consumer, [number, backlog, messages]) {
  const {queue} = consumer;
  const began = performance.now();
  const result = await dispatch(queue, messages, backlog);
  const ids = messages.map(([id]) => id);
  const settlement = settle(ids, result, consumer.retry_delay ?? 0);
  ops.queueHandled(
      queue, settlement.acknowledged.length, ids.length, Math.max(0, performance.now() - began));
  try {
    await ops.queueSettle(handle, number, JSON.stringify(settlement));
  } catch (error) {
    ops.log('error', `Queue ${queue}: what became of ${ids.length} messages could not be written ` +
        `down, which is tried again: ${error.message}`);
  }
}

/** @param {{queue: string}} consumer with the configuration file's settings */
async function consume(consumer) {
  const settings = JSON.stringify(consumer);
  for (;;) {
    try {
      const batch = await ops.queueTake(handle, consumer.queue, settings);
      if (batch === undefined) return;
      // The next batch may come meanwhile: the queue knows how many are being handled.
      hooks.waitUntil(deliver(consumer, batch));
    } catch (error) {
      ops.log('error', `Queue ${consumer.queue} cannot be read, which is tried again: ${error.message}`);
      await new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });
    }
  }
}

/** This instance answers from now on. */
hooks.consumeQueues = () => {
  const {queueConsumers, stateDirectory} = servedWorker();
  if (queueConsumers.length === 0 || handle !== undefined) return;
  handle = ops.queuesOpen(stateDirectory);
  for (const consumer of queueConsumers) consume(consumer);
};
