// The account's models, through the v4 API:
// https://developers.cloudflare.com/api/resources/ai/methods/run/

export class WorkersAi {
  #account;

  /** @param {import('../remote/account.js').Account} account */
  constructor(account) {
    this.#account = account;
  }

  request(model, inputs, signal) {
    // Slashes are part of a model's name.
    const path = model.split('/').map((name) => encodeURIComponent(name).replace('%40', '@')).join('/');
    return this.#account.request('POST', `/ai/run/${path}`, {
      json: inputs,
      signal,
      isAnswer: () => true,  // the binding tells of failures in its own way
    });
  }

  async result(response) {
    if (!/^application\/json\b/.test(response.headers.get('content-type') ?? '')) return response.body;
    const answer = await response.json();
    return answer !== null && typeof answer === 'object' && 'result' in answer ? answer.result : answer;
  }
}
