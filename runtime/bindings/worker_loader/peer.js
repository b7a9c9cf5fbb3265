// The other side of a channel: calls of what it offers, and answers to its own.
//
// Messages: {call, target, method, …} asks, {result, ok, …} answers it, {release} gives up a reference.
// Number 0 is the object that each side offers from the start. References to functions are given up when
// they are collected; those to streams when the stream ends.

import {hooks, ops} from '../../web/js/host.js';
import {read, write} from './transport.js';

/** @type {Map<number, Peer>} by channel */
const peers = new Map();

hooks.channelReceive = (channel, message, attachments) => {
  peers.get(channel)?.receive(message, attachments);
};

/** Gives up references whose holders are gone. */
const held = new FinalizationRegistry(({peer, number}) => peer.release(number));

export class Peer {
  #channel;
  #values;
  #closed = null;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: any) => void}>} */
  #calls = new Map();
  #lastCall = 0;
  /** @type {Map<number, {methods: Record<string, Function>, isStream: boolean}>} */
  #offers = new Map();
  #lastOffer = 0;
  #answering = 0;
  #uses = 0;

  /**
   * @param {number} channel 0: to the Worker that made this one
   * @param {() => import('../service/rpc_values.js').RpcValues} values copies what is sent
   * @param {Record<string, (...args: any[]) => any>} root what the other side may call from the start
   */
  constructor(channel, values, root) {
    this.#channel = channel;
    this.#values = values;
    this.#offers.set(0, {methods: root, isStream: false});
    peers.set(channel, this);
  }

  /** Calls a method of the other side's root. */
  callRoot(method, ...args) {
    return this.call(0, method, args);
  }

  /** @type {boolean} whether a call is under way, or a stream open */
  get busy() {
    return this.#calls.size > 0 || this.#answering > 0 || this.#uses > 0 ||
        [...this.#offers.values()].some(({isStream}) => isStream);
  }

  /** No more comes from the other side. @param {Error} error what calls under way are told */
  close(error) {
    if (this.#closed !== null) return;
    this.#closed = error;
    peers.delete(this.#channel);
    for (const {reject} of this.#calls.values()) reject(error);
    this.#calls.clear();
    this.#offers.clear();
  }

  // --- what transport.js needs ---

  offer(methods, isStream = false) {
    this.#offers.set(++this.#lastOffer, {methods, isStream});
    return this.#lastOffer;
  }

  withdraw(number) {
    this.#offers.delete(number);
  }

  hold(number, holder) {
    held.register(holder, {peer: this, number});
  }

  release(number) {
    if (this.#closed === null) this.#post({release: number}, []);
  }

  use() {
    let used = true;
    this.#uses++;
    return () => {
      if (used) this.#uses--;
      used = false;
    };
  }

  async call(target, method, args) {
    if (this.#closed !== null) throw this.#closed;
    const id = ++this.#lastCall;
    const answer = new Promise((resolve, reject) => { this.#calls.set(id, {resolve, reject}); });
    try {
      const written = write(this.#values().copy(args), this);
      // Only what has to be waited for is: calls stay in order.
      this.#send({call: id, target, method}, 'then' in written ? await written : written);
    } catch (error) {
      this.#calls.delete(id);
      throw error;
    }
    return answer;
  }

  // --- messages ---

  #post(message, attachments) {
    ops.channelSend(this.#channel, message, attachments);
  }

  #send(message, {value, table, attachments}) {
    this.#post({...message, value, table}, attachments);
  }

  receive(message, attachments) {
    if (message.release !== undefined) {
      this.#offers.delete(message.release);
    } else if (message.call !== undefined) {
      this.#answer(message, attachments);
    } else {
      const call = this.#calls.get(message.result);
      this.#calls.delete(message.result);
      const value = read({...message, attachments}, this);
      if (message.ok) call?.resolve(value);
      else call?.reject(value);
    }
  }

  async #answer({call, target, method, value, table}, attachments) {
    this.#answering++;
    try {
      this.#result(call, true, await this.#invoke(target, method, read({value, table, attachments}, this)));
    } catch (error) {
      this.#result(call, false, error);
    } finally {
      this.#answering--;
    }
  }

  #invoke(target, method, args) {
    const methods = this.#offers.get(target)?.methods;
    if (methods === undefined || !Object.hasOwn(methods, method)) {
      throw new TypeError('The object of another Worker that was called is not there any more.');
    }
    return methods[method](...args);
  }

  async #result(call, ok, outcome) {
    if (this.#closed !== null) return;
    try {
      // A piece of a stream is copied on its way and not before.
      const copy = outcome instanceof Uint8Array ? outcome : this.#values().copy(outcome);
      const written = write(copy, this);
      this.#send({result: call, ok}, 'then' in written ? await written : written);
    } catch (error) {
      // The outcome cannot be sent; why not can.
      this.#send({result: call, ok: false}, write(this.#values().copy(error), this));
    }
  }
}
