// The account's models, through the v4 API:
// https://developers.cloudflare.com/api/resources/ai/methods/run/

export class WorkersAi {
  #url;
  #token;

  /** @param {{base: string, account: string, token: string}} account `base`: the API's address */
  constructor({base, account, token}) {
    this.#url = `${base.replace(/\/$/, '')}/accounts/${encodeURIComponent(account)}/ai/run/`;
    this.#token = token;
  }

  request(model, inputs, signal) {
    // Slashes are part of a model's name.
    return fetch(this.#url + model.split('/').map((part) => encodeURIComponent(part).replace('%40', '@')).join('/'), {
      method: 'POST',
      headers: {'authorization': `Bearer ${this.#token}`, 'content-type': 'application/json'},
      body: JSON.stringify(inputs),
      signal,
    });
  }

  async result(response) {
    if (!/^application\/json\b/.test(response.headers.get('content-type') ?? '')) return response.body;
    const answer = await response.json();
    return answer !== null && typeof answer === 'object' && 'result' in answer ? answer.result : answer;
  }
}
