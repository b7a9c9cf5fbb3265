// `request.cf`: what Cloudflare's network knows of an incoming request. Here nobody knows; the fields are
// there with values that a Worker can work with.
// https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties

/** @returns {object} for one request: a Worker may change it */
export function incomingProperties() {
  return {
    asn: 64500,  // reserved for documentation
    asOrganization: '',
    city: 'Lisbon',
    clientTcpRtt: 0,
    clientAcceptEncoding: '',
    colo: 'LIS',
    continent: 'EU',
    country: 'PT',
    edgeRequestKeepAliveStatus: 0,
    httpProtocol: 'HTTP/1.1',
    isEUCountry: '1',
    latitude: '38.72230',
    longitude: '-9.13930',
    postalCode: '1000',
    region: 'Lisbon',
    regionCode: '11',
    requestPriority: '',
    timezone: 'Europe/Lisbon',
    tlsCipher: 'AEAD-AES128-GCM-SHA256',
    tlsVersion: 'TLSv1.3',
    tlsClientAuth: {
      certPresented: '0',
      certVerified: 'NONE',
      certRevoked: '0',
      certIssuerDN: '',
      certSubjectDN: '',
      certIssuerDNLegacy: '',
      certSubjectDNLegacy: '',
      certIssuerDNRFC2253: '',
      certSubjectDNRFC2253: '',
      certSerial: '',
      certIssuerSerial: '',
      certSKI: '',
      certIssuerSKI: '',
      certFingerprintSHA1: '',
      certFingerprintSHA256: '',
      certNotBefore: '',
      certNotAfter: '',
    },
  };
}
