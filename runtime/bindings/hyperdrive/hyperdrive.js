// A database through Hyperdrive: https://developers.cloudflare.com/hyperdrive/

/** A scheme's port when the connection string has none. */
const DEFAULT_PORTS = {'postgres:': 5432, 'postgresql:': 5432, 'mysql:': 3306};

export class Hyperdrive {
  #name;
  #connectionString;

  /** @param {{name: string, local_connection_string?: string}} binding */
  constructor({name, local_connection_string: connectionString}) {
    this.#name = name;
    this.#connectionString = connectionString;
  }

  /** @returns {string} @throws {Error} when the configuration has none */
  get connectionString() {
    if (this.#connectionString === undefined) {
      throw new Error(
          `The binding ${this.#name} has no database in a local run. Set "localConnectionString" beside its ` +
          'id in the configuration.');
    }
    return this.#connectionString;
  }

  get #url() {
    let url;
    try {
      url = new URL(this.connectionString);
    } catch (error) {
      if (this.#connectionString === undefined) throw error;
    }
    // Without the string itself, which holds a password.
    if (url === undefined || DEFAULT_PORTS[url.protocol] === undefined) {
      throw new Error(
          `The localConnectionString of ${this.#name} is no address of a PostgreSQL or MySQL database: ` +
          'it has the form postgres://USER:PASSWORD@HOST:PORT/DATABASE.');
    }
    return url;
  }

  get host() {
    return this.#url.hostname;
  }

  get port() {
    const {port, protocol} = this.#url;
    return port === '' ? DEFAULT_PORTS[protocol] : Number(port);
  }

  get user() {
    return decodeURIComponent(this.#url.username);
  }

  get password() {
    return decodeURIComponent(this.#url.password);
  }

  get database() {
    return decodeURIComponent(this.#url.pathname.slice(1));
  }
}
