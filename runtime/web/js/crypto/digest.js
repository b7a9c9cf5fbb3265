// Digests: https://w3c.github.io/webcrypto/#sha. MD5 is no part of the standard; Workers have it.

import {ops} from '../host.js';
import {noParameters, register} from './algorithms.js';

for (const name of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512', 'MD5']) {
  register(name, {digest: [noParameters, (_, data) => ops.digest(name, data)]});
}
