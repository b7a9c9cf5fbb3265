// Times pieces of crypto.subtle, as web_operations.js does those of the rest. After timing.js.

'use strict';

(async () => {
  const {subtle} = crypto;
  const sizes = {'16 KiB': 16 * 1024, '1 MiB': 1024 * 1024};
  const key = await subtle.generateKey({name: 'AES-GCM', length: 256}, false, ['encrypt']);
  const parameters = {name: 'AES-GCM', iv: new Uint8Array(12)};
  /** @type {Record<string, [() => any]>} */
  const operations = {};
  for (const [name, size] of Object.entries(sizes)) {
    const data = new Uint8Array(size);
    operations[`SHA-256, ${name}`] = [() => subtle.digest('SHA-256', data)];
    operations[`AES-GCM, ${name}`] = [() => subtle.encrypt(parameters, key, data)];
  }
  report(JSON.stringify(await measureAll(operations)));
})();
