// What a queue's users are told of its backlog.

/**
 * @param {string} backlog as the ops write it
 * @returns {{backlogCount: number, backlogBytes: number, oldestMessageTimestamp?: Date}}
 */
export function metricsOf(backlog) {
  const {messages, bytes, oldest} = JSON.parse(backlog);
  return {
    backlogCount: messages,
    backlogBytes: bytes,
    ...(oldest === undefined ? {} : {oldestMessageTimestamp: new Date(oldest)}),
  };
}
