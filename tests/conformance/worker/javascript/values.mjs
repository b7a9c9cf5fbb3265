// Values of which Python has its own, as they come from JavaScript.

import {RpcTarget} from 'cloudflare:workers';

export class Values extends RpcTarget {
  all() {
    return {
      nothing: null,
      missing: undefined,
      list: [null, [null]],
      map: new Map([['key', null]]),
      set: new Set([null, 1]),
      date: new Date(0),
      dates: [new Date(0)],
      bytes: new Uint8Array([1, 2]),
      error: new Error('told'),
      big: 2n ** 60n,
    };
  }

  each(name) {
    return this.all()[name];
  }
}
