// crypto.subtle against published vectors, and what is Workers' own.

const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const toHex = (bytes) =>
    Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromText = (text) => new TextEncoder().encode(text);
const fromBase64Url = (text) => Uint8Array.from(
    atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));

const {subtle} = crypto;

const secret = (algorithm, bytes, ...usages) =>
    subtle.importKey('raw', bytes, algorithm, false, usages);

// --- Digests --------------------------------------------------------------------------------------------

test('digests of "abc", as FIPS 180-4 and RFC 1321 have them', async () => {
  const digests = {
    'MD5': '900150983cd24fb0d6963f7d28e17f72',
    'SHA-1': 'a9993e364706816aba3e25717850c26c9cd0d89d',
    'SHA-256': 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    'SHA-384': 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed' +
        '8086072ba1e7cc2358baeca134c825a7',
    'SHA-512': 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
        '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  };
  for (const name in digests) {
    equal(toHex(await subtle.digest(name, fromText('abc'))), digests[name]);
    equal(toHex(await subtle.digest({name: name.toLowerCase()}, fromText('abc'))), digests[name]);
  }
});

test('a digest is of the view, not of the buffer below it', async () => {
  const view = fromText('xabcx').subarray(1, 4);
  equal(await subtle.digest('SHA-1', view), await subtle.digest('SHA-1', fromText('abc')));
});

test('a digest that nobody knows says so', () => rejects(
    subtle.digest('SHA-257', new Uint8Array()), 'NotSupportedError', /"SHA-257" is not known/));

test('an algorithm that cannot do it says so', () => rejects(
    subtle.digest('HMAC', new Uint8Array()), 'NotSupportedError', /"HMAC" does not support digest/));

test('DigestStream', async () => {
  const stream = new crypto.DigestStream('SHA-256');
  const writer = stream.getWriter();
  await writer.write(fromText('a'));
  await writer.write(fromText('b').buffer);
  await writer.write('c');
  equal(stream.bytesWritten, 3n);
  await writer.close();
  equal(toHex(await stream.digest),
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('DigestStream at the end of a pipe', async () => {
  const stream = new crypto.DigestStream({name: 'md5'});
  await new Response('abc').body.pipeTo(stream);
  equal(toHex(await stream.digest), '900150983cd24fb0d6963f7d28e17f72');
});

test('DigestStream: what is no bytes, and an abort', async () => {
  const refusing = new crypto.DigestStream('SHA-1');
  await rejects(refusing.getWriter().write(5), 'TypeError', /takes ArrayBuffers/);
  await rejects(refusing.digest, 'TypeError');
  const aborted = new crypto.DigestStream('SHA-1');
  await aborted.abort(new RangeError('enough'));
  await rejects(aborted.digest, 'RangeError', /enough/);
  throws(() => new crypto.DigestStream('SHA-3'), 'NotSupportedError');
});

test('timingSafeEqual', () => {
  ok(subtle.timingSafeEqual(fromText('same'), fromText('same').buffer));
  ok(!subtle.timingSafeEqual(fromText('same'), fromText('sama')));
  throws(() => subtle.timingSafeEqual(fromText('a'), fromText('ab')), 'TypeError',
         /same byte length/);
});

// --- Secret keys ----------------------------------------------------------------------------------------

test('HMAC: RFC 4231, test case 2', async () => {
  const key = await secret({name: 'HMAC', hash: 'SHA-256'}, fromText('Jefe'), 'sign', 'verify');
  const data = fromText('what do ya want for nothing?');
  const signature = await subtle.sign('HMAC', key, data);
  equal(toHex(signature), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  ok(await subtle.verify('HMAC', key, signature, data));
  ok(!await subtle.verify('HMAC', key, signature, data.subarray(1)));
  ok(!await subtle.verify('HMAC', key, signature.slice(1), data));
});

test('AES-CBC and AES-CTR: NIST SP 800-38A, F.2.1 and F.5.1', async () => {
  const key = fromHex('2b7e151628aed2a6abf7158809cf4f3c');
  const block = fromHex('6bc1bee22e409f96e93d7e117393172a');
  const cbc = await secret('AES-CBC', key, 'encrypt', 'decrypt');
  const parameters = {name: 'AES-CBC', iv: fromHex('000102030405060708090a0b0c0d0e0f')};
  const encrypted = await subtle.encrypt(parameters, cbc, block);
  equal(toHex(encrypted.slice(0, 16)), '7649abac8119b246cee98e9b12e9197d');
  equal(encrypted.byteLength, 32);  // a whole block of padding
  equal(new Uint8Array(await subtle.decrypt(parameters, cbc, encrypted)), block);
  await rejects(subtle.decrypt(parameters, cbc, block), 'OperationError', /could not decrypt/);

  const ctr = await secret('AES-CTR', key, 'encrypt');
  const counter = fromHex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff');
  equal(toHex(await subtle.encrypt({name: 'AES-CTR', counter, length: 64}, ctr, block)),
        '874d6191b620e3261bef6864990db6ce');
});

test('AES-CTR: a short counter wraps within its bits and is not used twice', async () => {
  const key = await secret('AES-CTR', new Uint8Array(16), 'encrypt');
  const counter = new Uint8Array(16).fill(0xff);
  const zeros = new Uint8Array(32);
  const encrypt = (parameters) => subtle.encrypt({name: 'AES-CTR', ...parameters}, key, zeros);
  const wrapped = new Uint8Array(await encrypt({counter, length: 4}));
  counter[15] = 0xf0;
  equal(wrapped.slice(16), new Uint8Array(await encrypt({counter, length: 4})).slice(0, 16));
  await rejects(
      subtle.encrypt({name: 'AES-CTR', counter, length: 4}, key, new Uint8Array(17 * 16)),
      'OperationError', /repeats itself/);
});

test('AES-GCM: McGrew and Viega, test case 4', async () => {
  const key = await secret(
      'AES-GCM', fromHex('feffe9928665731c6d6a8f9467308308'), 'encrypt', 'decrypt');
  const parameters = {
    name: 'AES-GCM',
    iv: fromHex('cafebabefacedbaddecaf888'),
    additionalData: fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
  };
  const text = fromHex(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
      '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39');
  const encrypted = await subtle.encrypt(parameters, key, text);
  equal(toHex(encrypted),
        '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e' +
        '21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091' +
        '5bc94fbc3221a5db94fae95ae7121a47');
  equal(new Uint8Array(await subtle.decrypt(parameters, key, encrypted)), text);
  const changed = new Uint8Array(encrypted);
  changed[3] ^= 1;
  await rejects(subtle.decrypt(parameters, key, changed), 'OperationError');
  await rejects(subtle.decrypt(parameters, key, new Uint8Array(15)), 'OperationError');
});

test('AES-KW: RFC 3394, section 4.1', async () => {
  const wrapping =
      await secret('AES-KW', fromHex('000102030405060708090a0b0c0d0e0f'), 'wrapKey', 'unwrapKey');
  const key = await subtle.importKey(
      'raw', fromHex('00112233445566778899aabbccddeeff'), 'AES-CBC', true, ['encrypt']);
  const wrapped = await subtle.wrapKey('raw', key, wrapping, 'AES-KW');
  equal(toHex(wrapped), '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5');
  const unwrap = (bytes) =>
      subtle.unwrapKey('raw', bytes, wrapping, 'AES-KW', 'AES-CBC', true, ['encrypt']);
  equal(toHex(await subtle.exportKey('raw', await unwrap(wrapped))),
        '00112233445566778899aabbccddeeff');
  await rejects(unwrap(new Uint8Array(24)), 'OperationError', /could not unwrap/);
});

// --- Keys from keys -------------------------------------------------------------------------------------

test('HKDF: RFC 5869, test case 1', async () => {
  const key = await secret('HKDF', new Uint8Array(22).fill(0x0b), 'deriveBits');
  const parameters = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: fromHex('000102030405060708090a0b0c'),
    info: fromHex('f0f1f2f3f4f5f6f7f8f9'),
  };
  equal(toHex(await subtle.deriveBits(parameters, key, 42 * 8)),
        '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865');
  await rejects(subtle.deriveBits(parameters, key, 256 * 32 * 8), 'OperationError');
  await rejects(subtle.deriveBits(parameters, key, 7), 'OperationError', /multiple of 8/);
  await rejects(subtle.deriveBits(parameters, key), 'OperationError');
});

test('PBKDF2: RFC 6070 and RFC 7914, section 11', async () => {
  const password = (text) => secret('PBKDF2', fromText(text), 'deriveBits', 'deriveKey');
  const salt = fromText('salt');
  const derive = async (text, hash, iterations, bytes) => toHex(await subtle.deriveBits(
      {name: 'PBKDF2', hash, salt, iterations}, await password(text), bytes * 8));
  equal(await derive('password', 'SHA-1', 4096, 20), '4b007901b765489abead49d926f721d065a429c1');
  equal(await derive('passwd', 'SHA-256', 1, 64),
        '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacb' +
        'c49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783');
  const key = await subtle.deriveKey(
      {name: 'PBKDF2', hash: 'SHA-1', salt, iterations: 4096}, await password('password'),
      {name: 'HMAC', hash: 'SHA-1', length: 160}, true, ['sign']);
  equal(toHex(await subtle.exportKey('raw', key)), '4b007901b765489abead49d926f721d065a429c1');
});

test('PBKDF2 has the limit that production has', async () => {
  const key = await secret('PBKDF2', fromText('password'), 'deriveBits');
  const parameters = {name: 'PBKDF2', hash: 'SHA-256', salt: fromText('salt'), iterations: 100001};
  await rejects(subtle.deriveBits(parameters, key, 256), 'NotSupportedError',
                /above 100000 are not supported \(requested 100001\)/);
});

test('PBKDF2 leaves the event loop free', async () => {
  const key = await secret('PBKDF2', fromText('password'), 'deriveBits');
  const order = [];
  // Eight blocks: long enough for any timer.
  const deriving = subtle.deriveBits(
      {name: 'PBKDF2', hash: 'SHA-512', salt: fromText('salt'), iterations: 100000}, key, 8 * 512)
      .then(() => order.push('derived'));
  await delay(0);
  order.push('timer');
  await deriving;
  equal(order, ['timer', 'derived']);
});

test('X25519: RFC 7748, section 6.1', async () => {
  const pkcs8 = fromHex(
      '302e020100300506032b656e04220420' +
      '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
  const bob = await subtle.importKey('pkcs8', pkcs8, 'X25519', true, ['deriveBits']);
  const alice = await subtle.importKey(
      'raw', fromHex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'),
      'X25519', true, []);
  equal(toHex(await subtle.deriveBits({name: 'X25519', public: alice}, bob, 256)),
        '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
  equal(new Uint8Array(await subtle.exportKey('pkcs8', bob)), pkcs8);
  const zero = await subtle.importKey('raw', new Uint8Array(32), 'X25519', true, []);
  await rejects(subtle.deriveBits({name: 'X25519', public: zero}, bob, 256), 'OperationError');
});

test('ECDH: both parties come to the same key', async () => {
  for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
    const algorithm = {name: 'ECDH', namedCurve};
    const [a, b] = await Promise.all(
        [0, 1].map(() => subtle.generateKey(algorithm, false, ['deriveBits'])));
    const derive = (own, other) =>
        subtle.deriveBits({name: 'ECDH', public: other.publicKey}, own.privateKey);
    equal(toHex(await derive(a, b)), toHex(await derive(b, a)));
  }
});

test('ECDH refuses a key of another curve, and a private one', async () => {
  const [a, b] = await Promise.all(['P-256', 'P-384'].map((namedCurve) =>
      subtle.generateKey({name: 'ECDH', namedCurve}, true, ['deriveBits'])));
  const derive = (peer) => subtle.deriveBits({name: 'ECDH', public: peer}, a.privateKey, 256);
  await rejects(derive(b.publicKey), 'InvalidAccessError', /P-256 and P-384/);
  await rejects(derive(a.privateKey), 'InvalidAccessError', /not a public one/);
});

// --- Signatures -----------------------------------------------------------------------------------------

test('Ed25519: RFC 8032, section 7.1, test 1, and its JWK of RFC 8037', async () => {
  const jwk = {
    kty: 'OKP', crv: 'Ed25519', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  };
  const key = await subtle.importKey('jwk', jwk, 'Ed25519', true, ['sign']);
  const signature = await subtle.sign('Ed25519', key, new Uint8Array());
  equal(toHex(signature),
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
        '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b');
  const {d, ...publicJwk} = jwk;
  const open = await subtle.importKey('jwk', publicJwk, 'Ed25519', true, ['verify']);
  ok(await subtle.verify('Ed25519', open, signature, new Uint8Array()));
  ok(!await subtle.verify('Ed25519', open, signature, fromText('x')));
  equal(await subtle.exportKey('jwk', key),
        {kty: 'OKP', crv: 'Ed25519', x: jwk.x, d, alg: 'EdDSA', key_ops: ['sign'], ext: true});
  await rejects(
      subtle.importKey('jwk', {...jwk, x: jwk.d}, 'Ed25519', true, ['sign']), 'DataError',
      /not the public part/);
});

test('Ed25519 under the name from before the standard', async () => {
  const algorithm = {name: 'NODE-ED25519', namedCurve: 'NODE-ED25519'};
  const {privateKey, publicKey} = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  equal(publicKey.algorithm, algorithm);
  const signature = await subtle.sign('NODE-ED25519', privateKey, fromText('text'));
  ok(await subtle.verify('NODE-ED25519', publicKey, signature, fromText('text')));
});

test('ECDSA: RFC 7515, appendix A.3', async () => {
  const jwk = {
    kty: 'EC', crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  };
  const algorithm = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'};
  const open = await subtle.importKey('jwk', jwk, algorithm, true, ['verify']);
  const signed = fromText(
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl' +
      'LmNvbS9pc19yb290Ijp0cnVlfQ');
  const signature = fromBase64Url(
      'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q');
  ok(await subtle.verify(algorithm, open, signature, signed));
  ok(!await subtle.verify(algorithm, open, signature.slice(1), signed));

  const d = 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI';
  const key = await subtle.importKey('jwk', {...jwk, d}, algorithm, true, ['sign']);
  const own = await subtle.sign(algorithm, key, signed);
  equal(own.byteLength, 64);
  ok(await subtle.verify(algorithm, open, own, signed));
  await rejects(
      subtle.importKey('jwk', {...jwk, d: jwk.x}, algorithm, true, ['sign']), 'DataError');
  await rejects(
      subtle.importKey('jwk', {...jwk, y: jwk.x}, algorithm, true, ['verify']), 'DataError');
});

test('a compressed point is taken, and exported whole', async () => {
  const {publicKey} = await subtle.generateKey(
      {name: 'ECDSA', namedCurve: 'P-384'}, true, ['sign', 'verify']);
  const point = new Uint8Array(await subtle.exportKey('raw', publicKey));
  const compressed = Uint8Array.of(2 + (point[96] & 1), ...point.subarray(1, 49));
  const again = await subtle.importKey(
      'raw', compressed, {name: 'ECDSA', namedCurve: 'P-384'}, true, ['verify']);
  equal(new Uint8Array(await subtle.exportKey('raw', again)), point);
  equal(toHex(await subtle.exportKey('spki', again)),
        toHex(await subtle.exportKey('spki', publicKey)));
});

// --- RSA ------------------------------------------------------------------------------------------------

const rsa = (name, usages) => subtle.generateKey(
    {name, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256'}, true,
    usages);

test('RSA: a pair signs, and its exported forms do', async () => {
  for (const parameters of [{name: 'RSASSA-PKCS1-v1_5'}, {name: 'RSA-PSS', saltLength: 32}]) {
    const {privateKey, publicKey} = await rsa(parameters.name, ['sign', 'verify']);
    equal(publicKey.algorithm.modulusLength, 2048);
    const signature = await subtle.sign(parameters, privateKey, fromText('text'));
    for (const format of ['spki', 'jwk']) {
      const open = await subtle.importKey(
          format, await subtle.exportKey(format, publicKey), publicKey.algorithm, true, ['verify']);
      ok(await subtle.verify(parameters, open, signature, fromText('text')));
      ok(!await subtle.verify(parameters, open, signature, fromText('other')));
    }
    for (const format of ['pkcs8', 'jwk']) {
      const key = await subtle.importKey(
          format, await subtle.exportKey(format, privateKey), publicKey.algorithm, true, ['sign']);
      const own = await subtle.sign(parameters, key, fromText('text'));
      ok(await subtle.verify(parameters, publicKey, own, fromText('text')));
    }
  }
});

test('RSA-OAEP: what is encrypted with a label is decrypted with it', async () => {
  const {privateKey, publicKey} = await rsa('RSA-OAEP', ['encrypt', 'decrypt']);
  const label = fromText('label');
  const encrypted = await subtle.encrypt({name: 'RSA-OAEP', label}, publicKey, fromText('text'));
  const decrypted = await subtle.decrypt({name: 'RSA-OAEP', label}, privateKey, encrypted);
  equal(new Uint8Array(decrypted), fromText('text'));
  await rejects(subtle.decrypt('RSA-OAEP', privateKey, encrypted), 'OperationError');
  await rejects(
      subtle.encrypt('RSA-OAEP', publicKey, new Uint8Array(191)), 'OperationError',
      /cannot encrypt 191 bytes/);
});

test('RSA keys that Workers do not make', async () => {
  const make = (modulusLength, publicExponent) => subtle.generateKey(
      {name: 'RSA-PSS', modulusLength, publicExponent: Uint8Array.from(publicExponent),
       hash: 'SHA-256'}, true, ['sign']);
  await rejects(make(2040, [1, 0, 1]), 'OperationError', /multiple of 128/);
  await rejects(make(32768, [1, 0, 1]), 'OperationError', /256 to 16384/);
  await rejects(make(2048, [17]), 'OperationError', /3 or 65537/);
});

test('an RSA key whose numbers do not fit is refused', async () => {
  const {privateKey} = await rsa('RSA-PSS', ['sign', 'verify']);
  const jwk = await subtle.exportKey('jwk', privateKey);
  await rejects(
      subtle.importKey('jwk', {...jwk, p: jwk.q}, privateKey.algorithm, true, ['sign']),
      'DataError', /not an RSA key/);
  const {p, ...incomplete} = jwk;
  await rejects(
      subtle.importKey('jwk', incomplete, privateKey.algorithm, true, ['sign']), 'DataError',
      /has no "p"/);
});

// --- Keys -----------------------------------------------------------------------------------------------

test('a key tells what it is, and nobody changes that', async () => {
  const key = await subtle.generateKey(
      {name: 'hmac', hash: 'sha-256'}, true, ['verify', 'sign', 'verify']);
  ok(key instanceof CryptoKey);
  equal([key.type, key.extractable, key.usages], ['secret', true, ['sign', 'verify']]);
  equal(key.algorithm, {name: 'HMAC', hash: {name: 'SHA-256'}, length: 512});
  ok(key.algorithm === key.algorithm);
  key.algorithm.name = 'AES-GCM';
  key.usages.length = 0;
  equal((await subtle.sign('HMAC', key, fromText('text'))).byteLength, 32);
});

test('a key says no to what it is not for', async () => {
  const key = await secret({name: 'HMAC', hash: 'SHA-1'}, fromText('key'), 'verify');
  await rejects(subtle.sign('HMAC', key, fromText('text')), 'InvalidAccessError', /have "sign"/);
  await rejects(
      subtle.encrypt({name: 'AES-CBC', iv: new Uint8Array(16)}, key, fromText('text')),
      'InvalidAccessError', /of HMAC, not of AES-CBC/);
  await rejects(subtle.exportKey('raw', key), 'InvalidAccessError', /not extractable/);
  await rejects(
      secret({name: 'HMAC', hash: 'SHA-1'}, fromText('key'), 'encrypt'), 'SyntaxError');
  await rejects(secret({name: 'HMAC', hash: 'SHA-1'}, fromText('key')), 'SyntaxError');
});

test('a key is not cloned', async () => {
  const key = await secret({name: 'HMAC', hash: 'SHA-1'}, fromText('key'), 'sign');
  throws(() => structuredClone(key), 'DataCloneError');
  throws(() => structuredClone({inside: [key]}), 'DataCloneError');
});

test('a key is shown without what it holds', async () => {
  const key = await secret({name: 'HMAC', hash: 'SHA-1'}, fromText('key'), 'sign');
  console.log(key);
  const [line] = shell.takeLog();
  ok(/CryptoKey \{.*type: 'secret'.*extractable: false/s.test(line), line);
});

test('keys and crypto.subtle cannot be made', () => {
  throws(() => new CryptoKey(), 'TypeError', /Illegal constructor/);
  throws(() => new SubtleCrypto(), 'TypeError', /Illegal constructor/);
  throws(() => Reflect.get(CryptoKey.prototype, 'type'), 'TypeError');
});

test('data that is no key', async () => {
  const junk = new Uint8Array(40).fill(7);
  const ecdsa = {name: 'ECDSA', namedCurve: 'P-256'};
  for (const algorithm of [{name: 'RSA-PSS', hash: 'SHA-256'}, ecdsa, 'Ed25519']) {
    await rejects(subtle.importKey('spki', junk, algorithm, true, ['verify']), 'DataError');
    await rejects(subtle.importKey('pkcs8', junk, algorithm, true, ['sign']), 'DataError');
    await rejects(subtle.importKey('jwk', {}, algorithm, true, ['verify']), 'DataError', /"kty"/);
  }
  await rejects(subtle.importKey('raw', junk, ecdsa, true, ['verify']), 'DataError');
  await rejects(subtle.importKey('raw', junk, 'AES-GCM', true, ['encrypt']), 'DataError', /not 320/);
  await rejects(subtle.importKey('jwk', junk, 'AES-GCM', true, ['encrypt']), 'TypeError');
  await rejects(subtle.importKey('raw', {}, 'AES-GCM', true, ['encrypt']), 'TypeError');
});

test('an SPKI with bytes after it, or of another curve, is no key', async () => {
  const {publicKey} = await subtle.generateKey(
      {name: 'ECDSA', namedCurve: 'P-256'}, true, ['sign', 'verify']);
  const spki = new Uint8Array(await subtle.exportKey('spki', publicKey));
  const read = (bytes, namedCurve) =>
      subtle.importKey('spki', bytes, {name: 'ECDSA', namedCurve}, true, ['verify']);
  await read(spki, 'P-256');
  await rejects(read(Uint8Array.of(...spki, 0), 'P-256'), 'DataError');
  await rejects(read(spki, 'P-384'), 'DataError');
});
