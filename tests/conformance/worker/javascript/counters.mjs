// Objects that stay where they are when they cross, and calls from JavaScript.

import {RpcTarget} from 'cloudflare:workers';

export class Counter extends RpcTarget {
  #count;

  constructor(count) {
    super();
    this.#count = count;
  }

  increment(step = 1) {
    this.#count += step;
    return this.#count;
  }
}

export async function callAll(service) {
  const failure = await service.fail().catch((error) => error);
  return [
    await service.kind({a: 1}),
    await service.colour,
    await service.account('js').balance(),
    failure.constructor.name,
  ];
}
